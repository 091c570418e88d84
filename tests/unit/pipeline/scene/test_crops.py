from dataclasses import replace

import cv2
import numpy as np
import pytest

from pipeline.errors import SceneError
from pipeline.scene.crops import random_crop
from pipeline.scene.outfit import Garment, Outfit, describe_outfit, outfit_attributes, random_outfit
from pipeline.scene.palette import Paint

HUES = {"Red": 0, "Green": 60, "Blue": 110}  # OpenCV's half degrees


def test_the_same_chance_draws_the_same_crop() -> None:
    """The state of the generator decides the crop and the outfit."""
    one, worn = random_crop(np.random.default_rng(5))
    other, again = random_crop(np.random.default_rng(5))
    assert np.array_equal(one, other)
    assert worn == again


@pytest.mark.parametrize("size_hw", [(128, 64), (256, 128), (90, 31)])
def test_a_crop_has_the_size_asked_for(size_hw: tuple[int, int]) -> None:
    """A crop is (h, w, 3) uint8 of the size asked for, and shows something."""
    crop, _ = random_crop(np.random.default_rng(1), size_hw)
    assert crop.shape == (*size_hw, 3)
    assert crop.dtype == np.uint8
    assert crop.std() > 5


def test_sizes_nobody_can_be_seen_at_are_refused() -> None:
    """A crop of a few pixels is an error that says what was asked."""
    with pytest.raises(SceneError, match="8"):
        random_crop(np.random.default_rng(1), (8, 4))


def test_colours_that_are_worn_are_seen() -> None:
    """Where a red, green or blue top is worn, its hue is found at chest height more often than any other's."""
    rng = np.random.default_rng(11)
    right = asked = 0
    for _ in range(120):
        crop, outfit = random_crop(rng, (128, 64))
        if outfit.upper.paint.colour not in HUES or outfit.upper.pattern != "plain" or outfit.upper.trim:
            continue
        chest = cv2.cvtColor(crop[30:56, 22:42], cv2.COLOR_BGR2HSV).reshape(-1, 3).astype(int)
        vivid = chest[chest[:, 1] > 70]
        if len(vivid) < 50:
            continue  # dusk, night, a bag before the chest
        hue = np.median(vivid[:, 0])
        nearest = min(HUES, key=lambda name: min(abs(hue - HUES[name]), 180 - abs(hue - HUES[name])))
        asked += 1
        right += nearest == outfit.upper.paint.colour
    assert asked >= 8
    assert right / asked >= 0.7


def test_a_description_names_what_is_worn() -> None:
    """The sentence about an outfit names the colours of the top, of what is worn below and of the shoes."""
    rng = np.random.default_rng(2)
    for _ in range(50):
        outfit = random_outfit(rng)
        sentence = describe_outfit(outfit)
        assert f"{outfit.upper.paint.shade} " in sentence
        assert f"{outfit.lower.shade} {outfit.lower_kind}" in sentence
        assert f"{outfit.shoes.shade} {outfit.shoe_kind}" in sentence


def test_attributes_follow_the_outfit() -> None:
    """A changed colour of the top changes the attributes in PETA's words, and nothing of the rest."""
    outfit = random_outfit(np.random.default_rng(3))
    red, blue = (_in_a_top_of(outfit, colour) for colour in ("Red", "Blue"))
    assert "upperBodyRed" in outfit_attributes(red)
    assert outfit_attributes(red) ^ outfit_attributes(blue) == {"upperBodyRed", "upperBodyBlue"}


def _in_a_top_of(outfit: Outfit, colour: str) -> Outfit:
    paint = Paint(colour=colour, shade=colour.lower(), bgr=(0, 0, 0))
    return replace(outfit, upper=Garment("t-shirt", paint))
