"""Lofts to pixels: rows, points, and the nearest point of each pixel."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from pipeline.scene.arrays import clamp
from pipeline.scene.loft import Array, Finish, Sections
from pipeline.scene.texture import FOLD_COLUMNS, FOLD_ROWS, fold_maps

Float32 = npt.NDArray[np.float32]
_Number = TypeVar("_Number", np.float32, np.int64)
Ints = npt.NDArray[np.int64]

SPACING_PX = 0.85  # between neighbouring points; above 1 leaves holes
FOLD_GAIN = 1.5  # how much steeper folds are lit than they stand out
_EXPONENTS = (2.0, 3.2, 7.0)  # of the superellipses ROUND, SOFT, BOX
_CROWDED = (1.0, 1.25, 1.6)  # how much closer their points must lie, for those at the corners
_BINS = 1024  # steps of the inverse cosine


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of all lofts in view space, px: x right, y down, z towards the camera."""

    table: Float32  # (COLUMNS, r), as loft.py names them
    finish: Ints  # (3, r) material, shape, folds
    offset: Ints  # (r,) first index in the fold maps
    axis: Float32  # (3, r) unit, along the loft
    growth: Float32  # (2, r) of the half axes per px along the axis
    cut_sign: Float32  # (r,)
    px_per_stature: float


@dataclass(frozen=True, slots=True)
class Surface:
    """What is seen at each covered pixel; n pixels."""

    shape_hw: tuple[int, int]
    pixel: Ints  # (n,) flat index
    material: Ints  # (n,)
    along: Float32  # (n,) from the loft's beginning, in statures
    across: Float32  # (n,) to the walker's left of the loft's axis, in statures
    cosine: Float32  # (n,) of the angle around the loft: 1 left, -1 right
    sine: Float32  # (n,) 1 front, -1 back
    fold: Float32  # (n,) -1 in a valley … 1 on a ridge, times the depth of the folds
    normal: Float32  # (3, n) unit, view space with y up
    depth: Float32  # (n,) px towards the camera


@dataclass(frozen=True, slots=True)
class _Circle:
    """Sines and cosines at FOLD_COLUMNS angles, and how superellipses differ from circles there."""

    cosine: Float32
    sine: Float32
    radius: Float32  # (shapes * FOLD_COLUMNS,)
    slope_c: Float32
    slope_s: Float32
    arccos: Float32  # (_BINS + 1,) in columns, of -1..1


