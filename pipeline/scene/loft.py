"""Surfaces stretched over elliptical sections.

Everything a walker is made of, from head to suitcase, is a loft: a row of sections, each with a centre, two
half axes, and a superellipse that makes it round or boxy. Lofts are cut into rows, rows into points less than a
pixel apart on the side the camera sees, and points compete for pixels by depth (raster.py). What is left is one
surface point per pixel, so colours and light are worked out once for each pixel and not for each point.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

ROUND, SOFT, BOX = 0, 1, 2
COLUMNS = 14  # centre 3, half axis to the right 3, ahead 3, half width, half depth, along, fold, cut
CLOSED = 2.0


@dataclass(frozen=True, slots=True)
class Finish:
    """How a loft looks apart from its form."""

    material: int
    shape: int = ROUND
    folds: int = 0  # index in texture.FOLDS
    cut_sign: float = 1.0  # points with cut_sign * sin(angle) above the section's cut are left away
    offset: int = 0  # where in the noise this loft begins


@dataclass(frozen=True, slots=True)
class Loft:
    """A surface over k sections; unit = the walker's stature.

    Sections lie in the plane of a frame's rows 0 (right) and 2 (forward). Without a frame the loft is a tube whose
    sections stand across its path.
    """

    finish: Finish
    centre: Array  # (k, 3) middle of each section
    frame: Array | None  # (3, 3) or (k, 3, 3)
    half_width: float | Array  # (k,) along right
    half_depth: float | Array  # (k,) along forward
    fold: float | Array = 0.0  # how deep folds go, as a share of the half axes
    cut: float | Array = CLOSED  # sections are open where the sine of the angle is above this


def tube(finish: Finish, path: Array, radius: float | Array, flat: float = 1.0) -> Loft:
    """Return a round loft along ``path`` (k, 3): straps, handles, necks; ``flat`` < 1 makes a ribbon."""
    return Loft(finish, path, None, radius, radius * flat)


@dataclass(frozen=True, slots=True)
class Sections:
    """The sections of many lofts."""

    table: Array  # (s, COLUMNS)
    owner: npt.NDArray[np.int64]  # (s,) which loft a section belongs to
    finishes: tuple[Finish, ...]  # of each loft


def join(lofts: Sequence[Loft]) -> Sections:
    """Return all sections of ``lofts``, those of tubes with frames."""
    counts = [len(one.centre) for one in lofts]
    owner = np.repeat(np.arange(len(lofts)), counts)
    table = np.empty((len(owner), COLUMNS))
    frames = np.empty((len(owner), 3, 3))
    end = 0
    for one, count in zip(lofts, counts, strict=True):
        begin, end = end, end + count
        table[begin:end, 0:3] = one.centre
        if one.frame is not None:
            frames[begin:end] = one.frame
        table[begin:end, 9] = one.half_width
        table[begin:end, 10] = one.half_depth
        table[begin:end, 12] = one.fold
        table[begin:end, 13] = one.cut
    _frame_tubes(table, frames, owner, np.array([one.frame is None for one in lofts]))
    table[:, 3:6] = frames[:, 0] * table[:, 9:10]
    table[:, 6:9] = frames[:, 2] * table[:, 10:11]
    steps = np.zeros(len(owner))
    steps[1:] = np.sqrt(((table[1:, :3] - table[:-1, :3]) ** 2).sum(1))
    steps = np.cumsum(steps)
    firsts = np.cumsum(counts) - counts
    table[:, 11] = steps - steps[firsts][owner]
    return Sections(table, owner, tuple(one.finish for one in lofts))


def _frame_tubes(table: Array, frames: Array, owner: npt.NDArray[np.int64], tubes: npt.NDArray[np.bool_]) -> None:
    """Set the frames of tubes: up along the path, right as level with the picture of a front view as can be."""
    at = np.flatnonzero(tubes[owner])
    if not len(at):
        return
    last = len(owner) - 1
    after, before = np.minimum(at + 1, last), np.maximum(at - 1, 0)
    after = np.where(owner[after] == owner[at], after, at)
    before = np.where(owner[before] == owner[at], before, at)
    x, y, z = (table[after, :3] - table[before, :3]).T
    size = 1.0 / (np.sqrt(x * x + y * y + z * z) + 1e-12)
    x, y, z = x * size, y * size, z * size
    flat = np.sqrt(x * x + y * y)
    upright = flat > 1e-3
    rx, ry = np.where(upright, y / np.maximum(flat, 1e-3), 1.0), np.where(upright, -x / np.maximum(flat, 1e-3), 0.0)
    frames[at, 0] = np.stack([rx, ry, np.zeros(len(at))], 1)
    frames[at, 1] = np.stack([x, y, z], 1)
    frames[at, 2] = np.stack([ry * z, -rx * z, rx * y - ry * x], 1)
