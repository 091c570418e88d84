"""Detect: the second stage. Which of a detector's boxes the next stages get to see."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from detectors.base import Detections, Detector, ThresholdDetector

DOUBTFUL_SHARE = 0.5  # of a detector's threshold: boxes from there on continue a tracklet, though they begin none


@dataclass(frozen=True, slots=True)
class PersonDetector:
    """A detector, and the confidence from which a box is surely a person."""

    detector: Detector
    sure_confidence: float

    def detect(self, frames: Sequence[npt.NDArray[np.uint8]]) -> list[Detections]:
        """Return the boxes of each frame, sure and doubtful; see ``detectors.base.Detector``."""
        return self.detector.detect(frames)


def with_doubtful(detector: ThresholdDetector) -> PersonDetector:
    """Return a detector that also tells of boxes somewhat below its own threshold.

    Who is half hidden gets such boxes: with them a tracklet holds on where it would otherwise break.
    """
    return PersonDetector(detector.at(DOUBTFUL_SHARE * detector.confidence), detector.confidence)


class ScriptedDetector:
    """Gives boxes that are known beforehand, one frame's after another's: for scenes with their truth, and tests."""

    name = "scripted"
    provider = "cpu"

    def __init__(self, script: Sequence[Detections]) -> None:
        """Begin at the first frame.

        Args:
            script: the boxes of each frame that will be asked about, in order; afterwards there is nobody.
        """
        self._script: Iterator[Detections] = iter(script)

    def detect(self, frames: Sequence[npt.NDArray[np.uint8]]) -> list[Detections]:
        """Return the next frames' boxes; the images are not looked at."""
        return [next(self._script, Detections.none()) for _ in frames]
