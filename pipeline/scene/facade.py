"""Walls that stand across the picture: albedo and own light over (x, y) in metres on the wall."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.scene.texture import bank

Float32 = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Wall:
    """The piece of wall that a picture shows, and whether lamps burn behind its windows."""

    x: Float32  # (n,) metres
    y: Float32
    dark: bool
    rng: np.random.Generator


@dataclass(frozen=True, slots=True)
class Cladding:
    """What a wall looks like: (n, 3) linear BGR, what it throws back and what it sends out."""

    albedo: Float32
    glow: Float32


def _grain(wall: Wall, per_metre: float) -> Float32:
    field = bank(4)
    side = len(field)
    shift = wall.rng.integers(0, side, 2)
    finer = np.float32(per_metre * 40.0)
    rows = (wall.y * finer).astype(np.int32) + shift[0]
    columns = (wall.x * finer + np.float32(8 * side)).astype(np.int32) + shift[1]
    return np.asarray(field[rows & (side - 1), columns & (side - 1)])


def house_front(wall: Wall) -> Cladding:
    """Return a house or a row of houses with windows and doors, and shop windows on the ground floor."""
    albedo = _masonry(wall)
    glow = np.zeros_like(albedo)
    bay, storey = float(wall.rng.uniform(2.4, 3.6)), float(wall.rng.uniform(3.0, 3.6))
    shop = bool(wall.rng.random() < 0.55)
    column, level = np.floor(wall.x / bay), np.floor(wall.y / storey)
    _windows(wall, albedo, glow, (bay, storey), level >= 1.0, (0.52, 0.58, 0.32))
    ground = level == 0.0
    if shop:
        _windows(wall, albedo, glow, (bay, storey), ground, (0.86, 0.66, 0.10))
        _sign(wall, albedo, (storey * 0.80, storey * 0.95), column)
    else:
        _windows(wall, albedo, glow, (bay, storey), ground & (np.mod(column, 3.0) != 1.0), (0.48, 0.46, 0.34))
    _doors(wall, albedo, bay, np.mod(column, 3.0) == 1.0)
    albedo[wall.y < 0.45] *= 0.72  # the plinth, and dirt splashed up to it
    albedo[np.abs(wall.y - 0.45) < 0.03] *= 0.8
    return Cladding(albedo, glow)


def _masonry(wall: Wall) -> Float32:
    base = np.array(_MASONRY[int(wall.rng.integers(len(_MASONRY)))], np.float32) * float(wall.rng.uniform(0.8, 1.15))
    shade = 1.0 + 0.06 * _grain(wall, 1.0) + 0.08 * _grain(wall, 0.1)
    if wall.rng.random() < 0.5:  # bricks
        row = np.floor(wall.y / 0.085)
        along = wall.x / 0.25 + 0.5 * np.mod(row, 2.0)
        table = wall.rng.standard_normal((64, 64)).astype(np.float32)
        shade += 0.12 * table[row.astype(np.int64) & 63, np.floor(along).astype(np.int64) & 63]
        mortar = (np.mod(wall.y / 0.085, 1.0) < 0.14) | (np.mod(along, 1.0) < 0.06)
        shade += 0.18 * mortar
    return np.asarray(np.clip(shade, 0.3, 1.6)[:, None] * base, np.float32)


_MASONRY = (
    (0.12, 0.16, 0.30), (0.30, 0.38, 0.44), (0.42, 0.45, 0.47), (0.20, 0.30, 0.40), (0.26, 0.27, 0.28),
    (0.16, 0.22, 0.27), (0.40, 0.48, 0.55),
)  # fmt: skip


def _windows(
    wall: Wall, albedo: Float32, glow: Float32, cell: tuple[float, float], where: npt.NDArray[np.bool_],
    form: tuple[float, float, float],
) -> None:  # fmt: skip
    """Put a window in each cell: ``form`` is its share of the width and height, and its height above the floor."""
    column, level = np.floor(wall.x / cell[0]), np.floor(wall.y / cell[1])
    in_x = (wall.x / cell[0] - column - 0.5) / (form[0] / 2.0)
    in_y = ((wall.y / cell[1] - level) - form[2]) / form[1]
    frame = where & (np.abs(in_x) < 1.0) & (in_y > 0.0) & (in_y < 1.0)
    pane = frame & (np.abs(in_x) < 0.93) & (in_y > 0.04) & (in_y < 0.95) & (np.abs(in_x) > 0.04)
    albedo[frame] = np.array(_FRAMES[int(wall.rng.integers(len(_FRAMES)))], np.float32)
    table = wall.rng.random((64, 64)).astype(np.float32)
    own = table[level.astype(np.int64) & 63, column.astype(np.int64) & 63]
    sky = np.clip(0.02 + 0.10 * own + 0.10 * in_y * own + 0.03 * _grain(wall, 0.4), 0.01, 0.4)
    albedo[pane] = (sky[:, None] * np.array((1.15, 1.05, 0.95), np.float32))[pane]
    curtain = pane & (own > 0.55) & (np.abs(in_x) > 0.5)
    albedo[curtain] = albedo[curtain] * 0.4 + 0.18
    if wall.dark:
        lit = pane & (own > 0.55)
        warmth = (0.25 + 0.5 * own)[:, None] * np.array((0.28, 0.55, 0.75), np.float32)
        glow[lit] += warmth[lit] * (0.5 + 0.3 * in_y[lit])[:, None]
    sill = where & (np.abs(in_x) < 1.08) & (in_y > -0.07) & (in_y < 0.0)
    albedo[sill] = albedo[sill] * 0.5 + 0.16


_FRAMES = ((0.55, 0.56, 0.56), (0.05, 0.06, 0.07), (0.10, 0.13, 0.18), (0.09, 0.14, 0.07))


def _doors(wall: Wall, albedo: Float32, bay: float, where: npt.NDArray[np.bool_]) -> None:
    aside = np.abs(np.mod(wall.x / bay, 1.0) - 0.5) * bay
    colour = np.array(_DOORS[int(wall.rng.integers(len(_DOORS)))], np.float32)
    albedo[where & (aside < 0.62) & (wall.y < 2.35)] *= 0.5
    door = where & (aside < 0.52) & (wall.y < 2.25)
    albedo[door] = colour * (1.0 + 0.1 * _grain(wall, 0.7)[door])[:, None]
    panel = door & (np.abs(aside - 0.27) < 0.17) & (np.abs(np.mod(wall.y, 0.75) - 0.4) < 0.26)
    albedo[panel] *= 0.72


_DOORS = ((0.10, 0.06, 0.03), (0.04, 0.05, 0.16), (0.05, 0.09, 0.04), (0.07, 0.11, 0.19), (0.20, 0.21, 0.21))


def _sign(wall: Wall, albedo: Float32, span: tuple[float, float], column: Float32) -> None:
    """Put shop signs with something like letters above the ground floor."""
    band = (wall.y > span[0]) & (wall.y < span[1])
    table = (0.05 + 0.6 * wall.rng.random((64, 3)) ** 2).astype(np.float32)
    colour = table[(np.floor(column / 2.0)).astype(np.int64) & 63]
    albedo[band] = colour[band]
    inner = (wall.y > span[0] + 0.12) & (wall.y < span[1] - 0.12)
    glyph = wall.rng.random((8, 256)) < 0.55
    rows = ((wall.y - span[0]) / 0.06).astype(np.int64) & 7
    letters = glyph[rows, np.floor(wall.x / 0.07).astype(np.int64) & 255] & (np.mod(wall.x, 0.35) < 0.25)
    marks = band & inner & letters & (np.mod(column, 2.0) == 0.0)
    albedo[marks] = np.where(colour[marks].mean(1, keepdims=True) > 0.25, 0.03, 0.7)


def garden_wall(wall: Wall) -> Cladding:
    """Return a low wall with a hedge or fence above it."""
    albedo = np.full((len(wall.x), 3), 0.3, np.float32) * np.clip(1.0 + 0.1 * _grain(wall, 0.8), 0.5, 1.5)[:, None]
    stone = (np.mod(wall.x / 0.6 + 0.5 * np.mod(np.floor(wall.y / 0.3), 2.0), 1.0) < 0.03) | (
        np.mod(wall.y, 0.3) < 0.012
    )
    albedo[stone] *= 0.6
    leaves = np.clip(1.0 + 0.45 * _grain(wall, 1.2) + 0.25 * _grain(wall, 0.25), 0.2, 2.2)
    hedge = wall.y > 0.75 + 0.06 * _grain(wall, 0.5)
    albedo[hedge] = leaves[hedge, None] * np.array((0.025, 0.075, 0.045), np.float32)
    return Cladding(albedo, np.zeros_like(albedo))


def hall_wall(wall: Wall) -> Cladding:
    """Return the far side of a station hall: panels, posters, doors, boards and a row of lamps."""
    tone = np.array(_PANELS[int(wall.rng.integers(len(_PANELS)))], np.float32)
    albedo = np.clip(1.0 + 0.03 * _grain(wall, 0.3), 0.8, 1.2)[:, None] * tone
    albedo[(np.mod(wall.x, 1.5) < 0.02) | (np.mod(wall.y, 1.2) < 0.018)] *= 0.7
    glow = np.zeros_like(albedo)
    column = np.floor(wall.x / 3.2)
    aside = np.mod(wall.x, 3.2) - 1.6
    table = wall.rng.random((64, 4)).astype(np.float32)
    own = table[column.astype(np.int64) & 63]
    poster = (own[:, 3] < 0.5) & (np.abs(aside) < 0.8) & (np.abs(wall.y - 1.75) < 0.75)
    art = own[:, :3] ** 1.6 * 0.75 + 0.05 + 0.12 * (_grain(wall, 0.35) > 0.3)[:, None]
    albedo[poster] = art[poster]
    way = (own[:, 3] > 0.7) & (np.abs(aside) < 1.1) & (wall.y < 2.4)
    albedo[way] = np.array((0.10, 0.10, 0.09), np.float32) * (1.0 + 0.3 * _grain(wall, 0.3)[way])[:, None]
    albedo[way & ((np.abs(aside) < 0.03) | (np.abs(np.abs(aside) - 1.05) < 0.05))] = 0.35
    board = (np.abs(wall.y - 3.35) < 0.32) & (np.mod(column, 2.0) == 0.0) & (np.abs(aside) < 1.3)
    albedo[board] = np.array((0.05, 0.03, 0.02), np.float32)
    text = board & (np.mod(wall.y, 0.16) < 0.08) & (wall.rng.random(len(wall.x)) < 0.5)
    glow[text] += np.array((0.15, 0.55, 0.65), np.float32)
    lamps = (np.abs(wall.y - 4.6) < 0.1) & (np.mod(wall.x, 2.4) < 1.4)
    glow[lamps] += 1.3
    return Cladding(albedo, glow)


_PANELS = ((0.48, 0.52, 0.54), (0.34, 0.40, 0.44), (0.42, 0.41, 0.38), (0.24, 0.34, 0.42))
