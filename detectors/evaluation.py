"""Holds a detector against boxes that are known: recall, precision and average precision."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from detectors.base import Detections, Float32, ThresholdDetector
from detectors.boxes import areas, overlaps
from detectors.labels import LabelledImage, read_image

LEAST_OVERLAP = 0.5  # intersection over union from which a detection is a person's
FLOOR = 0.01  # confidence down to which the average precision looks

Verdicts = npt.NDArray[np.int8]  # (n,) of detections: HIT, FALSE or UNCOUNTED
HIT, FALSE, UNCOUNTED = 1, 0, -1


@dataclass(frozen=True, slots=True)
class Measured:
    """How well a detector did.

    Attributes:
        images: how many were looked at.
        people: how many boxes were to be found.
        confidence: the threshold that recall and precision hold at.
        recall: share of the people found, 0..1; None where there is nobody to find.
        precision: share of the detections that are people, 0..1; None where nothing that counts is told of.
        ap50: area under the curve of precision over recall at an overlap of one half, over all thresholds, 0..1; None
            where there is nobody to find.
    """

    images: int
    people: int
    confidence: float
    recall: float | None
    precision: float | None
    ap50: float | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """All detections of a set of images, in any order, and how many people there were."""

    confidence: Float32  # (n,)
    verdicts: Verdicts  # (n,)
    people: int

    def recall_precision(self, threshold: float) -> tuple[float | None, float | None]:
        """Return recall and precision when only detections from ``threshold`` on are told of.

        Recall is None where there is nobody to find, precision where nothing that counts is told of.
        """
        told = self.verdicts[self.confidence >= threshold]
        hits, wrong = int((told == HIT).sum()), int((told == FALSE).sum())
        return hits / self.people if self.people else None, hits / (hits + wrong) if hits + wrong else None

    def average_precision(self) -> float | None:
        """Return the area under the precision that is reached at each recall or beyond; None without people."""
        if not self.people:
            return None
        counted = self.verdicts != UNCOUNTED
        # One threshold tells of all that are equally confident, so a precision holds for all of them.
        _, group = np.unique(-self.confidence[counted], return_inverse=True)
        told = np.bincount(group)
        hits = np.bincount(group, self.verdicts[counted] == HIT)
        precision = np.cumsum(hits) / np.cumsum(told)
        reached = np.maximum.accumulate(precision[::-1])[::-1]
        return float((reached * hits).sum() / self.people)


def judge(found: Detections, people: Float32, ignored: Float32) -> Verdicts:
    """Return for each detection whether it is a person who was not found before.

    Args:
        found: the detections of one image, most confident first.
        people: (n, 4) the boxes to be found; each counts once.
        ignored: (m, 4) boxes that nobody knows of: a detection in one of them is neither right nor wrong.
    """
    verdicts = np.full(len(found), FALSE, np.int8)
    free = np.ones(len(people), np.bool_)
    table = overlaps(found.xyxy, people)  # (detections, people)
    for number, row in enumerate(table):
        best = int(np.argmax(np.where(free, row, -1.0))) if len(row) else -1
        if best >= 0 and free[best] and row[best] >= LEAST_OVERLAP:
            free[best] = False
            verdicts[number] = HIT
    unsure = (verdicts == FALSE) & _inside(found.xyxy, ignored)
    verdicts[unsure] = UNCOUNTED
    return verdicts


def outcome(
    detector: ThresholdDetector, images: Sequence[LabelledImage], on_image: Callable[[], object] = lambda: None
) -> Outcome:
    """Run a detector over images at a low threshold and judge all that it sees.

    Raises:
        DetectorDatasetError: an image cannot be read.
    """
    eager = detector.at(FLOOR)
    confidence, verdicts, people = [np.zeros(0, np.float32)], [np.zeros(0, np.int8)], 0
    for image in images:
        (found,) = eager.detect([read_image(image.path)])
        confidence.append(found.confidence)
        verdicts.append(judge(found, image.xyxy, image.ignore_xyxy))
        people += len(image.xyxy)
        on_image()
    return Outcome(np.concatenate(confidence), np.concatenate(verdicts), people)


def measure(
    detector: ThresholdDetector, images: Sequence[LabelledImage], on_image: Callable[[], object] = lambda: None
) -> Measured:
    """Return how well a detector does on images at its own threshold.

    Args:
        detector: its threshold decides recall and precision, not the average precision.
        images: with the boxes to be found.
        on_image: called after each image.

    Raises:
        DetectorDatasetError: an image cannot be read.
    """
    result = outcome(detector, images, on_image)
    recall, precision = result.recall_precision(detector.confidence)
    return Measured(len(images), result.people, detector.confidence, recall, precision, result.average_precision())


def _inside(xyxy: Float32, ignored: Float32) -> npt.NDArray[np.bool_]:
    """Return which boxes lie by more than half within one of ``ignored``."""
    if not len(ignored):
        return np.zeros(len(xyxy), np.bool_)
    left_top = np.maximum(xyxy[:, None, :2], ignored[None, :, :2])
    right_bottom = np.minimum(xyxy[:, None, 2:], ignored[None, :, 2:])
    shared = np.prod(np.maximum(right_bottom - left_top, 0.0), axis=2)  # (n, m)
    return np.asarray(shared.max(axis=1) > areas(xyxy) / 2, np.bool_)
