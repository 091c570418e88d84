"""Tiles find small people once, wherever a tile ends."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from detectors.errors import DetectorSettingError
from detectors.open import open_detector
from detectors.tiling import TiledDetector

Image = npt.NDArray[np.uint8]


@pytest.fixture(scope="module")
def tiled(yolox_graph: Path) -> TiledDetector:
    """Return a detector of bright cells whose tiles have exactly its input's size."""
    return TiledDetector(open_detector(yolox_graph, "cpu", confidence=0.9, threads=1), (64, 64), 0.5)


def test_what_is_too_small_for_the_whole_frame_is_found_in_a_tile(
    tiled: TiledDetector, bright_frame: Callable[..., Image]
) -> None:
    """A square that fades away when the frame is shrunk is seen in tiles, once, at its place."""
    frame = bright_frame((256, 192), (112, 88))
    assert len(tiled.inner.detect([frame])[0]) == 0
    (found,) = tiled.detect([frame])
    np.testing.assert_allclose(found.xyxy, [[108, 76, 124, 108]], atol=1e-3)


def test_a_person_in_several_tiles_is_one(tiled: TiledDetector, bright_frame: Callable[..., Image]) -> None:
    """Each of a row of squares, wherever it falls among the tiles, is told of exactly once."""
    places = [(x, 88) for x in range(16, 240, 32)]
    (found,) = tiled.detect([bright_frame((256, 192), *places)])
    assert sorted(found.xyxy[:, 0].round().tolist()) == [x - 4 for x, _ in places]


def test_small_frames_are_left_whole(tiled: TiledDetector, bright_frame: Callable[..., Image]) -> None:
    """A frame no larger than a tile gives what the inner detector gives."""
    frame = bright_frame((64, 48), (16, 16))
    (one,), (other,) = tiled.detect([frame]), tiled.inner.detect([frame])
    assert one.xyxy.tolist() == other.xyxy.tolist()


def test_it_is_its_inner_detector_with_another_look(tiled: TiledDetector) -> None:
    """Name, provider and threshold are the inner detector's."""
    assert (tiled.name, tiled.provider, tiled.confidence) == ("tiny_yolox", "cpu", 0.9)
    assert tiled.at(0.3).confidence == 0.3
    assert tiled.detect([]) == []


@pytest.mark.parametrize(("tile_wh", "overlap"), [((32, 64), 0.2), ((64, 64), 1.0), ((64, 64), -0.1)])
def test_senseless_tiles_are_refused(tiled: TiledDetector, tile_wh: tuple[int, int], overlap: float) -> None:
    """Tiles below 64 px or overlaps out of range are named."""
    with pytest.raises(DetectorSettingError, match="at least 64x64 px"):
        TiledDetector(tiled.inner, tile_wh, overlap)
