"""What the ground is made of: paving, asphalt, grass, hall floors. Albedo over (x, z) in metres."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.scene.texture import bank

Float32 = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Plot:
    """The piece of ground that a picture shows."""

    x: Float32  # (h, w) metres
    z: Float32
    footprint: Float32  # (h, w) metres that a pixel covers in depth: detail finer than this is left out
    rng: np.random.Generator


Paver = Callable[[Plot], Float32]  # -> (h, w, 3) linear BGR albedo


def speckle(plot: Plot, per_metre: float, octaves: int = 3) -> Float32:
    """Return (h, w) noise with mean 0 and spread about 1 that sticks to the ground."""
    field = bank(octaves)
    side = len(field)
    shift = plot.rng.integers(0, side, 2)
    finer = np.float32(per_metre * 40.0)
    rows = (plot.z * finer).astype(np.int32) + shift[0]
    columns = (plot.x * finer + np.float32(8 * side)).astype(np.int32) + shift[1]
    return np.asarray(field[rows & (side - 1), columns & (side - 1)])


def _tone(plot: Plot, bgr: tuple[float, float, float], *layers: Float32) -> Float32:
    """Return (h, w, 3) of one colour, made lighter and darker by ``layers``."""
    shade = np.ones_like(plot.x)
    for layer in layers:
        shade += layer
    return np.asarray(np.clip(shade, 0.15, 2.0)[..., None] * np.array(bgr, np.float32), np.float32)


def _joints(plot: Plot, size_xz: tuple[float, float], width: float, *, offset_rows: bool) -> tuple[Float32, Float32]:
    """Return how much of each pixel is joint (0..1), and a number per tile (spread about 1)."""
    row = np.floor(plot.z / size_xz[1])
    shift = (row % 2.0) * 0.5 if offset_rows else np.zeros_like(row)
    column = plot.x / size_xz[0] + shift
    in_x = np.abs(np.mod(column, 1.0) - 0.5) * size_xz[0]
    in_z = np.abs(np.mod(plot.z / size_xz[1], 1.0) - 0.5) * size_xz[1]
    edge_x = np.clip((in_x - size_xz[0] / 2.0 + width) / np.maximum(plot.footprint * 0.3, 0.004), 0.0, 1.0)
    edge_z = np.clip((in_z - size_xz[1] / 2.0 + width) / np.maximum(plot.footprint, 0.004), 0.0, 1.0)
    fade = np.clip(size_xz[1] / np.maximum(plot.footprint * 2.0, 1e-3), 0.0, 1.0)
    table = plot.rng.standard_normal((64, 64)).astype(np.float32)
    per_tile = table[row.astype(np.int64) & 63, np.floor(column).astype(np.int64) & 63]
    return np.asarray(np.maximum(edge_x, edge_z) * fade, np.float32), per_tile


def slabs(plot: Plot) -> Float32:
    """Pavement of concrete slabs, stained and unevenly laid."""
    size = float(plot.rng.choice([0.4, 0.5, 0.6, 0.9]))
    joint, tile = _joints(
        plot, (size * float(plot.rng.choice([1.0, 1.5])), size), 0.012, offset_rows=bool(plot.rng.random() < 0.6)
    )
    warm = plot.rng.uniform(-0.02, 0.03)
    base = (0.27 - warm, 0.28, 0.29 + warm)
    stains = np.minimum(speckle(plot, 0.10), np.float32(0.6)) * np.float32(0.12)
    return _tone(plot, base, 0.07 * tile, 0.07 * speckle(plot, 1.6), stains, -0.42 * joint)


def setts(plot: Plot) -> Float32:
    """Small paving stones in reddish or grey tones."""
    joint, tile = _joints(plot, (0.20, 0.10), 0.008, offset_rows=True)
    base = ((0.15, 0.17, 0.24), (0.19, 0.20, 0.21), (0.20, 0.24, 0.28))[int(plot.rng.integers(3))]
    return _tone(plot, base, 0.13 * tile, 0.08 * speckle(plot, 1.2), 0.10 * speckle(plot, 0.08), -0.35 * joint)


def asphalt(plot: Plot) -> Float32:
    """Asphalt with patches and cracks."""
    patch = (speckle(plot, 0.05, 1) > 0.9) * -0.12
    crack = (np.abs(speckle(plot, 0.16)) < 0.025) * -0.16 * np.clip(0.03 / plot.footprint, 0.0, 1.0)
    grain = 0.09 * speckle(plot, 4.0, 1) * np.clip(0.06 / plot.footprint, 0.2, 1.0)
    level = float(plot.rng.uniform(0.10, 0.17))
    return _tone(plot, (level, level * 1.0, level * 0.98), grain, 0.08 * speckle(plot, 0.1), patch, crack)


def grass(plot: Plot) -> Float32:
    """A lawn with worn and darker spots."""
    blades = 0.22 * speckle(plot, 5.0, 2) * np.clip(0.10 / plot.footprint, 0.3, 1.0)
    out = _tone(plot, (0.035, 0.125, 0.075), blades, 0.16 * speckle(plot, 0.25), 0.08 * speckle(plot, 0.05))
    dry = np.clip(speckle(plot, 0.09) - 0.7, 0.0, 1.0)[..., None] * 0.7
    return np.asarray(out * (1.0 - dry) + dry * np.array((0.10, 0.19, 0.22), np.float32), np.float32)


def gravel(plot: Plot) -> Float32:
    """A sandy path."""
    return _tone(plot, (0.23, 0.31, 0.36), 0.12 * speckle(plot, 3.5, 2), 0.09 * speckle(plot, 0.12))


def terrazzo(plot: Plot) -> Float32:
    """Polished floor tiles of a hall, some of them darker in a regular pattern."""
    size = float(plot.rng.choice([0.6, 0.9, 1.2]))
    joint, tile = _joints(plot, (size, size), 0.006, offset_rows=False)
    base = ((0.36, 0.40, 0.43), (0.30, 0.31, 0.32), (0.26, 0.32, 0.37))[int(plot.rng.integers(3))]
    bands = (np.mod(np.floor(plot.x / size), 5.0) == 0) | (np.mod(np.floor(plot.z / size), 6.0) == 0)
    return _tone(plot, base, 0.025 * tile, 0.03 * speckle(plot, 3.0, 1), -0.3 * joint, -0.35 * bands)


def lines_along(plot: Plot, middle: float, width: float, period: float, share: float) -> Float32:
    """Return how much road paint lies on each pixel: a line along x at z = ``middle``, dashed where share < 1."""
    soft = np.maximum(plot.footprint, 0.02)
    line = np.clip((width / 2.0 - np.abs(plot.z - middle)) / soft + 0.5, 0.0, 1.0)
    dashes = np.mod(plot.x / period, 1.0) < share
    worn = np.clip(1.15 + 0.35 * speckle(plot, 1.5, 2), 0.0, 1.0)
    return np.asarray(line * dashes * worn, np.float32)


def zebra(plot: Plot, near: float, far: float, middle: float, half: float) -> Float32:
    """Return how much paint of a zebra crossing, which leads away from the camera, lies on each pixel."""
    inside = (plot.z > near) & (plot.z < far) & (np.abs(plot.x - middle) < half)
    bars = np.mod(plot.z / 1.0, 1.0) < 0.5
    worn = np.clip(1.1 + 0.35 * speckle(plot, 1.5, 2), 0.0, 1.0)
    return np.asarray(inside * bars * worn, np.float32)
