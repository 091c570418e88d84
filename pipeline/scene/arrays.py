"""Small things done to many numbers."""

from functools import cache

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]

_LEVELS = 16383


def clamp(values: npt.NDArray[np.floating], low: float, high: float) -> npt.NDArray[np.floating]:
    """Return ``values`` within low..high; on short arrays several times as fast as np.clip."""
    return np.asarray(np.minimum(np.maximum(values, low), high))


def bound(value: float, low: float, high: float) -> float:
    """Return one ``value`` within low..high."""
    return min(max(float(value), low), high)


def encode(light: Float32) -> npt.NDArray[np.uint8]:
    """Return linear light (1 is white) as gamma-encoded 0..255."""
    return _gamma().take((clamp(light, 0.0, 1.0) * _LEVELS).astype(np.intp))


@cache
def _gamma() -> npt.NDArray[np.uint8]:
    return np.asarray((np.arange(_LEVELS + 1) / _LEVELS) ** (1.0 / 2.2) * 255.0 + 0.5, np.uint8)
