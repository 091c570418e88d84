"""Crops as a person detector cuts them out, of people whose clothes are known: to train and test with."""

import math
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.errors import SceneError
from pipeline.scene.arrays import bound
from pipeline.scene.backdrop import PLACE_NAMES, Backdrop, draw_backdrop
from pipeline.scene.build import random_build
from pipeline.scene.camera_look import develop_once, random_look
from pipeline.scene.compose import Sprite, compose, dimmed
from pipeline.scene.light import LIGHT_NAMES, Light, LightName, random_light
from pipeline.scene.outfit import Outfit, random_outfit
from pipeline.scene.shot import Shot
from pipeline.scene.viewpoint import Viewpoint
from pipeline.scene.walker import Patch, Walker, draw_walker

Image = npt.NDArray[np.uint8]

_STAGES = 32  # different places that crops are cut from
_STAGE_WH = (480, 270)
_LEAST_HW, _GREATEST_HW = (48, 20), (512, 256)


@dataclass(frozen=True, slots=True)
class _Stage:
    backdrop: Backdrop
    light: Light
    view: Viewpoint


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where somebody stands on a stage, and how the stage is scaled to the crop."""

    x: float
    z: float
    foot_uv: tuple[float, float]  # px of the stage
    zoom: float  # px of the crop to one of the stage
    height_px: float  # of the walker in the crop


def random_crop(rng: np.random.Generator, size_hw: tuple[int, int] = (128, 64)) -> tuple[Image, Outfit]:
    """Return a crop of one walker, and what the walker wears.

    The same state of ``rng`` gives the same crop. A process is slow at first: places are drawn once and kept.

    Args:
        rng: where the chance comes from.
        size_hw: height and width of the crop, px.

    Returns:
        (h, w, 3) uint8 BGR, and the outfit.

    Raises:
        SceneError: the size is out of range.
    """
    if not all(low <= size <= high for low, size, high in zip(_LEAST_HW, size_hw, _GREATEST_HW, strict=True)):
        raise SceneError(f"a crop has {_LEAST_HW} to {_GREATEST_HW} px (height, width), but got {size_hw}")
    stage = _stage(int(rng.integers(_STAGES)))
    walker = _random_walker(rng)
    spot = _random_spot(stage, walker, size_hw, rng)
    # Where the feet are in the crop: detectors cut some off, and rarely put people in the middle.
    foot = (
        size_hw[1] * bound(rng.normal(0.5, 0.07), 0.3, 0.7),
        size_hw[0] * bound(rng.normal(0.955, 0.03), 0.86, 1.06),
    )
    sharpness = bound(rng.beta(2.2, 1.4) * 1.3, 0.36, 1.0)
    patch = draw_walker(walker, _random_shot(stage, spot, sharpness, rng), stage.light)
    sprites = [_put(patch, foot, spot.z, stage.backdrop.brightness_at(*spot.foot_uv))]
    if rng.random() < 0.18:
        sprites.append(_passer_by(stage, spot, foot, size_hw, rng))
    image, _ = compose(_cut(stage, spot, foot, size_hw), sprites)
    return _filmed(image, sharpness, rng), walker.outfit


@cache
def _stage(number: int) -> _Stage:
    rng = np.random.default_rng([77, number])
    place = PLACE_NAMES[number % len(PLACE_NAMES)]
    outside: LightName = LIGHT_NAMES[(number // len(PLACE_NAMES)) % 4] if number % 3 else "day"
    light = random_light("indoor" if place == "hall" else outside, rng)
    view = Viewpoint(
        _STAGE_WH, float(rng.uniform(330.0, 560.0)), float(rng.uniform(2.2, 4.6)), float(rng.uniform(9.0, 24.0))
    )
    return _Stage(draw_backdrop(place, light, view, rng, finer=1), light, view)


def _random_walker(rng: np.random.Generator) -> Walker:
    outfit = random_outfit(rng)
    return Walker(outfit, random_build(outfit, rng))


def _random_spot(stage: _Stage, walker: Walker, size_hw: tuple[int, int], rng: np.random.Generator) -> _Spot:
    view = stage.view
    near = view.nearest_z() + 0.2
    z = near + (max(stage.backdrop.far_z - 2.0, near + 1.0) - near) * float(rng.beta(1.2, 1.8))
    x = float(rng.uniform(-0.85, 0.85)) * view.half_width_at(z)
    u, v, _ = view.project(x, 0.0, z)
    tall = v - view.project(x, walker.build.stature_m, z)[1]
    height = size_hw[0] * bound(rng.normal(0.88, 0.05), 0.72, 1.0)
    return _Spot(x, z, (u, v), height / tall, height)


def _random_shot(stage: _Stage, spot: _Spot, sharpness: float, rng: np.random.Generator) -> Shot:
    view_deg = float(rng.uniform(-180.0, 180.0)) if rng.random() < 0.4 else _common_view(rng)
    detail = 1.25 if sharpness > 0.75 else 1.0  # what will be made smaller need not be drawn larger
    return Shot(float(rng.random()), view_deg, stage.view.steepness_deg(spot.z), spot.height_px, detail)


def _common_view(rng: np.random.Generator) -> float:
    """Return a view near one that pavements enforce: to or from the camera, or along the picture."""
    return float(rng.choice((0.0, 180.0, 90.0, -90.0), p=(0.32, 0.32, 0.18, 0.18))) + float(rng.normal(0.0, 18.0))


def _put(patch: Patch, foot: tuple[float, float], distance: float, brightness: npt.NDArray[np.float32]) -> Sprite:
    return Sprite(
        dimmed(patch.bgra, brightness.tolist()),
        round(foot[0] - patch.foot_xy[0]),
        round(foot[1] - patch.foot_xy[1]),
        distance,
        patch.shade,
        round(foot[0] - patch.shade_foot_xy[0]),
        round(foot[1] - patch.shade_foot_xy[1]),
    )


def _passer_by(
    stage: _Stage, spot: _Spot, foot: tuple[float, float], size_hw: tuple[int, int], rng: np.random.Generator
) -> Sprite:
    """Return a second person who is partly in view, behind or a little in front of the first."""
    patch = _extra(int(rng.integers(_EXTRAS)))
    side = 1.0 if rng.random() < 0.5 else -1.0
    farther = float(rng.uniform(-0.12, 0.30))  # farther away more often than nearer
    place = (
        foot[0] + side * size_hw[1] * float(rng.uniform(0.36, 0.62)),
        foot[1] - farther * spot.height_px * 0.35,
    )
    scale = spot.height_px / (1.0 + farther) / _EXTRA_HEIGHT
    bgra = cv2.resize(patch.bgra, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    foot_xy = (patch.foot_xy[0] * scale, patch.foot_xy[1] * scale)
    scaled = Patch(np.asarray(bgra, np.uint8), foot_xy, patch.shade[:1, :1] // 255, (0.0, 0.0))
    return _put(scaled, place, spot.z * (1.0 + farther), stage.backdrop.brightness_at(*spot.foot_uv))


_EXTRAS, _EXTRA_HEIGHT = 96, 128.0


@cache
def _extra(number: int) -> Patch:
    """Return a walker who is only ever in the way; these are drawn once."""
    rng = np.random.default_rng([78, number])
    shot = Shot(float(rng.random()), _common_view(rng), 14.0, _EXTRA_HEIGHT, 1.25)
    return draw_walker(_random_walker(rng), shot, random_light("overcast", rng))


def _cut(stage: _Stage, spot: _Spot, foot: tuple[float, float], size_hw: tuple[int, int]) -> Image:
    """Return the background of the crop: the stage scaled so that the spot lies under the walker's foot."""
    move = np.array(
        [
            [spot.zoom, 0.0, foot[0] - spot.foot_uv[0] * spot.zoom],
            [0.0, spot.zoom, foot[1] - spot.foot_uv[1] * spot.zoom],
        ]
    )
    method = cv2.INTER_LINEAR if spot.zoom > 0.7 else cv2.INTER_AREA
    picture = cv2.warpAffine(
        stage.backdrop.image, move, (size_hw[1], size_hw[0]), flags=method, borderMode=cv2.BORDER_REFLECT_101
    )
    return np.asarray(picture, np.uint8)


def _filmed(image: Image, real: float, rng: np.random.Generator) -> Image:
    """Return ``image`` as a camera would have it: often smaller than it is now, soft, noisy and compressed.

    ``real`` is the share of its resolution (0..1) that the camera had.
    """
    height, width = image.shape[:2]
    if real < 0.95:
        small = (max(math.ceil(width * real), 8), max(math.ceil(height * real), 16))
        image = np.asarray(cv2.resize(image, small, interpolation=cv2.INTER_AREA), np.uint8)
    image = develop_once(image, random_look(rng), rng)
    if real < 0.95:
        image = np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)
    return image
