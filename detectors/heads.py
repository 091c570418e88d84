"""What the graphs of each family take and give; a graph is told by its input's type and its output's shape."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from detectors.base import Float32, Frame

Candidates = tuple[Float32, Float32]  # xyxy (N, 4) px of the canvas, confidence (N,)
SizeWH = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Head:
    """One family of graphs.

    Attributes:
        family: its name.
        confidence: threshold where nobody chooses one.
        most_overlap: intersection over union above which two boxes show one person; 1 where the graph has seen to it.
        centred: the frame lies in the middle of its canvas, else at the top left.
        input_of: makes canvases (n, H, W, 3) uint8 BGR into the graph's input.
        decode: makes one frame's output into candidates; its second argument is the canvas's size.
    """

    family: str
    confidence: float
    most_overlap: float
    centred: bool
    input_of: Callable[[Frame], npt.NDArray[Any]]
    decode: Callable[[Float32, SizeWH], Candidates]


def grid_count(canvas_wh: SizeWH, strides: tuple[int, ...]) -> int:
    """Return how many cells the grids of ``strides`` px have on a canvas."""
    width, height = canvas_wh
    return sum((width // stride) * (height // stride) for stride in strides)


def grid(canvas_wh: SizeWH, strides: tuple[int, ...]) -> tuple[Float32, Float32]:
    """Return the top left corner (N, 2) px of every cell and its stride (N, 1) px, finest grid first, row by row."""
    corners, sizes = [], []
    for stride in strides:
        columns, rows = canvas_wh[0] // stride, canvas_wh[1] // stride
        y, x = np.divmod(np.arange(rows * columns, dtype=np.float32), np.float32(columns))
        corners.append(np.stack([x, y], axis=1) * stride)
        sizes.append(np.full((rows * columns, 1), stride))
    return np.concatenate(corners).astype(np.float32), np.concatenate(sizes).astype(np.float32)


def corners_of(centre_xy: Float32, size_wh: Float32) -> Float32:
    """Return boxes (N, 4) xyxy of centres (N, 2) and sizes (N, 2)."""
    return np.asarray(np.concatenate([centre_xy - size_wh / 2, centre_xy + size_wh / 2], axis=1), np.float32)
