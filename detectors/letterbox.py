"""Fits a frame into a network's input without changing its proportions, and brings boxes back."""

from dataclasses import dataclass

import cv2
import numpy as np

from detectors.base import Float32, Frame

GREY = 114  # what fills the rest of the canvas, as the public YOLO families train with


@dataclass(frozen=True, slots=True)
class Letterbox:
    """Where a frame lies in a canvas: scaled by ``scale_xy``, then moved by ``offset_xy`` px.

    The two scales differ by the rounding to whole pixels only.
    """

    frame_wh: tuple[int, int]
    canvas_wh: tuple[int, int]
    inner_wh: tuple[int, int]  # of the scaled frame
    offset_xy: tuple[int, int]

    @property
    def scale_xy(self) -> tuple[float, float]:
        """Return canvas px per frame px, along each axis."""
        return self.inner_wh[0] / self.frame_wh[0], self.inner_wh[1] / self.frame_wh[1]

    def apply(self, frame: Frame) -> Frame:
        """Return the canvas (H, W, 3) uint8 with the frame in it."""
        canvas = np.full((self.canvas_wh[1], self.canvas_wh[0], 3), GREY, np.uint8)
        shrinks = self.inner_wh[0] < self.frame_wh[0]
        # Past a factor of two, bilinear skips pixels: thin legs flicker. Averaging keeps them.
        how = cv2.INTER_AREA if shrinks and self.frame_wh[0] > 2 * self.inner_wh[0] else cv2.INTER_LINEAR
        x, y = self.offset_xy
        inner = frame if self.inner_wh == self.frame_wh else cv2.resize(frame, self.inner_wh, interpolation=how)
        canvas[y : y + self.inner_wh[1], x : x + self.inner_wh[0]] = inner
        return canvas

    def to_frame(self, xyxy: Float32) -> Float32:
        """Return boxes (n, 4) of the canvas as boxes of the frame."""
        return np.asarray((xyxy - np.tile(self.offset_xy, 2)) / np.tile(self.scale_xy, 2), np.float32)


def fit(frame_wh: tuple[int, int], canvas_wh: tuple[int, int], *, centred: bool) -> Letterbox:
    """Return the letterbox in which a frame fills a canvas of a given size as far as it can.

    Args:
        frame_wh: width and height of the frame, px, at least 1.
        canvas_wh: the same of the canvas.
        centred: the frame lies in the middle (Ultralytics), else at the top left (YOLOX).
    """
    scale = min(canvas_wh[0] / frame_wh[0], canvas_wh[1] / frame_wh[1])
    inner = _scaled(frame_wh, scale)
    rest = canvas_wh[0] - inner[0], canvas_wh[1] - inner[1]
    return Letterbox(frame_wh, canvas_wh, inner, (rest[0] // 2, rest[1] // 2) if centred else (0, 0))


def fit_area(frame_wh: tuple[int, int], most_px: int, longest_px: int, multiple: int) -> Letterbox:
    """Return a letterbox on the smallest canvas that holds the frame, itself made smaller where it is too large.

    The canvas follows the frame's proportions, so little of it is grey. A small frame is not made larger.

    Args:
        frame_wh: width and height of the frame, px, at least 1.
        most_px: how many pixels of a frame are looked at.
        longest_px: how long a side may be.
        multiple: what the sides of the canvas must be divisible by; ``longest_px`` must be.
    """
    width, height = frame_wh
    scale = min(1.0, (most_px / (width * height)) ** 0.5, longest_px / max(width, height))
    inner = _scaled(frame_wh, scale)
    canvas = tuple(multiple * -(-side // multiple) for side in inner)
    return Letterbox(frame_wh, (canvas[0], canvas[1]), inner, (0, 0))


def _scaled(size_wh: tuple[int, int], scale: float) -> tuple[int, int]:
    return max(1, round(size_wh[0] * scale)), max(1, round(size_wh[1] * scale))
