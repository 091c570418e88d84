"""Keeps drawn walkers, so that the same step seen alike is drawn once."""

import math
from collections import OrderedDict
from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.scene.compose import Image, Sprite, dimmed
from pipeline.scene.light import Light
from pipeline.scene.shot import Shot
from pipeline.scene.walker import GREATEST_HEIGHT_PX, LEAST_HEIGHT_PX, Patch, Walker, draw_walker

_PHASES = 16
_VIEW_DEG, _PITCH_DEG = 15.0, 6.0
_HEIGHT_STEP = 1.2  # each height in the cache is this much larger than the last


@dataclass(frozen=True, slots=True)
class Stance:
    """A walker in a frame: where, how tall, and from which side."""

    walker: int
    foot_xy: tuple[float, float]  # px
    height_px: float
    distance_m: float
    phase: float
    view_deg: float
    pitch_deg: float
    brightness: tuple[float, float, float]  # B, G, R, of linear light


class Wardrobe:
    """Draws walkers at rounded phases, views and heights, and scales the drawings to the size that is wanted.

    At most ``capacity`` drawings are kept; the one not used for longest goes first.
    """

    def __init__(self, walkers: tuple[Walker, ...], light: Light, capacity: int = 1500) -> None:
        """Prepare for ``walkers`` under ``light``; nothing is drawn yet."""
        self._walkers, self._light, self._capacity = walkers, light, capacity
        self._drawn: OrderedDict[tuple[int, int, int, int, int], Patch] = OrderedDict()

    def sprite(self, stance: Stance) -> Sprite:
        """Return the walker as it stands in the frame."""
        height = min(max(stance.height_px, LEAST_HEIGHT_PX * _HEIGHT_STEP), GREATEST_HEIGHT_PX / _HEIGHT_STEP)
        step = round(math.log(height) / math.log(_HEIGHT_STEP))
        key = (
            stance.walker,
            int(stance.phase * _PHASES) % _PHASES,
            round(stance.view_deg / _VIEW_DEG) % round(360.0 / _VIEW_DEG),
            round(stance.pitch_deg / _PITCH_DEG),
            step,
        )
        return _fitted(self._patch(key), stance, stance.height_px / _HEIGHT_STEP**step)

    def _patch(self, key: tuple[int, int, int, int, int]) -> Patch:
        if key in self._drawn:
            self._drawn.move_to_end(key)
            return self._drawn[key]
        walker, phase, view, pitch, step = key
        height = _HEIGHT_STEP**step
        detail = 1.5 if height < 90.0 else 1.25 if height < 190.0 else 1.0
        shot = Shot((phase + 0.5) / _PHASES, view * _VIEW_DEG, pitch * _PITCH_DEG, height, detail)
        patch = draw_walker(self._walkers[walker], shot, self._light)
        self._drawn[key] = patch
        if len(self._drawn) > self._capacity:
            self._drawn.popitem(last=False)
        return patch


def _fitted(patch: Patch, stance: Stance, scale: float) -> Sprite:
    """Return ``patch`` scaled and lit, with the walker's foot at its exact (sub-pixel) place."""
    bgra, left, top = _placed(patch.bgra, patch.foot_xy, stance.foot_xy, scale)
    shade, shade_left, shade_top = _placed(patch.shade, patch.shade_foot_xy, stance.foot_xy, scale)
    paler = cv2.convertScaleAbs(shade, alpha=_open_share(stance))
    lit = dimmed(bgra, stance.brightness)
    return Sprite(lit, left, top, stance.distance_m, np.asarray(paler, np.uint8), shade_left, shade_top)


def _open_share(stance: Stance) -> float:
    """Return how strong a shadow is: where little light falls, there is little to take away."""
    return min(max((stance.brightness[1] - 0.2) / 0.7, 0.25), 1.0)


def _placed(
    picture: Image, foot: tuple[float, float], target: tuple[float, float], scale: float
) -> tuple[Image, int, int]:
    left, top = target[0] - foot[0] * scale, target[1] - foot[1] * scale
    at = (math.floor(left), math.floor(top))
    move = np.array([[scale, 0.0, left - at[0]], [0.0, scale, top - at[1]]])
    size = (math.ceil(picture.shape[1] * scale) + 1, math.ceil(picture.shape[0] * scale) + 1)
    moved = cv2.warpAffine(picture, move, size, flags=cv2.INTER_LINEAR)
    return np.asarray(moved, np.uint8), at[0], at[1]
