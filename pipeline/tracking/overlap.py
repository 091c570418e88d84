"""How alike two boxes are to a tracker of people who walk."""

import numpy as np
import numpy.typing as npt
from trackers import BaseIoU

Boxes = npt.NDArray[np.floating]

_LEAST = 1e-6  # px, keeps empty boxes from dividing by nothing


class UprightOverlap(BaseIoU):
    """Overlap of areas, times the square of the overlap of heights.

    Who walks past others keeps head and feet where they were; whoever is nearer or farther has them elsewhere. And
    between two frames that are far apart in time somebody walks out of their own box, so boxes may be widened first.
    docs/tracking.md has the figures of both.
    """

    def __init__(self, widening: float = 0.0) -> None:
        """Set by how much a box is widened on each side, as a share of its height."""
        self._widening = widening

    def _compute(self, boxes_1: Boxes, boxes_2: Boxes) -> Boxes:
        """Return (n, m) for boxes (n, 4) and (m, 4) xyxy, 0..1."""
        one, two = self._widened(boxes_1)[:, None, :], self._widened(boxes_2)[None, :, :]
        shared = np.clip(np.minimum(one[..., 2:], two[..., 2:]) - np.maximum(one[..., :2], two[..., :2]), 0.0, None)
        common = shared[..., 0] * shared[..., 1]
        total = _areas(one) + _areas(two) - common
        tallest = np.maximum(one[..., 3], two[..., 3]) - np.minimum(one[..., 1], two[..., 1])
        upright = shared[..., 1] / np.maximum(tallest, _LEAST)
        return np.asarray(common / np.maximum(total, _LEAST) * upright**2)

    def _widened(self, boxes: Boxes) -> Boxes:
        margin = self._widening * (boxes[:, 3] - boxes[:, 1])  # (n,)
        none = np.zeros_like(margin)
        return np.asarray(boxes + np.stack([-margin, none, margin, none], axis=1))


def _areas(boxes: Boxes) -> Boxes:
    sides = np.clip(boxes[..., 2:] - boxes[..., :2], 0.0, None)
    return np.asarray(sides[..., 0] * sides[..., 1])
