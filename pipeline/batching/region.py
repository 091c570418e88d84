"""Which of a frame's people a camera's settings let through: sure enough, and not within a mask."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from detectors.base import Detections, Float32
from pipeline.camera import Camera, Polygon

_INSIDE = np.nextafter(np.float32(1.0), np.float32(0.0))  # a mask up to the frame's edge does not hold the edge itself


def let_through(camera: Camera, detections: Detections, frame_size_wh: tuple[int, int]) -> Detections:
    """Return the people whom a camera's settings let through, in their order.

    A camera's confidence can only be stricter than the detector's. Somebody stands within a mask when the middle of
    the box's lower edge does.
    """
    if not len(detections) or (camera.confidence is None and not camera.masks):
        return detections
    passing = detections.confidence >= (camera.confidence or 0.0)
    if camera.masks:
        shares = np.asarray(feet(detections.xyxy) / np.array(frame_size_wh), np.float32)
        passing &= ~within(camera.masks, np.minimum(shares, _INSIDE))  # whom the frame's lower edge cuts stands at 1
    return detections[passing]


def feet(xyxy: Float32) -> Float32:
    """Return where people stand, (n, 2) px: the middle of each box's lower edge."""
    return np.stack([(xyxy[:, 0] + xyxy[:, 2]) / 2.0, xyxy[:, 3]], axis=1)


def within(masks: Sequence[Polygon], points: Float32) -> npt.NDArray[np.bool_]:
    """Return which points (n, 2) lie within one of the polygons, (n,): an odd number of edges lies to their right."""
    found = np.zeros(len(points), np.bool_)
    for mask in masks:
        corners = np.array(mask, np.float32)  # (m, 2)
        before = np.roll(corners, 1, axis=0)
        inside = np.zeros(len(points), np.bool_)
        for (x1, y1), (x2, y2) in zip(before, corners, strict=True):
            if y1 != y2:
                crosses = (y1 > points[:, 1]) != (y2 > points[:, 1])
                inside ^= crosses & (points[:, 0] < x1 + (points[:, 1] - y1) * (x2 - x1) / (y2 - y1))
        found |= inside
    return found
