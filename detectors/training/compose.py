"""Puts canvases together from images: one or several, larger or smaller, with people of others pasted in."""

from dataclasses import dataclass

import cv2
import numpy as np

from detectors.base import Float32, Frame
from detectors.boxes import areas, clip
from detectors.training.images import Pool, TrainingImage
from detectors.training.recipe import Composition
from detectors.training.wear import worn

_SEEN = 0.4  # share of a person that must be on the canvas to be learned
_GONE = 0.08  # share below which there is nothing left to be unsure about
_COVERED = 0.55  # share of a person that something else may cover
_LEAST_HEIGHT_PX = 14.0
_MARGIN = 0.06  # of a cutout around its box
_SCENERY = 0.6  # probability that there is a picture behind all others

Cell = tuple[int, int, int, int]  # left, top, right, bottom px of the canvas


@dataclass(slots=True)
class Canvas:
    """A picture in the making."""

    image: Frame  # (H, W, 3)
    xyxy: Float32
    ignore_xyxy: Float32

    @classmethod
    def blank(cls, size_hw: tuple[int, int], rng: np.random.Generator) -> "Canvas":
        """Return a canvas of one colour."""
        image = np.empty((*size_hw, 3), np.uint8)
        image[:] = rng.integers(40, 200, 3)
        return cls(image, np.zeros((0, 4), np.float32), np.zeros((0, 4), np.float32))

    @property
    def size_wh(self) -> tuple[int, int]:
        """Return width and height in px."""
        return self.image.shape[1], self.image.shape[0]

    def cover(self, rectangle: Cell) -> None:
        """Note that a rectangle is about to be painted over: who is mostly below it is no longer known of."""
        shared = areas(_within(self.xyxy, rectangle))
        hidden = shared > _COVERED * areas(self.xyxy)
        self.ignore_xyxy = np.concatenate([self.ignore_xyxy, self.xyxy[hidden]])
        self.xyxy = self.xyxy[~hidden]

    def add(self, xyxy: Float32, ignore_xyxy: Float32, rectangle: Cell) -> None:
        """Note who is in a picture that was painted into a rectangle; boxes are px of the canvas."""
        inside = _within(xyxy, rectangle)
        share = areas(inside) / np.maximum(areas(xyxy), 1e-6)
        clear = (share >= _SEEN) & (inside[:, 3] - inside[:, 1] >= _LEAST_HEIGHT_PX)
        unsure = ~clear & (share > _GONE)
        self.xyxy = np.concatenate([self.xyxy, inside[clear]])
        self.ignore_xyxy = np.concatenate([self.ignore_xyxy, inside[unsure], _within(ignore_xyxy, rectangle)])


def compose(pool: Pool, settings: Composition, size_hw: tuple[int, int], rng: np.random.Generator) -> Canvas:
    """Return a canvas with people and the boxes around them.

    Args:
        pool: the images to draw from.
        settings: how likely what is.
        size_hw: of the canvas, px.
        rng: decides everything left open.
    """
    canvas = Canvas.blank(size_hw, rng)
    whole = (0, 0, size_hw[1], size_hw[0])
    if rng.random() < _SCENERY:
        _cover_all(canvas, pool.draw(rng), rng)
    cells = _split(whole, int(rng.integers(1, 4)), rng) if rng.random() < settings.cells else [whole]
    for cell in cells:
        _fill(canvas, pool.draw(rng), cell, settings, rng)
    if rng.random() < settings.cutouts:
        for _ in range(int(rng.integers(1, 5))):
            _paste(canvas, pool, settings, rng)
    if rng.random() < 0.5:
        canvas.image = np.ascontiguousarray(canvas.image[:, ::-1])
        canvas.xyxy = _mirrored(canvas.xyxy, size_hw[1])
        canvas.ignore_xyxy = _mirrored(canvas.ignore_xyxy, size_hw[1])
    canvas.image = worn(canvas.image, settings, rng)
    return canvas


def _split(cell: Cell, cuts: int, rng: np.random.Generator) -> list[Cell]:
    """Return the parts of a cell after so many cuts, mostly upright ones: people stand side by side."""
    cells = [cell]
    for _ in range(cuts):
        cells.sort(key=lambda c: (c[2] - c[0]) * (c[3] - c[1]))
        left, top, right, bottom = cells.pop()
        share = float(rng.uniform(0.3, 0.7))
        if rng.random() < 0.75:
            middle = round(left + share * (right - left))
            cells += [(left, top, middle, bottom), (middle, top, right, bottom)]
        else:
            middle = round(top + share * (bottom - top))
            cells += [(left, top, right, middle), (left, middle, right, bottom)]
    return cells


def _fill(canvas: Canvas, source: TrainingImage, cell: Cell, settings: Composition, rng: np.random.Generator) -> None:
    """Paint an image into a cell, so scaled that one of its people has a chosen height."""
    _paint(canvas, source, cell, _scales(source, canvas.size_wh[1], settings, rng), rng)


def _cover_all(canvas: Canvas, source: TrainingImage, rng: np.random.Generator) -> None:
    """Paint an image over the whole canvas, so that what is painted later stands before something."""
    size_wh = canvas.size_wh
    scale = max(side / own for side, own in zip(size_wh, _size(source.image), strict=True)) * float(rng.uniform(1, 1.4))
    _paint(canvas, source, (0, 0, *size_wh), (scale, scale), rng)


