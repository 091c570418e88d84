import cv2
import numpy as np
import pytest
import torch

from reid.training.augment import Augmentation, augment
from reid.training.recolour import dye

HUES = {"red": (200, 30, 30), "green": (40, 150, 40), "blue": (30, 70, 190), "yellow": (230, 210, 40)}


def flat(colour: tuple[int, int, int], count: int = 16) -> torch.Tensor:
    """Return crops of one colour, (count, 3, 64, 32) float32 RGB."""
    return (torch.tensor(colour).float() / 255).reshape(1, 3, 1, 1).expand(count, 3, 64, 32).contiguous()


@pytest.mark.parametrize("name", HUES)
def test_colours_keep_their_names(name: str) -> None:
    """However a crop is changed, its hue stays within 15 degrees of what it was."""
    images = flat(HUES[name])
    out = augment(images, torch.ones(16, dtype=torch.bool), (64, 32), Augmentation(erase=0, noise=0),
                  torch.Generator().manual_seed(1))  # fmt: skip
    before = cv2.cvtColor(np.float32([[images[0, :, 0, 0].numpy()]]), cv2.COLOR_RGB2HSV)[0, 0, 0]
    after = cv2.cvtColor(out.mean(dim=(2, 3)).numpy()[None], cv2.COLOR_RGB2HSV)[0, :, 0]
    distance = np.abs((after - before + 180) % 360 - 180)
    assert distance.max() < 15


def test_a_crop_whose_sentence_names_a_side_is_not_mirrored() -> None:
    """Where flip is False, what is on the left stays on the left."""
    images = torch.zeros(64, 3, 64, 32)
    images[:, :, :, :16] = 1.0
    still = Augmentation(zoom=0, shift=0, rotate_deg=0, gamma=0, contrast=0, blur=0, noise=0, erase=0)
    rng = torch.Generator().manual_seed(2)
    kept = augment(images, torch.zeros(64, dtype=torch.bool), (64, 32), still, rng)
    free = augment(images, torch.ones(64, dtype=torch.bool), (64, 32), still, rng)
    assert (kept[:, :, :, :8].mean(dim=(1, 2, 3)) > kept[:, :, :, 24:].mean(dim=(1, 2, 3))).all()
    mirrored = free[:, :, :, :8].mean(dim=(1, 2, 3)) < free[:, :, :, 24:].mean(dim=(1, 2, 3))
    assert 0 < mirrored.sum() < 64


def test_augmentation_is_reproducible_and_in_range() -> None:
    """The same generator gives the same crops, of the size asked for, within 0..1."""
    images = torch.rand(4, 3, 176, 72, generator=torch.Generator().manual_seed(0))
    flip = torch.ones(4, dtype=torch.bool)
    first, second = (
        augment(images, flip, (128, 64), Augmentation(), torch.Generator().manual_seed(9)) for _ in range(2)
    )
    assert torch.equal(first, second)
    assert first.shape == (4, 3, 128, 64)
    assert first.min() >= 0
    assert first.max() <= 1


def person(top: tuple[int, int, int]) -> np.ndarray:
    """Return a (176, 72, 3) RGB crop of somebody in a plain top and black trousers before a green lawn."""
    image = np.full((176, 72, 3), (70, 110, 60), np.uint8)
    image[28:88, 20:52] = top
    image[88:165, 24:48] = (25, 25, 28)
    return image


def test_a_white_top_becomes_what_the_label_says() -> None:
    """A dyed top has the hue of its new label, its old label is gone, and the legs are as they were."""
    from random import Random

    seen = set()
    for seed in range(40):
        dyed = dye(person((225, 225, 225)), {"upperBodyWhite", "lowerBodyBlack"}, Random(seed))
        if dyed is None:
            continue
        assert dyed.was == "upperBodyWhite"
        red, green, blue = dyed.image[40:70, 28:44].reshape(-1, 3).mean(0)
        expected = {"upperBodyRed": red > max(green, blue), "upperBodyGreen": green > max(red, blue),
                    "upperBodyBlue": blue > max(red, green), "upperBodyYellow": min(red, green) > blue}  # fmt: skip
        assert expected.get(dyed.now, True)
        assert np.abs(dyed.image[110:150, 30:42].astype(int) - 25).max() < 12
        seen.add(dyed.now)
    assert len(seen) >= 5


@pytest.mark.parametrize(
    "attributes", [{"upperBodyBlack", "lowerBodyBlack"}, {"upperBodyWhite", "upperBodyPlaid", "lowerBodyBlack"}]
)
def test_what_cannot_be_dyed_is_left_alone(attributes: set[str]) -> None:
    """Black and patterned garments are never dyed."""
    from random import Random

    assert all(dye(person((25, 25, 25)), attributes, Random(seed)) is None for seed in range(20))
