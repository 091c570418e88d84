"""What counts when two people are compared by their attributes."""

import numpy as np
import pytest

from reid.text.attributes import attribute_weight, exclusive_groups, is_colour


@pytest.mark.parametrize("name", ["upperBodyRed", "lowerBodyGrey", "footwearWhite", "hairBrown"])
def test_colours_are_known_in_every_region(name: str) -> None:
    """A colour is a colour wherever it is worn."""
    assert is_colour(name)


@pytest.mark.parametrize("name", ["upperBodyJacket", "carryingBackpack", "personalMale"])
def test_other_attributes_are_no_colours(name: str) -> None:
    """A garment or a bag is none."""
    assert not is_colour(name)


def test_what_witnesses_name_counts_most() -> None:
    """The colour of a top weighs more than its cut, the cut more than the shoes, and "casual" hardly anything."""
    names = ("upperBodyRed", "upperBodyJacket", "footwearBoots", "upperBodyCasual")
    weights = [attribute_weight(name) for name in names]
    assert weights == sorted(weights, reverse=True)
    assert len(set(weights)) == 4
    assert min(weights) > 0


def test_what_excludes_what() -> None:
    """Red rules out blue in the same region only; a man is no woman; anything settles itself."""
    names = ["upperBodyRed", "upperBodyBlue", "lowerBodyBlue", "personalMale", "personalFemale", "upperBodyJacket"]
    expected = np.eye(6, dtype=bool)
    expected[0, 1] = expected[1, 0] = expected[3, 4] = expected[4, 3] = True
    np.testing.assert_array_equal(exclusive_groups(names), expected)
