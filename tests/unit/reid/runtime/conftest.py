"""An embedder on the tiny weights."""

from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import numpy as np
import numpy.typing as npt
import pytest

from reid.embedder import Embedder

Crop = npt.NDArray[np.uint8]


@pytest.fixture(scope="session")
def embedder(tiny_weights: Path) -> Embedder:
    """Return the tiny network's runtime on the CPU."""
    return Embedder(tiny_weights, "cpu", threads=1)


@pytest.fixture
def weights_copy(tiny_weights: Path, tmp_path: Path) -> Path:
    """Return a copy of the tiny weights that may be damaged."""
    return copytree(tiny_weights, tmp_path / "copy")


@pytest.fixture(scope="session")
def draw_crops() -> Callable[[int], list[Crop]]:
    """Return a function that draws so many crops of all sizes, each of a few random colours."""

    def draw(count: int) -> list[Crop]:
        rng = np.random.default_rng(count)
        sizes = rng.integers((8, 4), (300, 150), (count, 2))
        return [_crop(rng, height, width) for height, width in sizes]

    return draw


def _crop(rng: np.random.Generator, height: int, width: int) -> Crop:
    stripes = rng.integers(0, 256, (5, 3))[np.arange(height) * 5 // height]  # (h, 3)
    noise = rng.normal(0, 12, (height, width, 3))
    return np.asarray((stripes[:, None] + noise).clip(0, 255), np.uint8)
