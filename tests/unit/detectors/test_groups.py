"""Groups are made of the people of labelled photos, and their boxes fit."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from detectors.errors import DetectorDatasetError
from detectors.groups import draw_groups
from detectors.labels import LabelledImage, read_folder, read_image, without_small


def photo(path: Path, height: int = 240) -> LabelledImage:
    """Return a dark photo with one bright, upright person."""
    image = np.full((300, 200, 3), 20, np.uint8)
    image[40 : 40 + height, 60:140] = 230
    cv2.imwrite(str(path), image)
    nobody = np.zeros((0, 4), np.float32)
    return LabelledImage(path, np.array([[60, 40, 140, 40 + height]], np.float32), nobody)


def test_every_box_holds_a_person(tmp_path: Path) -> None:
    """Two to four people stand in each picture, every box is bright inside, and it lies within the picture."""
    found = draw_groups([photo(tmp_path / "one.png")], tmp_path / "groups", 12, 3)
    images = read_folder(tmp_path / "groups")
    assert len(images) == 12
    assert found == sum(len(image.xyxy) for image in images)
    assert all(1 <= len(image.xyxy) <= 4 for image in images)
    for image in images:
        pixels = read_image(image.path)
        for left, top, right, bottom in image.xyxy.round().astype(int):
            assert 0 <= left < right <= 500
            assert 0 <= top < bottom <= 400
            assert pixels[top + 4 : bottom - 4, left + 12 : right - 12].mean() > 180


def test_the_same_seed_gives_the_same_groups(tmp_path: Path) -> None:
    """Whoever draws them again measures on the same boxes."""
    photos = [photo(tmp_path / "one.png"), photo(tmp_path / "two.png", 220)]
    for name in ("first", "second"):
        draw_groups(photos, tmp_path / name, 5, 11)
    assert (tmp_path / "first" / "boxes.json").read_bytes() == (tmp_path / "second" / "boxes.json").read_bytes()


def test_photos_of_small_people_are_refused(tmp_path: Path) -> None:
    """Without anybody tall enough there is nothing to put together, and the error says so."""
    with pytest.raises(DetectorDatasetError, match="none of 1 photos has a person taller than 200 px"):
        draw_groups([photo(tmp_path / "one.png", 120)], tmp_path / "groups", 2, 1)


def test_small_people_are_neither_people_nor_background(tmp_path: Path) -> None:
    """Below a height a person moves to the boxes that nobody knows of; at that height one still counts."""
    image = photo(tmp_path / "one.png", 120)
    assert without_small(image, 120.0).xyxy.shape == (1, 4)
    small = without_small(image, 121.0)
    assert (small.xyxy.shape, small.ignore_xyxy.shape) == ((0, 4), (1, 4))


@pytest.mark.parametrize("left_px", [-90.0, 500.0], ids=["left of it", "right of it"])
def test_a_person_beside_the_photo_is_named(tmp_path: Path, left_px: float) -> None:
    """A box that its photo does not hold is an error that says where, whatever side it lies on."""
    outside = replace(photo(tmp_path / "one.png"), xyxy=np.array([[left_px, 10, left_px + 80, 250]], np.float32))
    with pytest.raises(DetectorDatasetError, match=r"one\.png: next to nothing of its tallest box"):
        draw_groups([outside], tmp_path / "groups", 20, 1)
