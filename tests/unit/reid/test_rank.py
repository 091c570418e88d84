from pathlib import Path

import cv2
import numpy as np
import pytest

from reid.embedder import Embedder
from reid.errors import CropError, DatasetError
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


def test_a_name_need_not_be_utf8(embedder: Embedder, tmp_path: Path) -> None:
    """A crop with a name in another encoding is ranked like any other, and a folder with an image's name is told."""
    draw(tmp_path, "a.png", 1)
    (tmp_path / "a.png").rename(tmp_path / "\udcfc.png")
    assert [path.name for _, path in rank_folder(embedder, "a man in a red shirt", tmp_path)] == ["\udcfc.png"]
    (tmp_path / "b.png").mkdir()
    with pytest.raises(DatasetError, match="b.png is not a readable image: Is a directory"):
        rank_folder(embedder, "a man in a red shirt", tmp_path)


def test_a_folder_may_be_larger_than_a_batch(embedder: Embedder, tmp_path: Path) -> None:
    """Every one of seventy images gets the similarity that it has alone."""
    for number in range(70):
        draw(tmp_path, f"{number}.png", number)
    ranked = {path.name: similarity for similarity, path in rank_folder(embedder, "a man in a red shirt", tmp_path)}
    text = embedder.encode_text(["a man in a red shirt"])[0]
    assert len(ranked) == 70
    for name in ("0.png", "63.png", "64.png", "69.png"):
        alone = embedder.encode_image([np.asarray(cv2.imread(str(tmp_path / name)), np.uint8)])[0]
        assert ranked[name] == pytest.approx(float(alone @ text), abs=1e-5)


def test_equals_are_listed_by_name(embedder: Embedder, tmp_path: Path) -> None:
    """Copies of one crop are equally alike and come in the order of their names."""
    for name in ("c.png", "a.png", "b.png"):
        draw(tmp_path, name, 1)
    assert [path.name for _, path in rank_folder(embedder, "a man", tmp_path)] == ["a.png", "b.png", "c.png"]


def test_a_tiny_image_is_named(embedder: Embedder, tmp_path: Path) -> None:
    """An image too small to embed is an error that names the file, not its number."""
    draw(tmp_path, "a.png", 1)
    cv2.imwrite(str(tmp_path / "dot.png"), np.zeros((3, 2, 3), np.uint8))
    with pytest.raises(CropError, match=r"dot\.png is 3x2 px .*8x4"):
        rank_folder(embedder, "a man", tmp_path)


def test_grey_pictures_are_ranked_too(embedder: Embedder, tmp_path: Path) -> None:
    """A picture stored with one channel, or with transparency, is read as BGR."""
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((64, 32), 90, np.uint8))
    cv2.imwrite(str(tmp_path / "clear.png"), np.full((64, 32, 4), 90, np.uint8))
    assert len(rank_folder(embedder, "a man", tmp_path)) == 2
