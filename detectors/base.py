"""What a person detector takes and gives; every other module of the pipeline knows detectors by this face only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from detectors.errors import DetectorError, DetectorFrameError, DetectorSettingError

Float32 = npt.NDArray[np.float32]
Frame = npt.NDArray[np.uint8]  # (H, W, 3) BGR


@dataclass(frozen=True, slots=True)
class Detections:
    """The people of one frame as a struct of arrays: row i of each array is about the same person.

    Attributes:
        xyxy: (n, 4) float32 px: left, top, right, bottom within the frame, right and bottom exclusive.
        confidence: (n,) float32, 0..1.

    Raises:
        DetectorError: shapes, types or values are not as above.
    """

    xyxy: Float32
    confidence: Float32

    def __post_init__(self) -> None:
        """Refuse what no detector may give."""
        if self.xyxy.dtype != np.float32 or self.xyxy.ndim != 2 or self.xyxy.shape[1] != 4:
            raise DetectorError(f"xyxy must be float32 of shape (n, 4), but got {_told(self.xyxy)}")
        if self.confidence.dtype != np.float32 or self.confidence.shape != self.xyxy.shape[:1]:
            raise DetectorError(
                f"confidence must be float32 of shape ({len(self.xyxy)},), but got {_told(self.confidence)}"
            )
        if not np.isfinite(self.xyxy).all() or (self.xyxy[:, 2:] < self.xyxy[:, :2]).any():
            raise DetectorError("xyxy must be finite with left <= right and top <= bottom")
        if not ((self.confidence >= 0.0) & (self.confidence <= 1.0)).all():
            raise DetectorError("confidence must lie within 0..1")

    @classmethod
    def none(cls) -> Self:
        """Return the detections of an empty frame."""
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))

    def __len__(self) -> int:
        """Return the number of people."""
        return len(self.xyxy)

    def __getitem__(self, chosen: npt.NDArray[np.bool_] | npt.NDArray[np.intp] | slice) -> "Detections":
        """Return some of the people, chosen by a mask of shape (n,), by their numbers, or by a slice."""
        return Detections(self.xyxy[chosen], self.confidence[chosen])

    @property
    def heights(self) -> Float32:
        """Return each person's height in px, of shape (n,)."""
        return np.asarray(self.xyxy[:, 3] - self.xyxy[:, 1], np.float32)


class Detector(Protocol):
    """Finds people in frames.

    Contract: a frame's detections depend on that frame alone, never on what else is in the batch; they come most
    confident first and lie within the frame; the same frame gives the same detections. ``detect`` blocks, keeps no
    frame, and may be called from one thread at a time.
    """

    @property
    def name(self) -> str:
        """Return which detector this is, as ``compact`` or the name of its file."""

    @property
    def provider(self) -> str:
        """Return where it really runs: cpu, cuda or tensorrt."""

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """Return the people of each frame, in the order of the frames.

        Args:
            frames: each (H, W, 3) uint8 BGR; sizes may differ; none at all gives an empty list.

        Raises:
            DetectorFrameError: one of them is not such an image; nothing is detected then.
        """


class ThresholdDetector(Detector, Protocol):
    """A detector whose confidence threshold can be read and chosen."""

    @property
    def confidence(self) -> float:
        """Return the confidence, 0..1, from which a person is told of."""

    def at(self, confidence: float) -> "ThresholdDetector":
        """Return the same detector, its network shared, with another threshold.

        Raises:
            DetectorSettingError: ``confidence`` is not within 0..1.
        """


def check_frames(frames: Sequence[Frame]) -> None:
    """Raise an error that names the first frame which is not an image.

    Raises:
        DetectorFrameError: a frame is not uint8 of shape (H, W, 3) with at least one pixel.
    """
    for number, frame in enumerate(frames):
        if not _is_image(frame):
            raise DetectorFrameError(
                f"a frame must be uint8 of shape (H, W, 3) BGR with at least one pixel, but frame {number} of "
                f"{len(frames)} is {_told(frame)}; drop it where it is decoded"
            )


def _is_image(frame: object) -> bool:
    if not isinstance(frame, np.ndarray) or frame.dtype != np.uint8:
        return False
    return frame.ndim == 3 and frame.shape[2] == 3 and frame.size > 0


def check_confidence(confidence: float) -> float:
    """Return ``confidence`` unchanged.

    Raises:
        DetectorSettingError: it is not within 0..1.
    """
    if not 0.0 <= confidence <= 1.0:
        raise DetectorSettingError(f"a detector's confidence must lie within 0..1, but is {confidence}")
    return confidence


def _told(array: object) -> str:
    if isinstance(array, np.ndarray):
        return f"{array.dtype} of shape {array.shape}"
    return type(array).__name__
