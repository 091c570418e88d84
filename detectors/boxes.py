"""Arithmetic of boxes: areas, overlaps, and keeping one box for each person."""

import cv2
import numpy as np
import numpy.typing as npt

from detectors.base import Float32

_MOST_CANDIDATES = 1000  # boxes that suppression looks at; far more than people fit into a frame


def overlaps(first: Float32, second: Float32) -> Float32:
    """Return the intersection over union of every box of two sets.

    Args:
        first: (n, 4) float32 xyxy.
        second: (m, 4) float32 xyxy.

    Returns:
        (n, m) float32, 0..1; 0 where both boxes are empty.
    """
    left_top = np.maximum(first[:, None, :2], second[None, :, :2])  # (n, m, 2)
    right_bottom = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.prod(np.maximum(right_bottom - left_top, 0.0), axis=2)  # (n, m)
    union = areas(first)[:, None] + areas(second)[None, :] - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared), where=union > 0), np.float32)


def areas(xyxy: Float32) -> Float32:
    """Return the areas of boxes (n, 4) in px², of shape (n,)."""
    return np.asarray((xyxy[:, 2] - xyxy[:, 0]) * (xyxy[:, 3] - xyxy[:, 1]), np.float32)


def suppress(xyxy: Float32, confidence: Float32, most_overlap: float) -> npt.NDArray[np.intp]:
    """Return which boxes stay when of two that overlap too much the more confident one does, best first.

    Args:
        xyxy: (n, 4) float32 px.
        confidence: (n,) float32.
        most_overlap: the intersection over union above which two boxes show the same person.
    """
    best = np.argsort(-confidence, kind="stable")[:_MOST_CANDIDATES]
    if not len(best):
        return best
    xywh = xyxy[best].astype(np.float64)
    xywh[:, 2:] -= xywh[:, :2]
    kept = cv2.dnn.NMSBoxes(xywh.tolist(), confidence[best].tolist(), 0.0, most_overlap)
    return np.asarray(best[np.asarray(kept, np.intp).reshape(-1)], np.intp)


def clip(xyxy: Float32, size_wh: tuple[int, int]) -> Float32:
    """Return boxes (n, 4) with everything outside a picture of ``size_wh`` px cut off."""
    width, height = size_wh
    return np.asarray(xyxy.clip(0, [width, height, width, height]), np.float32)
