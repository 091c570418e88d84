"""Draws one walker into a small picture with transparency."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.errors import SceneError
from pipeline.scene.arrays import clamp, encode
from pipeline.scene.build import Build
from pipeline.scene.dye import albedo
from pipeline.scene.figure import figure
from pipeline.scene.light import Light
from pipeline.scene.loft import join
from pipeline.scene.material import Material
from pipeline.scene.outfit import Outfit
from pipeline.scene.raster import Rows, Surface, slice_lofts, view_matrix, visible_surface
from pipeline.scene.shadow import ground_shade
from pipeline.scene.shot import Shot

Float32 = npt.NDArray[np.float32]

LEAST_HEIGHT_PX, GREATEST_HEIGHT_PX = 16.0, 1200.0


@dataclass(frozen=True, slots=True)
class Walker:
    """Who is drawn."""

    outfit: Outfit
    build: Build


@dataclass(frozen=True, slots=True)
class Patch:
    """A picture of a walker.

    ``bgra`` is (h, w, 4) uint8 with the colour already multiplied by alpha, so that it can be scaled; ``foot_xy``
    is the point of the picture that stands on the ground below the walker's middle. ``shade`` is (h', w') uint8,
    the share of the ground's (gamma-encoded) value that is lost, and ``shade_foot_xy`` the same point in it.
    """

    bgra: npt.NDArray[np.uint8]
    foot_xy: tuple[float, float]
    shade: npt.NDArray[np.uint8]
    shade_foot_xy: tuple[float, float]


def draw_walker(walker: Walker, shot: Shot, light: Light) -> Patch:
    """Draw ``walker`` as seen in ``shot`` under ``light``.

    Raises:
        SceneError: the height or the detail cannot be drawn.
    """
    if not LEAST_HEIGHT_PX <= shot.height_px <= GREATEST_HEIGHT_PX or not 1.0 <= shot.detail <= 4.0:
        raise SceneError(
            f"a walker can be drawn {LEAST_HEIGHT_PX:.0f} to {GREATEST_HEIGHT_PX:.0f} px high with detail 1 to 4, "
            f"but got height {shot.height_px} px and detail {shot.detail}"
        )
    form = join(figure(walker.outfit, walker.build, shot.phase))
    scale = shot.height_px * shot.detail / np.cos(np.deg2rad(shot.pitch_deg))
    view = view_matrix(shot.view_deg, shot.pitch_deg, scale)
    rows = slice_lofts(form, view)
    size_wh, origin = _frame(rows, shot.detail)
    surface = visible_surface(rows, (size_wh[1], size_wh[0]), origin)
    colour = _shade(surface, walker, light, shot.pitch_deg, scale)
    bgra = _develop(surface, colour, shot.detail)
    shade, shade_foot = ground_shade(form, shot, light)
    return Patch(bgra, (origin[0] / shot.detail, origin[1] / shot.detail), shade, shade_foot)


def _frame(rows: Rows, detail: float) -> tuple[tuple[int, int], tuple[float, float]]:
    """Return a size (w, h) that holds all rows and is whole after shrinking, and where the origin lies in it."""
    reach = np.abs(rows.table[3:5]) + np.abs(rows.table[6:8])
    reach *= 1.0 + np.abs(rows.table[12]) * 1.3
    low = (rows.table[:2] - reach).min(1) - 2.0
    high = (rows.table[:2] + reach).max(1) + 2.0
    size = np.ceil((high - low) / detail).astype(int)
    return (int(size[0] * detail), int(size[1] * detail)), (float(-low[0]), float(-low[1]))


def _shade(surface: Surface, walker: Walker, light: Light, pitch_deg: float, scale: float) -> Float32:
    """Return (3, n) linear BGR as lit."""
    colour = albedo(surface, walker.outfit, walker.build)
    pitch = np.deg2rad(pitch_deg)
    towards = light.direction()
    seen = np.array(
        [
            towards[0],
            towards[1] * np.cos(pitch) - towards[2] * np.sin(pitch),
            towards[2] * np.cos(pitch) + towards[1] * np.sin(pitch),
        ]
    ).astype(np.float32)
    normal = surface.normal
    up = normal[1] * np.float32(np.cos(pitch)) + normal[2] * np.float32(np.sin(pitch))
    facing = seen @ normal
    open_sky = _openness(surface, scale)
    lamp = clamp((facing + 0.12) / 1.12, 0.0, 1.0) * clamp(open_sky * 1.5 - 0.35, 0.0, 1.0)
    sky = (0.55 + 0.45 * up) * open_sky
    ground = (0.5 - 0.5 * up) * open_sky
    shine = _gloss()[surface.material] * clamp(facing * normal[2] * 1.6 - 0.55, 0.0, 1.0) ** 3
    out = np.empty_like(colour)
    for channel in range(3):
        lit = light.key[channel] * lamp + light.sky[channel] * sky + light.ground[channel] * ground
        out[channel] = colour[channel] * lit + shine * np.float32(light.key[channel] + 0.3 * light.sky[channel])
    return out


def _gloss() -> Float32:
    gloss = np.full(len(Material), 0.006, np.float32)
    for material, value in (
        (Material.HAIR, 0.05), (Material.SHOE, 0.08), (Material.BAG, 0.04), (Material.METAL, 0.35),
        (Material.SKIN, 0.03), (Material.FACE, 0.03),
    ):  # fmt: skip
        gloss[material] = value
    return gloss


def _openness(surface: Surface, scale: float) -> Float32:
    """Return 0..1 per point: less where nearer parts stand around it, as an arm before the trunk does."""
    height, width = surface.shape_hw
    depth = np.zeros(height * width, np.float32)
    there = np.zeros(height * width, np.float32)
    depth[surface.pixel], there[surface.pixel] = surface.depth, 1.0
    reach = max(int(scale * 0.035) | 1, 3)
    near = cv2.blur(depth.reshape(height, width), (reach, reach)).ravel()[surface.pixel]
    share = cv2.blur(there.reshape(height, width), (reach, reach)).ravel()[surface.pixel]
    around = near / np.maximum(share, 1e-3)
    deeper = (around - surface.depth) / np.float32(scale)
    return np.asarray(clamp(1.0 - 9.0 * np.maximum(deeper, 0.0), 0.35, 1.0), np.float32)


def _develop(surface: Surface, colour: Float32, detail: float) -> npt.NDArray[np.uint8]:
    """Return (h, w, 4) uint8, gamma-encoded, multiplied by alpha, anti-aliased by shrinking."""
    height, width = surface.shape_hw
    canvas = np.zeros((height * width, 4), np.uint8)
    canvas[surface.pixel, :3] = encode(colour).T
    canvas[surface.pixel, 3] = 255
    picture = _without_holes(canvas.reshape(height, width, 4))
    if detail == 1.0:
        return picture
    small = (round(width / detail), round(height / detail))
    return np.asarray(cv2.resize(picture, small, interpolation=cv2.INTER_AREA), np.uint8)


def _without_holes(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Fill empty pixels that have covered ones on both sides."""
    alpha = picture[:, :, 3]
    closed = cv2.morphologyEx(alpha, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    holes = np.flatnonzero((closed > 0) & (alpha == 0))
    if len(holes):
        spread = cv2.dilate(picture, np.ones((3, 3), np.uint8))
        picture.reshape(-1, 4)[holes] = spread.reshape(-1, 4)[holes]
    return picture
