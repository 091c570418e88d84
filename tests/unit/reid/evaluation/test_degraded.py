from pathlib import Path

import cv2
import numpy as np
import pytest

from reid.datasets.sample import ImageRef, Sample
from reid.embedder import Embedder
from reid.errors import ReidError
from reid.evaluation.degraded import colour_questions, evaluate_degraded, to_grey, to_night


def test_grey_has_no_colour_left() -> None:
    """A grey crop has three equal channels and the size it had."""
    crop = np.random.default_rng(0).integers(0, 256, (40, 20, 3), np.uint8)
    grey = to_grey(crop)
    assert grey.shape == crop.shape
    assert (grey == grey[:, :, :1]).all()


def test_night_is_dark() -> None:
    """What was white is as dark as a twelfth of it at night."""
    assert to_night(np.full((4, 4, 3), 255, np.uint8)).max() == 20


def test_only_colours_that_grey_lacks_are_asked() -> None:
    """Black, white and grey clothes can be seen without colour, so nothing is asked of them."""
    names = {question.attributes[0] for question in colour_questions()}
    assert {"upperBodyRed", "lowerBodyBlue"} <= names
    assert not {name for name in names if name.endswith(("Black", "White", "Grey"))}


def draw(folder: Path, colour: str, count: int) -> list[Sample]:
    """Write noisy crops of people in one colour."""
    bgr = {"Red": (40, 40, 200), "Blue": (200, 80, 40)}[colour]
    samples = []
    for number in range(count):
        noise = np.random.default_rng(number).normal(0, 20, (64, 32, 3))
        path = folder / f"{colour}{number}.png"
        cv2.imwrite(str(path), (np.array(bgr) + noise).clip(0, 255).astype(np.uint8))
        worn = frozenset({f"upperBody{colour}"})
        samples.append(Sample(path.name, ImageRef(path), f"{colour}{number}", "test", "drawn", attributes=worn))
    return samples


def test_every_way_of_showing_is_counted(tiny_weights: Path, tmp_path: Path) -> None:
    """Each way of showing the crops gets a share between 0 and 100 percent, over the colours that are worn."""
    samples = draw(tmp_path, "Red", 6) + draw(tmp_path, "Blue", 6)
    found = evaluate_degraded(Embedder(tiny_weights, "cpu"), samples)
    assert found.questions == 2
    assert found.crops == 12
    assert set(found.passes) == {"as it is", "grey", "night"}
    assert all(0 <= share <= 100 for share in found.passes.values())


def test_without_colours_there_is_nothing_to_ask(tiny_weights: Path, tmp_path: Path) -> None:
    """Too few crops of any colour are an error that says how many there were."""
    with pytest.raises(ReidError, match="3 crops"):
        evaluate_degraded(Embedder(tiny_weights, "cpu"), draw(tmp_path, "Red", 3))
