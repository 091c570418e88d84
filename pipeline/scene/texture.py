"""Seamless noise: the folds of cloth, the strands of hair, and the grain of stone and grass."""

from functools import cache

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]

FOLD_ROWS, FOLD_COLUMNS = 256, 512  # along the garment (one row is 1/512 of the stature), and once around it
FOLDS = ("flat", "crumple", "drape", "bunch", "strands", "knit")


def noise(shape_hw: tuple[int, int], cycles_yx: tuple[float, float], rng: np.random.Generator) -> Float32:
    """Return seamless smooth noise.

    Args:
        shape_hw: rows and columns.
        cycles_yx: how many hills fit in the height and in the width, about.
        rng: where the chance comes from.

    Returns:
        (h, w) float32 with mean 0 and standard deviation 1.
    """
    height, width = shape_hw
    spectrum = np.fft.rfft2(rng.standard_normal(shape_hw))
    fy = np.fft.fftfreq(height) * height / cycles_yx[0]
    fx = np.fft.rfftfreq(width) * width / cycles_yx[1]
    field = np.fft.irfft2(spectrum * np.exp(-(fy[:, None] ** 2) - fx[None, :] ** 2), s=shape_hw)
    field -= field.mean()
    return np.asarray(field / max(float(field.std()), 1e-9), np.float32)


def fractal(shape_hw: tuple[int, int], cycles: float, octaves: int, rng: np.random.Generator) -> Float32:
    """Return seamless noise with detail at ``octaves`` scales, each half as high as the last; mean 0, spread 1."""
    total = np.zeros(shape_hw, np.float32)
    aspect = shape_hw[1] / shape_hw[0]
    for octave in range(octaves):
        finer = cycles * 2.0**octave
        total += noise(shape_hw, (finer, finer * aspect), rng) * np.float32(0.5**octave)
    return np.asarray(total / max(float(total.std()), 1e-9), np.float32)


@cache
def bank(octaves: int) -> Float32:
    """Return (512, 512) float32 fractal noise to cut from; its largest hills are some 40 px wide."""
    return fractal((512, 512), 12.0, octaves, np.random.default_rng([19, octaves]))


@cache
def fold_maps() -> tuple[Float32, Float32, Float32]:
    """Return how far cloth stands out, and its slope along and around.

    Returns:
        Three flat arrays (len(FOLDS) * FOLD_ROWS * FOLD_COLUMNS,) float32; the height is about -1..1, the
        slopes are per row and per column.
    """
    rng = np.random.default_rng(20)
    shape = (FOLD_ROWS, FOLD_COLUMNS)
    soft = noise(shape, (2.5, 3.5), rng)
    slant, counter = (_streaks(shape, (3.0, 13.0), angle, rng) for angle in (0.5, -0.6))
    crumple = soft + 0.55 * (slant + counter) + 0.2 * noise(shape, (14.0, 18.0), rng)
    drape = noise(shape, (1.6, 11.0), rng) + 0.35 * noise(shape, (5.0, 20.0), rng)
    rings = _streaks(shape, (3.0, 16.0), 0.25, rng) + _streaks(shape, (3.0, 16.0), -0.2, rng)
    bunch = 0.8 * noise(shape, (4.0, 3.0), rng) + 0.7 * rings + 0.2 * noise(shape, (9.0, 9.0), rng)
    strands = noise(shape, (3.0, 60.0), rng) + 0.6 * noise(shape, (2.0, 18.0), rng)
    knit = crumple + 0.12 * noise(shape, (90.0, 150.0), rng)
    maps = np.stack([np.zeros(shape, np.float32), *map(_levelled, (crumple, drape, bunch, strands, knit))])
    along = (np.roll(maps, -1, 1) - np.roll(maps, 1, 1)) * np.float32(0.5)
    around = (np.roll(maps, -1, 2) - np.roll(maps, 1, 2)) * np.float32(0.5)
    return maps.ravel(), along.ravel(), around.ravel()


@cache
def grain() -> Float32:
    """Return (256, 256) float32 noise with mean 0 and spread 1: uneven dye, wear and weave."""
    rng = np.random.default_rng(21)
    field = 0.8 * fractal((256, 256), 5.0, 3, rng) + 0.6 * noise((256, 256), (120.0, 120.0), rng)
    return np.asarray(field, np.float32)


def _streaks(shape_hw: tuple[int, int], cycles: tuple[float, float], angle: float, rng: np.random.Generator) -> Float32:
    """Return noise of creases: few cycles along them, many across; ``angle`` (rad) tips them from the horizontal."""
    height, width = shape_hw
    spectrum = np.fft.rfft2(rng.standard_normal(shape_hw))
    fy = (np.fft.fftfreq(height) * height)[:, None]
    fx = (np.fft.rfftfreq(width) * width)[None, :] * 0.8
    lengthwise = (fx * np.cos(angle) + fy * np.sin(angle)) / cycles[0]
    across = (fy * np.cos(angle) - fx * np.sin(angle)) / cycles[1]
    field = np.fft.irfft2(spectrum * np.exp(-(lengthwise**2) - across**2), s=shape_hw)
    return np.asarray(field / field.std(), np.float32)


def _levelled(field: Float32) -> Float32:
    field = field - field.mean()
    return np.asarray(np.clip(field / (2.0 * field.std()), -1.3, 1.3), np.float32)