def _paint(
    canvas: Canvas, source: TrainingImage, cell: Cell, scale_xy: tuple[float, float], rng: np.random.Generator
) -> None:
    width, height = (max(2, round(side * scale)) for side, scale in zip(_size(source.image), scale_xy, strict=True))
    if width * height < 48 * 48:
        return
    how = cv2.INTER_AREA if scale_xy[1] < 1.0 else cv2.INTER_LINEAR
    painted = np.asarray(cv2.resize(source.image, (width, height), interpolation=how), np.uint8)
    factor = np.array([width, height, width, height], np.float32) / np.tile(_size(source.image), 2)
    room_wh = cell[2] - cell[0], cell[3] - cell[1]
    x = cell[0] + int(rng.integers(min(0, room_wh[0] - width), max(0, room_wh[0] - width) + 1))
    y = cell[1] + int(rng.integers(min(0, room_wh[1] - height), max(0, room_wh[1] - height) + 1))
    _put(canvas, painted, (x, y), cell, (source.xyxy * factor, source.ignore_xyxy * factor))


def _put(canvas: Canvas, painted: Frame, at_xy: tuple[int, int], cell: Cell, boxes: tuple[Float32, Float32]) -> None:
    width, height = _size(painted)
    rectangle = (
        max(cell[0], at_xy[0]), max(cell[1], at_xy[1]), min(cell[2], at_xy[0] + width), min(cell[3], at_xy[1] + height)
    )  # fmt: skip
    left, top, right, bottom = rectangle
    if right <= left or bottom <= top:
        return
    canvas.cover(rectangle)
    canvas.image[top:bottom, left:right] = painted[
        top - at_xy[1] : bottom - at_xy[1], left - at_xy[0] : right - at_xy[0]
    ]
    shift = np.tile(np.array(at_xy, np.float32), 2)
    canvas.add(boxes[0] + shift, boxes[1] + shift, rectangle)


def _scales(
    source: TrainingImage, canvas_height: int, settings: Composition, rng: np.random.Generator
) -> tuple[float, float]:
    """Return by how much to stretch an image so that one of its people has a height drawn by chance."""
    if len(source.xyxy):
        box = source.xyxy[int(rng.integers(len(source.xyxy)))]
        wanted = canvas_height * _log_uniform(settings.heights, rng)
        scale = wanted / float(box[3] - box[1])
    else:
        scale = canvas_height / source.image.shape[0] * _log_uniform((0.7, 2.0), rng)
    longest = max(_size(source.image)) * scale
    scale *= min(1.0, 4.0 * canvas_height / longest)  # a distant passer-by is not blown up beyond sense
    scale = min(scale, 2.5)
    return scale * float(rng.uniform(0.9, 1.1)), scale


def _paste(canvas: Canvas, pool: Pool, settings: Composition, rng: np.random.Generator) -> None:
    """Paste a person of another image somewhere, with soft edges."""
    drawn = pool.draw_person(rng)
    if drawn is None:
        return
    source, number = drawn
    box = source.xyxy[number]
    margin = _MARGIN * (box[3] - box[1])
    left, top, right, bottom = clip((box + np.array([-margin, -margin, margin, margin], np.float32))[None],
                                    _size(source.image))[0].astype(int)  # fmt: skip
    scale = canvas.size_wh[1] * _log_uniform(settings.heights, rng) / float(box[3] - box[1])
    width, height = round((right - left) * scale), round((bottom - top) * scale)
    if scale > 2.5 or min(width, height) < 8:
        return
    how = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR
    cutout = cv2.resize(source.image[top:bottom, left:right], (width, height), interpolation=how)
    x = int(rng.integers(-width // 4, max(1, canvas.size_wh[0] - 3 * width // 4)))
    y = int(rng.integers(-height // 6, max(1, canvas.size_wh[1] - 3 * height // 4)))
    inner = (box - np.array([left, top, left, top], np.float32)) * np.float32(scale)
    _blend(canvas, np.asarray(cutout, np.uint8), (x, y), inner)


def _blend(canvas: Canvas, cutout: Frame, at_xy: tuple[int, int], box: Float32) -> None:
    """Paint a cutout over the canvas, fading out towards its edges; ``box`` is px of the cutout."""
    (x, y), (width, height) = at_xy, _size(cutout)
    left, top = max(0, x), max(0, y)
    right, bottom = min(canvas.size_wh[0], x + width), min(canvas.size_wh[1], y + height)
    if right - left < 4 or bottom - top < 4:
        return
    person = (round(x + float(box[0])), round(y + float(box[1])), round(x + float(box[2])), round(y + float(box[3])))
    canvas.cover(person)
    across = np.abs(np.linspace(-1, 1, width)) ** 4
    along = np.abs(np.linspace(-1, 1, height)) ** 8
    alpha = (4.0 * (1.02 - across[None, :] - along[:, None])).clip(0.0, 1.0)[..., None].astype(np.float32)
    window = (slice(top - y, bottom - y), slice(left - x, right - x))
    below = canvas.image[top:bottom, left:right].astype(np.float32)
    mixed = below + alpha[window] * (cutout[window] - below)
    canvas.image[top:bottom, left:right] = mixed.astype(np.uint8)
    shift = np.array([x, y, x, y], np.float32)
    canvas.add((box + shift)[None], np.zeros((0, 4), np.float32), (left, top, right, bottom))


def _log_uniform(bounds: tuple[float, float], rng: np.random.Generator) -> float:
    return float(np.exp(rng.uniform(*np.log(bounds))))


def _size(image: Frame) -> tuple[int, int]:
    return image.shape[1], image.shape[0]


def _mirrored(xyxy: Float32, width: int) -> Float32:
    return np.asarray(np.stack([width - xyxy[:, 2], xyxy[:, 1], width - xyxy[:, 0], xyxy[:, 3]], axis=1), np.float32)


def _within(xyxy: Float32, rectangle: Cell) -> Float32:
    """Return what of boxes (n, 4) lies in a rectangle; an empty box where nothing does."""
    left, top, right, bottom = rectangle
    return np.asarray(xyxy.clip([left, top, left, top], [right, bottom, right, bottom]), np.float32)
