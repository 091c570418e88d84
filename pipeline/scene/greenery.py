"""Trees."""

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.scene.light import Light
from pipeline.scene.texture import bank

Float32 = npt.NDArray[np.float32]


def draw_tree(
    picture: Float32, foot_xy: tuple[float, float], px_per_metre: float, light: Light, rng: np.random.Generator
) -> None:
    """Draw a tree into ``picture`` (h, w, 3) linear BGR, in place; its trunk stands at ``foot_xy``."""
    tall = float(rng.uniform(4.0, 7.5)) * px_per_metre
    crown = float(rng.uniform(1.5, 2.6)) * px_per_metre
    _trunk(picture, foot_xy, tall, 0.13 * px_per_metre, light)
    size = max(int(crown * 2.6), 8)
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32) / size * 2.0 - 1.0
    leaves, lumps = _cutting(4, 330, size, rng), _cutting(2, 110, size, rng)
    edge = 0.72 - (columns**2 + (rows * 1.1) ** 2) + 0.22 * lumps + 0.14 * leaves
    alpha = np.clip(edge * size * 0.06, 0.0, 1.0)
    towards = light.direction()
    lit = np.clip(0.55 + 0.5 * (towards[0] * columns - towards[1] * rows) + 0.28 * lumps, 0.12, 1.4)
    green = np.array(((0.03, 0.10, 0.055), (0.03, 0.13, 0.09), (0.04, 0.09, 0.08))[int(rng.integers(3))], np.float32)
    shine = np.array(light.key, np.float32) * lit[..., None] + np.array(light.sky, np.float32) * 0.6
    colour = np.clip(1.0 + 0.4 * leaves, 0.15, 2.2)[..., None] * green * shine
    _lay(picture, colour.astype(np.float32), alpha, int(foot_xy[0] - size / 2), int(foot_xy[1] - tall - size * 0.35))


def _cutting(octaves: int, side: int, size: int, rng: np.random.Generator) -> Float32:
    """Return a random piece of noise, ``side`` px wide in the bank, as (size, size)."""
    top, left = (int(at) for at in rng.integers(0, len(bank(octaves)) - side, 2))
    piece = bank(octaves)[top : top + side, left : left + side]
    return np.asarray(cv2.resize(piece, (size, size), interpolation=cv2.INTER_LINEAR), np.float32)


def _trunk(picture: Float32, foot_xy: tuple[float, float], tall: float, half: float, light: Light) -> None:
    bark = np.array((0.05, 0.07, 0.09), np.float32) * (np.array(light.key) * 0.6 + np.array(light.sky))
    x, y = foot_xy
    polygon = [(x - half, y), (x + half, y), (x + half * 0.6, y - tall), (x - half * 0.6, y - tall)]
    points = (np.array(polygon) * 8.0).astype(np.int32)
    cv2.fillConvexPoly(picture, points, tuple(float(c) for c in bark), cv2.LINE_AA, 3)


def _lay(picture: Float32, colour: Float32, alpha: Float32, left: int, top: int) -> None:
    height, width = alpha.shape
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + width, picture.shape[1]), min(top + height, picture.shape[0])
    if x1 <= x0 or y1 <= y0:
        return
    part = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
    target = picture[y0:y1, x0:x1]
    target += (colour[part] - target) * alpha[part][..., None]
