"""What is said of an outfit is what is worn, all of it, in English."""

import re

import numpy as np
import pytest

from pipeline.scene.outfit import Outfit, describe_outfit, outfit_attributes, random_outfit

HATS, BAGS = ("cap", "beanie", "hat"), ("backpack", "shoulder bag", "handbag", "suitcase")


@pytest.fixture(scope="module")
def outfits() -> list[Outfit]:
    """Return three hundred outfits."""
    rng = np.random.default_rng(6)
    return [random_outfit(rng) for _ in range(300)]


def mentions(sentence: str, thing: str) -> bool:
    """Return whether a sentence has a thing as a word of its own."""
    return re.search(rf"\b{thing}\b", sentence) is not None


def test_the_same_chance_gives_the_same_outfit() -> None:
    """The state of the generator decides everything that is worn."""
    assert random_outfit(np.random.default_rng(4)) == random_outfit(np.random.default_rng(4))


def test_everybody_wears_their_own(outfits: list[Outfit]) -> None:
    """Hardly any two of three hundred people can be described in the same words."""
    assert len({describe_outfit(outfit) for outfit in outfits}) >= 290


def test_hats_and_bags_are_told_where_there_are_any(outfits: list[Outfit]) -> None:
    """A sentence names the hat and the bag that are there with their colours, and no other."""
    for outfit in outfits:
        sentence = describe_outfit(outfit)
        assert [kind for kind in HATS if mentions(sentence, kind)] == [k for k in HATS if k == outfit.hat_kind]
        assert [kind for kind in BAGS if mentions(sentence, kind)] == [k for k in BAGS if k == outfit.bag_kind]
        assert outfit.hat is None or f"{outfit.hat.shade} {outfit.hat_kind}" in sentence
        assert outfit.bag is None or f"{outfit.bag.shade} {outfit.bag_kind}" in sentence


def test_sentence_and_attributes_agree(outfits: list[Outfit]) -> None:
    """A man, a backpack, jeans or a bald head are in the sentence exactly where they are among the attributes."""
    for outfit in outfits:
        sentence, worn = describe_outfit(outfit), outfit_attributes(outfit)
        assert mentions(sentence, "man") == ("personalMale" in worn)
        assert mentions(sentence, "backpack") == ("carryingBackpack" in worn)
        assert mentions(sentence, "jeans") == ("lowerBodyJeans" in worn)
        assert mentions(sentence, "bald") == ("hairBald" in worn)


def test_the_second_colour_is_told(outfits: list[Outfit]) -> None:
    """A garment with a second colour, of its pattern or of what is below it, has both in the sentence."""
    trimmed = [outfit for outfit in outfits if outfit.upper.trim is not None]
    assert len(trimmed) >= 50
    for outfit in trimmed:
        assert outfit.upper.trim is not None
        assert mentions(describe_outfit(outfit), outfit.upper.paint.shade)
        assert mentions(describe_outfit(outfit), outfit.upper.trim.shade), describe_outfit(outfit)


def test_it_is_english(outfits: list[Outfit]) -> None:
    """A sentence starts with a capital, ends with a full stop, and has "an" before vowels and nowhere else."""
    for outfit in outfits:
        sentence = describe_outfit(outfit)
        assert re.fullmatch(r"A [^.]+\.", sentence)
        assert "  " not in sentence
        assert not re.search(r"\b[Aa] [aeio]|\b[Aa]n [^aeio]", sentence), sentence
