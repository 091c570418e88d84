"""Places without people: pavements, streets, parks and halls as a fixed camera sees them."""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.scene import greenery, ground
from pipeline.scene.facade import Cladding, Wall, garden_wall, hall_wall, house_front
from pipeline.scene.ground import Plot
from pipeline.scene.light import Light
from pipeline.scene.viewpoint import Viewpoint

Float32 = npt.NDArray[np.float32]
PlaceName = Literal["pavement", "street", "park", "plaza", "hall"]
PLACE_NAMES: tuple[PlaceName, ...] = ("pavement", "street", "park", "plaza", "hall")

_COARSE = 8  # px of the picture to one of the brightness map


@dataclass(frozen=True, slots=True)
class Backdrop:
    """A place with nobody in it.

    ``image`` is (H, W, 3) uint8 BGR; ``brightness`` (H/8, W/8, 3) float32 is the light that falls on somebody who
    stands there, relative to the open; ``far_z`` is how far away the ground ends.
    """

    image: npt.NDArray[np.uint8]
    brightness: Float32
    far_z: float

    def brightness_at(self, u: float, v: float) -> Float32:
        """Return (3,) BGR: how bright somebody is who stands at the pixel (u, v)."""
        rows, columns = self.brightness.shape[:2]
        row = min(max(int(v) // _COARSE, 0), rows - 1)
        return np.asarray(self.brightness[row, min(max(int(u) // _COARSE, 0), columns - 1)])


@dataclass(frozen=True, slots=True)
class _Site:
    """What is being drawn: rays of all pixels, and where they end."""

    view: Viewpoint
    light: Light
    rng: np.random.Generator
    x_slope: Float32
    y_slope: Float32
    wall_z: float
    finer: int

    @property
    def on_ground(self) -> npt.NDArray[np.bool_]:
        """(h, w): the ray meets the ground before the wall."""
        return self.y_slope < -self.view.height_m / self.wall_z


def draw_backdrop(
    place: PlaceName, light: Light, view: Viewpoint, rng: np.random.Generator, finer: int = 2
) -> Backdrop:
    """Draw ``place`` under ``light`` as seen from ``view``; it looks different for every state of ``rng``.

    Args:
        place: what kind of place.
        light: where light comes from.
        view: the camera.
        rng: where the chance comes from.
        finer: how many pixels are drawn for one that is kept, along each axis.
    """
    slopes = view.rays(finer)
    wall_z = float(rng.uniform(15.0, 20.0)) if place != "hall" else float(rng.uniform(14.0, 19.0))
    site = _Site(view, light, rng, *slopes, wall_z, finer)
    picture = np.zeros((*site.x_slope.shape, 3), np.float32)
    _draw_ground(picture, site, place)
    brightness = _light_ground(picture, site, place)
    _draw_wall(picture, site, place)
    if place == "hall":
        _draw_columns(picture, site)
        _reflect(picture, site)
    if place in ("park", "plaza", "street") and light.name != "indoor":
        _plant(picture, site, 5 if place == "park" else 2)
    picture += _haze(site)
    encoded = np.clip(picture, 0.0, 1.0) ** np.float32(1.0 / 2.2) * 255.0
    image = cv2.resize(encoded, view.size_wh, interpolation=cv2.INTER_AREA)
    small = cv2.resize(
        brightness, (view.size_wh[0] // _COARSE, view.size_wh[1] // _COARSE), interpolation=cv2.INTER_AREA
    )
    return Backdrop(np.asarray(image + 0.5, np.uint8), np.asarray(small, np.float32), wall_z - 0.6)


def _plot(site: _Site) -> Plot:
    """Return the ground at all pixels that show it, row by row; others lie at the wall's foot."""
    z = site.view.height_m / np.maximum(-site.y_slope, site.view.height_m / site.wall_z)
    footprint = z * z / (site.view.focal_px * site.finer * site.view.height_m)
    return Plot(
        np.asarray(site.x_slope * z, np.float32), np.asarray(z, np.float32), footprint.astype(np.float32), site.rng
    )


def _draw_ground(picture: Float32, site: _Site, place: PlaceName) -> None:
    plot = _plot(site)
    rng = site.rng
    if place == "pavement":
        paver = (ground.slabs, ground.setts)[int(rng.integers(2))]
        picture[:] = _with_kerb(plot, paver(plot), ground.asphalt(plot), site.wall_z - float(rng.uniform(5.0, 7.0)))
    elif place == "street":
        picture[:] = _road(plot, site)
    elif place == "park":
        bend = float(rng.uniform(-0.2, 0.2))
        middle = 0.6 * np.sin(plot.z * 0.25 + bend * 9.0) + plot.z * bend * 0.3
        path = np.abs(plot.x - middle) < float(rng.uniform(2.2, 3.6)) + 0.12 * ground.speckle(plot, 0.5)
        picture[:] = np.where(path[..., None], ground.gravel(plot), ground.grass(plot))
    elif place == "plaza":
        picture[:] = ground.slabs(plot)
        band = np.abs(np.mod(plot.x + plot.z * 0.5, 5.0) - 2.5) < 0.3
        picture[band] *= 0.7
    else:
        picture[:] = ground.terrazzo(plot)


def _with_kerb(plot: Plot, near: Float32, far: Float32, kerb_z: float) -> Float32:
    out = np.where((plot.z < kerb_z)[..., None], near, far)
    out[np.abs(plot.z - kerb_z) < 0.11] = 0.42
    out[(plot.z > kerb_z + 0.11) & (plot.z < kerb_z + 0.3)] *= 0.7
    paint = ground.lines_along(plot, kerb_z + 0.5, 0.12, 1.0, 1.0)[..., None]
    return np.asarray(out * (1.0 - paint) + paint * np.array((0.08, 0.5, 0.6), np.float32), np.float32)


def _road(plot: Plot, site: _Site) -> Float32:
    rng = site.rng
    near, far = site.view.nearest_z() + float(rng.uniform(0.5, 1.5)), site.wall_z - float(rng.uniform(2.5, 4.0))
    out = ground.asphalt(plot)
    middle = 0.5 * (near + far)
    paint = ground.lines_along(plot, middle, 0.14, 4.0, 0.5)
    for edge in (near + 0.5, far - 0.5):
        paint = np.maximum(paint, ground.lines_along(plot, edge, 0.12, 1.0, 1.0))
    half = float(rng.uniform(1.6, 2.4))
    crossing = ground.zebra(plot, near, far, float(rng.uniform(-2.0, 2.0)), half)
    paint = np.maximum(paint, crossing)[..., None]
    out = out * (1.0 - paint) + paint * np.float32(0.6)
    walk = ground.slabs(plot)
    out = np.where(((plot.z < near) | (plot.z > far))[..., None], walk, out)
    out[(np.abs(plot.z - near) < 0.1) | (np.abs(plot.z - far) < 0.1)] = 0.4
    return np.asarray(out, np.float32)


def _light_ground(picture: Float32, site: _Site, place: PlaceName) -> Float32:
    """Light the ground in place; return (h, w, 3) the light on somebody who stands there, relative to the open."""
    plot, light = _plot(site), site.light
    open_share = _lamp_share(plot, site, place)[..., None]
    key, sky = np.array(light.key, np.float32), np.array(light.sky, np.float32)
    upward = np.float32(max(light.direction()[1], 0.3))
    picture *= key * upward * open_share + sky
    full = key + sky
    if light.name == "night":
        return np.asarray((key * (0.15 + 0.85 * open_share) + sky) / full, np.float32)
    return np.asarray((key * (0.3 + 0.7 * open_share) + sky) / full, np.float32)


def _lamp_share(plot: Plot, site: _Site, place: PlaceName) -> Float32:
    """Return (h, w) 0..1: how much of the lamp or the sun reaches the ground."""
    light, rng = site.light, site.rng
    if light.name == "night":
        share = np.full_like(plot.x, 0.10)
        for _ in range(int(rng.integers(2, 5))):
            middle = (float(rng.uniform(-6.0, 6.0)), float(rng.uniform(4.0, site.wall_z - 2.0)))
            away = (plot.x - middle[0]) ** 2 + (plot.z - middle[1]) ** 2
            share += np.exp(-away / float(rng.uniform(10.0, 26.0))) * np.float32(rng.uniform(0.7, 1.2))
        return np.asarray(np.minimum(share, 1.3), np.float32)
    if light.name == "indoor" or place == "hall":
        return np.asarray(1.0 + 0.08 * np.cos(plot.x * 1.3) * np.cos(plot.z * 0.9), np.float32)
    share = np.ones_like(plot.x)
    if light.name in ("day", "dusk"):
        if place in ("park", "plaza", "street"):
            dapple = ground.speckle(plot, 0.035, 3)
            share -= np.clip((dapple - 0.75) * 3.0, 0.0, 0.9)
        if rng.random() < 0.5:  # the shadow of a house beside or behind the camera
            edge = float(rng.uniform(-3.0, 3.0)) + plot.z * float(rng.uniform(-0.4, 0.4))
            side = 1.0 if rng.random() < 0.5 else -1.0
            share *= np.clip(side * (plot.x - edge) / 0.25 + 0.5, 0.08, 1.0)
    return np.asarray(share, np.float32)


def _draw_wall(picture: Float32, site: _Site, place: PlaceName) -> None:
    """Draw what stands behind the ground: a wall up to its height, and the sky above it."""
    above = ~site.on_ground
    x, y = site.x_slope[above] * site.wall_z, site.view.height_m + site.y_slope[above] * site.wall_z
    wall = Wall(x, np.maximum(y, 0.0), site.light.name in ("night", "dusk"), site.rng)
    if place == "hall":
        cladding, height = hall_wall(wall), 30.0
    elif place == "park" or (place == "plaza" and site.rng.random() < 0.4):
        cladding, height = garden_wall(wall), float(site.rng.uniform(1.6, 3.0))
    else:
        cladding, height = house_front(wall), float(site.rng.uniform(9.0, 16.0))
    picture[above] = np.where((y < height)[:, None], _lit(cladding, wall, site), _sky(y, site))


def _lit(cladding: Cladding, wall: Wall, site: _Site) -> Float32:
    light = site.light
    frontal = max(float(light.direction()[2]), 0.0)
    if light.name == "night":
        lamps = 0.25 + 0.5 * np.exp(-((np.mod(wall.x + 3.0, 9.0) - 4.5) ** 2) / 6.0 - wall.y / 5.0)
    else:
        lamps = np.full_like(wall.x, frontal)
    sky = np.array(light.sky, np.float32) * np.float32(0.62)
    lit = np.array(light.key, np.float32) * lamps[:, None] + sky
    foot = np.clip(0.72 + wall.y * 0.5, 0.0, 1.0)[:, None]
    return np.asarray(cladding.albedo * lit * foot + cladding.glow, np.float32)


def _sky(y: Float32, site: _Site) -> Float32:
    zenith, rim = {
        "day": ((0.75, 0.55, 0.38), (0.85, 0.80, 0.75)), "dusk": ((0.45, 0.33, 0.28), (0.40, 0.55, 0.80)),
        "overcast": ((0.72, 0.70, 0.69), (0.80, 0.79, 0.78)), "night": ((0.03, 0.02, 0.02), (0.06, 0.06, 0.07)),
        "indoor": ((0.4, 0.4, 0.4), (0.5, 0.5, 0.5)),
    }[site.light.name]  # fmt: skip
    share = np.clip((y - 2.0) / 14.0, 0.0, 1.0)[:, None]
    return np.asarray(np.array(rim) * (1.0 - share) + np.array(zenith) * share, np.float32)


def _plant(picture: Float32, site: _Site, count: int) -> None:
    """Put trees and bushes far from where people walk, farthest first."""
    half = site.view.half_width_at(site.wall_z)
    spots = [
        (site.wall_z - float(site.rng.uniform(0.3, 2.2)), float(site.rng.uniform(-half, half))) for _ in range(count)
    ]
    for z, x in sorted(spots, reverse=True):
        u, v, scale = site.view.project(x, 0.0, z)
        greenery.draw_tree(picture, (u * site.finer, v * site.finer), scale * site.finer, site.light, site.rng)


def _draw_columns(picture: Float32, site: _Site) -> None:
    half = site.view.half_width_at(site.wall_z - 2.0)
    z = site.wall_z - float(site.rng.uniform(1.0, 2.5))
    tone = np.array((0.42, 0.45, 0.46), np.float32) * float(site.rng.uniform(0.5, 1.1))
    lit = np.array(site.light.key, np.float32) * np.float32(0.5) + np.array(site.light.sky, np.float32)
    for x in np.arange(-half, half, float(site.rng.uniform(4.0, 6.0))) + float(site.rng.uniform(0.0, 3.0)):
        u, v, scale = site.view.project(float(x), 0.0, z)
        wide = max(int(0.28 * scale * site.finer), 2)
        left, foot = int(u * site.finer) - wide, min(int(v * site.finer), picture.shape[0])
        first, last = max(left, 0), min(left + 2 * wide, picture.shape[1])
        if last <= first or foot <= 0:
            continue
        across = (np.arange(first, last) - left) / (2.0 * wide) * 2.0 - 1.0
        round_shade = (0.35 + 0.65 * np.sqrt(np.maximum(1.0 - (across + 0.25) ** 2 / 1.6, 0.0))).astype(np.float32)
        picture[:foot, first:last] = round_shade[None, :, None] * (tone * lit)


def _reflect(picture: Float32, site: _Site) -> None:
    """Mirror the wall, blurred, in the polished floor."""
    foot = int(np.count_nonzero(~site.on_ground[:, 0]))
    depth = min(foot, picture.shape[0] - foot)
    if depth <= 4:
        return
    mirrored = cv2.blur(picture[foot - depth : foot][::-1], (5, 41))
    fading = np.linspace(0.30, 0.04, depth, dtype=np.float32)[:, None, None]
    picture[foot : foot + depth] += mirrored * fading - picture[foot : foot + depth] * fading * 0.6


def _haze(site: _Site) -> Float32:
    level = {"day": 0.008, "dusk": 0.008, "overcast": 0.012, "night": 0.003, "indoor": 0.004}[site.light.name]
    return np.float32(level) * np.ones((1, 1, 1), np.float32)
