"""Looks at large frames in overlapping tiles as well as whole, so that small people keep enough pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Self

import numpy as np
import numpy.typing as npt

from detectors.base import Detections, Float32, Frame, ThresholdDetector, check_frames
from detectors.boxes import suppress
from detectors.errors import DetectorSettingError

TILE_WH = (960, 540)  # px; frames no larger are looked at whole
_MOST_OVERLAP = 0.5  # of boxes of two tiles that show the same person
_EDGE_PX = 2.0  # a box that ends this near to an inner edge of its tile is cut off there


@dataclass(frozen=True, slots=True)
class TiledDetector:
    """Finds people in whole frames and in their tiles, with another detector.

    A person narrower and shorter than the overlap is whole in at least one tile; a larger one is found in the whole
    frame. A box that a tile's inner edge cuts is dropped. Frames no larger than a tile are not cut up. The cost is
    one detection more for each tile: nine for 1080p at the default size.

    Attributes:
        inner: does the detecting.
        tile_wh: largest tile, px.
        overlap: of neighbouring tiles, as a share of a tile, 0..0.9.

    Raises:
        DetectorSettingError: a tile is smaller than 64 px, or the overlap is out of range.
    """

    inner: ThresholdDetector
    tile_wh: tuple[int, int] = TILE_WH
    overlap: float = 0.25

    def __post_init__(self) -> None:
        """Refuse tiles that make no sense."""
        if min(self.tile_wh) < 64 or not 0.0 <= self.overlap <= 0.9:
            raise DetectorSettingError(
                f"tiles must be at least 64x64 px and overlap by 0..0.9, but are {self.tile_wh[0]}x{self.tile_wh[1]} "
                f"px and overlap by {self.overlap}"
            )

    @property
    def name(self) -> str:
        """Return the inner detector's name; tiles change what it sees, not who it is."""
        return self.inner.name

    @property
    def provider(self) -> str:
        """Return where the inner detector runs."""
        return self.inner.provider

    @property
    def confidence(self) -> float:
        """Return the confidence, 0..1, from which a person is told of."""
        return self.inner.confidence

    def at(self, confidence: float) -> Self:
        """Return the same detector with another threshold."""
        return type(self)(self.inner.at(confidence), self.tile_wh, self.overlap)

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """Return the people of each frame, in the order of the frames."""
        check_frames(frames)
        return [self._people(frame) for frame in frames]

    def _people(self, frame: Frame) -> Detections:
        size_wh, (width, height) = (frame.shape[1], frame.shape[0]), self.tile_wh
        tiles = list(product(_starts(size_wh[0], width, self.overlap), _starts(size_wh[1], height, self.overlap)))
        if len(tiles) == 1:
            return self.inner.detect([frame])[0]
        views = [frame[y : y + height, x : x + width] for x, y in tiles]
        whole, *parts = self.inner.detect([frame, *views])
        found = [whole, *(self._moved(part, at_xy, size_wh) for part, at_xy in zip(parts, tiles, strict=True))]
        xyxy = np.concatenate([each.xyxy for each in found])
        confidence = np.concatenate([each.confidence for each in found])
        kept = suppress(xyxy, confidence, _MOST_OVERLAP)
        return Detections(xyxy[kept], confidence[kept])

    def _moved(self, found: Detections, at_xy: tuple[int, int], size_wh: tuple[int, int]) -> Detections:
        """Return a tile's boxes in the frame, without those that the tile's edge has cut."""
        whole = found[~self._cut(found.xyxy, at_xy, size_wh)]
        return Detections(whole.xyxy + np.tile(np.array(at_xy, np.float32), 2), whole.confidence)

    def _cut(self, xyxy: Float32, at_xy: tuple[int, int], size_wh: tuple[int, int]) -> npt.NDArray[np.bool_]:
        """Return which boxes (n, 4) px of a tile end at an edge that is not the frame's."""
        cut = np.zeros(len(xyxy), np.bool_)
        for axis in (0, 1):
            if at_xy[axis] > 0:
                cut |= xyxy[:, axis] < _EDGE_PX
            if at_xy[axis] + self.tile_wh[axis] < size_wh[axis]:
                cut |= xyxy[:, axis + 2] > self.tile_wh[axis] - _EDGE_PX
        return cut


def _starts(side: int, tile: int, overlap: float) -> list[int]:
    """Return where tiles begin along a side: evenly, the last one ending with the side."""
    if side <= tile:
        return [0]
    count = 1 + int(np.ceil((side - tile) / (tile * (1.0 - overlap))))
    return [round(float(start)) for start in np.linspace(0, side - tile, count)]
