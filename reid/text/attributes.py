"""Which of PETA's attributes count, how much, and which exclude each other."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from reid.text.grammar_words import COLOURS

_IGNORED = ("Casual", "lowerBodyFormal", "upperBodyFormal", "upperBodyOther", "carryingOther", "Nothing")
_WEIGHTS = (
    ("upperBody", 0.6),
    ("lowerBody", 0.6),
    ("footwear", 0.25),
    ("hair", 0.35),
    ("carrying", 0.7),
    ("accessory", 0.4),
)


def is_colour(attribute: str) -> bool:
    """Return whether an attribute names the colour of a region, as ``upperBodyRed`` does."""
    return any(attribute.endswith(colour) for colour in COLOURS)


def attribute_weight(attribute: str) -> float:
    """Return how much an attribute counts when two people are compared; 0 for words that say little."""
    if any(attribute.endswith(word) for word in _IGNORED):
        return 0.1
    if attribute in ("personalMale", "personalFemale"):
        return 0.8
    for region, weight in _WEIGHTS:
        if attribute.startswith(region):
            return weight + (0.4 if is_colour(attribute) and region.endswith("Body") else 0.1)
    return 0.15


def exclusive_groups(attributes: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Return (A, A) bool: saying attribute i also settles attribute j (red rules out blue; a man is no woman)."""
    groups = [_group(name) for name in attributes]
    return np.array([[one == other for other in groups] for one in groups], bool).reshape(len(groups), len(groups))


def _group(attribute: str) -> str:
    if attribute in ("personalMale", "personalFemale"):
        return "sex"
    if attribute in ("hairShort", "hairLong", "hairBald"):
        return "hair length"
    for region in ("upperBody", "lowerBody", "footwear", "hair"):
        if attribute.startswith(region) and is_colour(attribute):
            return f"{region} colour"
    return attribute
