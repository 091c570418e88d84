from pathlib import Path

import cv2
import numpy as np
import pytest

from reid.embedder import Embedder
from reid.errors import DatasetError
from reid.rank import rank_folder


@pytest.fixture
def embedder(tiny_weights: Path) -> Embedder:
    """Return tiny weights on the CPU."""
    return Embedder(tiny_weights, "cpu")


def draw(folder: Path, name: str, seed: int) -> None:
    """Write a crop of noise."""
    cv2.imwrite(str(folder / name), np.random.default_rng(seed).integers(0, 256, (64, 32, 3), np.uint8))


def test_the_best_comes_first(embedder: Embedder, tmp_path: Path) -> None:
    """Every image of the folder is listed, in the order of the embedder's similarity; other files are not."""
    for number, name in enumerate(("a.png", "b.jpg", "c.PNG")):
        draw(tmp_path, name, number)
    (tmp_path / "notes.txt").write_text("no image")
    ranked = rank_folder(embedder, "a man in a red shirt", tmp_path)
    assert {path.name for _, path in ranked} == {"a.png", "b.jpg", "c.PNG"}
    similarities = [similarity for similarity, _ in ranked]
    assert similarities == sorted(similarities, reverse=True)
    best = cv2.imread(str(ranked[0][1]))
    expected = embedder.encode_image([best])[0] @ embedder.encode_text(["a man in a red shirt"])[0]
    assert similarities[0] == pytest.approx(expected, abs=1e-5)


def test_what_cannot_be_ranked_is_named(embedder: Embedder, tmp_path: Path) -> None:
    """A missing folder, an empty one and a damaged image are errors that name them."""
    with pytest.raises(DatasetError, match="nowhere is not a folder"):
        rank_folder(embedder, "a man", tmp_path / "nowhere")
    with pytest.raises(DatasetError, match="holds no image"):
        rank_folder(embedder, "a man", tmp_path)
    (tmp_path / "half.jpg").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(DatasetError, match="half.jpg is not a readable image"):
        rank_folder(embedder, "a man", tmp_path)