def view_matrix(yaw_deg: float, pitch_deg: float, px_per_stature: float) -> Array:
    """Return (3, 3) from body space to view space, px: x right, y down, z towards the camera.

    Args:
        yaw_deg: where the walker heads: 0 towards the camera, 90 to the right of the picture.
        pitch_deg: how steeply the camera looks down.
        px_per_stature: scale.
    """
    yaw, pitch = np.deg2rad((yaw_deg, pitch_deg))
    turned = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    tipped = np.array([[1, 0, 0], [0, -np.cos(pitch), np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    return np.asarray(tipped @ turned * px_per_stature)


def slice_lofts(figure: Sections, view: Array) -> Rows:
    """Cut lofts into rows about a pixel apart."""
    sections, owner = figure.table.astype(np.float32), figure.owner
    scale = float(np.sqrt((view[2] ** 2).sum()))
    turned = sections[:, :9].reshape(-1, 3) @ view.T.astype(np.float32)
    sections[:, :9] = turned.reshape(-1, 9)
    sections[:, 9:11] *= scale
    spans = np.flatnonzero(owner[1:] == owner[:-1])
    step = sections[spans + 1] - sections[spans]
    length = np.sqrt((step[:, :3] ** 2).sum(1) + (step[:, 9:11] ** 2).max(1))
    per_span = np.maximum(np.ceil(length / SPACING_PX).astype(int), 1)
    begin = np.repeat(np.cumsum(per_span) - per_span, per_span)
    of_span = np.repeat(np.arange(len(spans)), per_span)
    at = ((np.arange(len(begin)) - begin + 0.5) / per_span[of_span]).astype(np.float32)
    table = np.ascontiguousarray(_smooth(sections, owner, spans, of_span, at[:, None]).T)
    return _with_slopes(table, owner[spans][of_span], figure.finishes, scale)


def _smooth(sections: Float32, owner: Ints, spans: Ints, of_span: Ints, u: Float32) -> Float32:
    """Return Catmull-Rom interpolation at ``u`` (r, 1) of each span."""
    before, after = np.maximum(spans - 1, 0), np.minimum(spans + 2, len(sections) - 1)
    before = np.where(owner[before] == owner[spans], before, spans)
    after = np.where(owner[after] == owner[spans], after, spans + 1)
    a, b, c, d = (sections[each] for each in (before, spans, spans + 1, after))
    linear, square, cube = 0.5 * (c - a), a - 2.5 * b + 2.0 * c - 0.5 * d, 0.5 * (3.0 * (b - c) + d - a)
    out = cube[of_span] * u
    out += square[of_span]
    out *= u
    out += linear[of_span]
    out *= u
    out += b[of_span]
    low, high = np.minimum(b, c)[:, 9:11] * 0.97, np.maximum(b, c)[:, 9:11] * 1.03
    np.clip(out[:, 9:11], low[of_span], high[of_span], out=out[:, 9:11])
    return np.asarray(out)


def _with_slopes(table: Float32, owner: Ints, finishes: Sequence[Finish], scale: float) -> Rows:
    here = np.minimum(np.arange(len(owner)), len(owner) - 2)
    here = np.maximum(here - (owner[here] != owner[here + 1]), 0)  # a loft's last row takes the slope before it
    step = table[:, here + 1] - table[:, here]
    axis = _cross(table[3:6], table[6:9])
    axis /= np.sqrt((axis * axis).sum(0)) + np.float32(1e-9)
    run = (axis * step[:3]).sum(0)
    direction = np.sign(np.bincount(owner, run, len(finishes)))[owner].astype(np.float32)
    axis *= direction
    growth = clamp(step[9:11] / np.maximum(run * direction, 0.04), -12.0, 12.0)
    looks = np.array([(f.material, f.shape, f.folds, f.offset, f.cut_sign) for f in finishes])
    kind = looks.T[:, owner]
    place = kind[3].astype(np.int64) + (table[11] * 512.0).astype(np.int64)
    offset = (kind[2].astype(np.int64) * FOLD_ROWS + place % FOLD_ROWS) * FOLD_COLUMNS
    return Rows(table, kind[:3].astype(np.int64), offset, axis, growth, kind[4].astype(np.float32), scale)


def _cross(a: Float32, b: Float32) -> Float32:
    """Return the cross products of the columns of two (3, n) arrays."""
    return np.stack([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])


@cache
def _circle() -> _Circle:
    angle = np.arange(FOLD_COLUMNS) * (2.0 * np.pi / FOLD_COLUMNS)
    c, s = np.cos(angle), np.sin(angle)
    radius, slope_c, slope_s = [], [], []
    for exponent in _EXPONENTS:
        stretch = (np.abs(c) ** exponent + np.abs(s) ** exponent) ** (-1.0 / exponent)
        radius.append(stretch)
        slope_c.append(np.sign(c) * np.abs(c * stretch) ** (exponent - 1.0))
        slope_s.append(np.sign(s) * np.abs(s * stretch) ** (exponent - 1.0))
    arccos = np.arccos(np.linspace(-1.0, 1.0, _BINS + 1)) * (FOLD_COLUMNS / (2.0 * np.pi))
    joined = (np.concatenate(each) for each in (radius, slope_c, slope_s))
    return _Circle(*(each.astype(np.float32) for each in (c, s, *joined, arccos)))


def visible_surface(rows: Rows, shape_hw: tuple[int, int], origin_xy: tuple[float, float]) -> Surface:
    """Return the nearest point of every covered pixel.

    Args:
        rows: what to draw.
        shape_hw: the picture's size; all rows must lie inside.
        origin_xy: where body space's origin is in the picture, px.
    """
    points = _points(rows)
    row, count, angle = points.row, points.count, points.angle
    circle = _circle()
    table = rows.table.take(row, axis=1)

    def spread(values: npt.NDArray[_Number]) -> npt.NDArray[_Number]:
        return np.repeat(values, count)

    stretch = fold_maps()[0].take(spread(rows.offset[row]) + angle)
    stretch *= spread(table[12])
    stretch += 1.0
    stretch *= circle.radius.take(spread(rows.finish[1, row] * FOLD_COLUMNS) + angle)
    c, s = points.cosine * stretch, points.sine * stretch
    x, y, z = (spread(table[i]) + spread(table[3 + i]) * c + spread(table[6 + i]) * s for i in range(3))
    height, width = shape_hw
    pixel = clamp(y + np.float32(origin_xy[1]), 0, height - 1).astype(np.int64) * width
    pixel += clamp(x + np.float32(origin_xy[0]), 0, width - 1).astype(np.int64)
    if (table[13] < 1.5).any():
        pixel[points.sine * spread(rows.cut_sign[row]) > spread(table[13])] = height * width
    nearest = _nearest(pixel, z, height * width)
    covered = np.flatnonzero(nearest >= 0)
    winner = nearest[covered]
    return _surface(rows, shape_hw, covered, spread(row)[winner], angle[winner], z[winner])


@dataclass(frozen=True, slots=True)
class _Points:
    """The points of the rows that are seen: ``row`` and ``count`` for each row, the others for each point."""

    row: Ints
    count: Ints
    angle: Ints  # columns of the fold maps
    cosine: Float32
    sine: Float32


def _points(rows: Rows) -> _Points:
    """Spread points evenly over the picture: evenly along each row's longest offset, on the side that is seen."""
    table = rows.table
    slant = _half_axes(table[3], table[4], table[6], table[7])
    facing_c, facing_s = table[5] / np.maximum(table[9], 1e-3), table[8] / np.maximum(table[10], 1e-3)
    tilt = rows.axis[2] * rows.growth.mean(0)  # how far the whole ring faces away from the camera
    size = np.hypot(facing_c, facing_s)
    seen = np.flatnonzero(size > tilt)
    turn = np.where(facing_s * slant[0] > facing_c * slant[1], 1.0, -1.0).astype(np.float32)
    lying = -tilt[seen] > 0.12 * size[seen]  # rings seen from above: all of them shows, as on top of a head
    whole = seen[lying]
    row = np.concatenate([seen, whole])
    turn = np.concatenate([turn[seen], -turn[whole]])
    lying = np.concatenate([lying, lying[lying]])
    crowd = np.array(_CROWDED)[rows.finish[1, row]] * np.where(lying, 0.5 * np.pi, 1.0)
    count = np.ceil(2.0 * slant[2, row] * crowd / SPACING_PX).astype(np.int64) + 2
    nth = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    aside = nth.astype(np.float32) * np.repeat((2.0 / (count - 1.0)).astype(np.float32), count) - np.float32(1.0)
    # Next to one another rows fill the gaps at the rings' ends; where they do not, points keep even angles.
    ring = np.flatnonzero(np.repeat(lying, count))
    aside[ring] = np.sin(aside[ring] * np.float32(0.5 * np.pi))
    up = np.sqrt(np.maximum(1.0 - aside * aside, 0.0))
    rim_c, rim_s = slant[0, row], slant[1, row]
    cosine = np.repeat(rim_c, count) * aside - np.repeat(rim_s * turn, count) * up
    sine = np.repeat(rim_s, count) * aside + np.repeat(rim_c * turn, count) * up
    columns = FOLD_COLUMNS / (2.0 * np.pi)
    bins = ((aside + 1.0) * (_BINS / 2)).astype(np.int64)
    angle = np.repeat((np.arctan2(rim_s, rim_c) * columns + 0.5).astype(np.float32), count)
    angle += _circle().arccos.take(bins) * np.repeat(turn, count)
    return _Points(row, count, np.floor(angle).astype(np.int64) & (FOLD_COLUMNS - 1), cosine, sine)


def _half_axes(ax: Float32, ay: Float32, bx: Float32, by: Float32) -> Float32:
    """Return (3, r): cosine and sine weights of the ellipse's longest offset in the picture, and its length."""
    total, twist = ax * ax + ay * ay + bx * bx + by * by, 2.0 * (ax * bx + ay * by)
    skew = ax * ax + ay * ay - bx * bx - by * by
    half = 0.5 * np.arctan2(twist, skew)
    longest = np.sqrt(0.5 * (total + np.hypot(skew, twist)))
    return np.stack([np.cos(half), np.sin(half), longest])


def _nearest(pixel: Ints, depth: Float32, size: int) -> Ints:
    """Return for each of ``size`` pixels the point nearest to the camera, -1 for none; pixel ``size`` is waste."""
    level = ((depth - depth.min()) * (1e6 / max(float(np.ptp(depth)), 1.0))).astype(np.int64)
    best = np.full(size + 1, -1, np.int64)
    np.maximum.at(best, pixel, (level << 32) + np.arange(len(pixel)))
    return np.where(best[:size] < 0, -1, best[:size] & 0xFFFFFFFF)


def _surface(rows: Rows, shape_hw: tuple[int, int], pixel: Ints, row: Ints, angle: Ints, depth: Float32) -> Surface:
    circle = _circle()
    table = rows.table.take(row, axis=1)
    cosine, sine = circle.cosine[angle], circle.sine[angle]
    shaped = rows.finish[1, row] * FOLD_COLUMNS + angle
    heights, slope_along, slope_around = fold_maps()
    at = rows.offset[row] + angle
    width, thick = np.maximum(table[9], 1e-3), np.maximum(table[10], 1e-3)
    # The normal in the section's own axes: right, forward, along.
    right, ahead = circle.slope_c[shaped] / width, circle.slope_s[shaped] / thick
    size = 1.0 / np.maximum(np.hypot(right, ahead), 1e-6)
    right, ahead = right * size, ahead * size
    scale = np.float32(1.0 / rows.px_per_stature)
    bump = FOLD_GAIN * table[12]
    along = -(rows.growth[0, row] * cosine * right + rows.growth[1, row] * sine * ahead)
    along -= bump * slope_along[at] * (0.5 * (width + thick)) * (512.0 * scale)
    turn = bump * slope_around[at] * np.float32(FOLD_COLUMNS / (2.0 * np.pi))
    right, ahead = (right + sine * turn) / width, (ahead - cosine * turn) / thick
    normal = right * table[3:6] + ahead * table[6:9] + along * rows.axis.take(row, axis=1)
    normal[1] *= -1.0
    normal /= np.sqrt((normal * normal).sum(0)) + np.float32(1e-9)
    return Surface(
        shape_hw, pixel, rows.finish[0, row], table[11], cosine * width * scale, cosine, sine,
        heights[at] * table[12], normal, depth,
    )  # fmt: skip
