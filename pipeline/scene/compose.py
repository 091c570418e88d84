"""Puts walkers into a picture, farthest first, and says how much of each is seen."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
Float32 = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sprite:
    """A walker's picture, in the size and at the place it has in the frame."""

    bgra: Image  # (h, w, 4), colour multiplied by alpha
    left: int
    top: int
    distance_m: float  # from the camera
    shade: Image | None = None  # (h', w') share of 255 that the ground loses
    shade_left: int = 0
    shade_top: int = 0


@dataclass(frozen=True, slots=True)
class Sight:
    """What of a sprite is in a picture."""

    box_xyxy: tuple[int, int, int, int] | None  # around its pixels within the frame, hidden or not; None if outside
    visible_share: float  # 0..1 of all its pixels: neither outside the frame nor behind others


_SEEN = 96  # alpha from which a pixel belongs to the walker


def compose(background: Image, sprites: Sequence[Sprite]) -> tuple[Image, list[Sight]]:
    """Return a picture with ``sprites`` in it and, in their order, what of each is seen.

    Args:
        background: (H, W, 3) uint8 BGR; it is not changed.
        sprites: in any order; those with a shade darken the ground.
    """
    image = background.copy()
    order = sorted(range(len(sprites)), key=lambda i: -sprites[i].distance_m)
    for index in order:
        _darken(image, sprites[index])
    owner = np.full(image.shape[:2], -1, np.int16)
    for index in order:
        _paste(image, owner, sprites[index], index)
    return image, [_sight(sprite, owner, index) for index, sprite in enumerate(sprites)]


def dimmed(bgra: Image, brightness: Sequence[float]) -> Image:
    """Return a sprite's picture under the share ``brightness`` (B, G, R) of the light it was drawn in."""
    gain = [float(share) ** (1.0 / 2.2) for share in brightness]
    if min(gain) > 0.99 and max(gain) < 1.01:
        return bgra
    out = np.asarray(cv2.multiply(bgra, np.array([[*gain, 1.0]]), dtype=cv2.CV_8U), np.uint8)
    np.minimum(out[..., :3], out[..., 3:], out=out[..., :3])  # colour never exceeds alpha
    return out


def _overlap(
    shape: tuple[int, ...], left: int, top: int, size: tuple[int, ...]
) -> tuple[tuple[slice, slice], tuple[slice, slice]] | None:
    """Return the slices of frame and patch where they overlap, or None."""
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + size[1], shape[1]), min(top + size[0], shape[0])
    if x1 <= x0 or y1 <= y0:
        return None
    return (slice(y0, y1), slice(x0, x1)), (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))


def _darken(image: Image, sprite: Sprite) -> None:
    if sprite.shade is None:
        return
    slices = _overlap(image.shape, sprite.shade_left, sprite.shade_top, sprite.shade.shape)
    if slices is None:
        return
    left = cv2.cvtColor(255 - sprite.shade[slices[1]], cv2.COLOR_GRAY2BGR)
    image[slices[0]] = cv2.multiply(image[slices[0]], left, scale=1.0 / 255.0)


def _paste(image: Image, owner: npt.NDArray[np.int16], sprite: Sprite, index: int) -> None:
    slices = _overlap(image.shape, sprite.left, sprite.top, sprite.bgra.shape)
    if slices is None:
        return
    patch = sprite.bgra[slices[1]]
    alpha = patch[..., 3]
    behind = cv2.multiply(image[slices[0]], cv2.cvtColor(255 - alpha, cv2.COLOR_GRAY2BGR), scale=1.0 / 255.0)
    image[slices[0]] = cv2.add(behind, np.ascontiguousarray(patch[..., :3]))
    owner[slices[0]][alpha >= _SEEN] = index


def _sight(sprite: Sprite, owner: npt.NDArray[np.int16], index: int) -> Sight:
    slices = _overlap(owner.shape, sprite.left, sprite.top, sprite.bgra.shape)
    whole = int(np.count_nonzero(sprite.bgra[..., 3] >= _SEEN))
    if slices is None or not whole:
        return Sight(None, 0.0)
    inside = sprite.bgra[slices[1]][..., 3] > 0
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    if not len(rows):
        return Sight(None, 0.0)
    top, left = slices[0][0].start, slices[0][1].start
    box = (left + int(columns[0]), top + int(rows[0]), left + int(columns[-1]) + 1, top + int(rows[-1]) + 1)
    return Sight(box, int(np.count_nonzero(owner[slices[0]] == index)) / whole)
