"""The raw head of YOLOX: three grids of cells, each with a box, an objectness and class scores."""

import numpy as np

from detectors.base import Float32, Frame
from detectors.heads import Candidates, Head, SizeWH, corners_of, grid

STRIDES = (8, 16, 32)
_PERSON = 5  # column of class 0, behind x, y, w, h and objectness


def decode(output: Float32, canvas_wh: SizeWH) -> Candidates:
    """Return every cell's box and its confidence that a person is there.

    Args:
        output: (N, 5 + classes) float32: centre within its cell and logarithmic size, both in strides, objectness
            0..1, class scores 0..1; N cells, finest grid first.
        canvas_wh: of the network's input, px.
    """
    corner, stride = grid(canvas_wh, STRIDES)
    centre = corner + output[:, :2] * stride  # (N, 2)
    size = np.exp(output[:, 2:4].clip(max=8.0)) * stride  # clipped: untrained cells may overflow float32
    return corners_of(centre, size), np.asarray(output[:, 4] * output[:, _PERSON], np.float32)


def input_of(canvases: Frame) -> Float32:
    """Return (n, 3, H, W) float32 BGR, 0..255, as YOLOX is trained."""
    return np.ascontiguousarray(canvases.transpose(0, 3, 1, 2), np.float32)


HEAD = Head("yolox", confidence=0.3, most_overlap=0.6, centred=False, input_of=input_of, decode=decode)
