"""What a walker wears: drawn by chance, said in English, and named in PETA's words."""

from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np

from pipeline.scene.palette import Paint, choose, cloth, draw_cloth, draw_hair, draw_skin

Sex = Literal["man", "woman"]
HairLength = Literal["bald", "short", "long", "tied"]
UpperKind = Literal[
    "t-shirt", "v-neck", "polo shirt", "tank top", "shirt", "sweater", "hoodie", "jacket", "suit jacket", "coat"
]
Pattern = Literal["plain", "thin stripes", "thick stripes", "plaid", "logo"]
LowerKind = Literal["trousers", "jeans", "shorts", "short skirt", "long skirt"]
ShoeKind = Literal["sneakers", "leather shoes", "boots"]
BagKind = Literal["none", "backpack", "shoulder bag", "handbag", "suitcase"]
HatKind = Literal["none", "cap", "beanie", "hat"]

_Word = TypeVar("_Word", bound=str)

OPEN_KINDS = ("jacket", "suit jacket")  # worn open, over something in the trim colour
SHORT_SLEEVES = ("t-shirt", "v-neck", "polo shirt")


@dataclass(frozen=True, slots=True)
class Garment:
    """A garment for the upper body; ``trim`` is its second colour: of the pattern, or of what is worn under it."""

    kind: UpperKind
    paint: Paint
    pattern: Pattern = "plain"
    trim: Paint | None = None


@dataclass(frozen=True, slots=True)
class Outfit:
    """All that a witness could say of a walker who passes by."""

    sex: Sex
    skin: Paint
    hair_length: HairLength
    hair: Paint
    upper: Garment
    lower_kind: LowerKind
    lower: Paint
    shoe_kind: ShoeKind
    shoes: Paint
    bag_kind: BagKind = "none"
    bag: Paint | None = None
    hat_kind: HatKind = "none"
    hat: Paint | None = None


_UPPER_SHARES: dict[Sex, dict[UpperKind, float]] = {
    "man": {"t-shirt": 5, "v-neck": 1, "polo shirt": 2, "tank top": 0.4, "shirt": 4, "sweater": 2.5,
            "hoodie": 2, "jacket": 5, "suit jacket": 1.6, "coat": 1.5},
    "woman": {"t-shirt": 4, "v-neck": 2, "polo shirt": 0.7, "tank top": 1.8, "shirt": 2, "sweater": 3,
              "hoodie": 1.2, "jacket": 4, "suit jacket": 0.6, "coat": 2.5},
}  # fmt: skip
_LOWER_SHARES: dict[Sex, dict[LowerKind, float]] = {
    "man": {"trousers": 6, "jeans": 5, "shorts": 1.8},
    "woman": {"trousers": 4, "jeans": 4.5, "shorts": 1.2, "short skirt": 2, "long skirt": 1.3},
}
_HAIR_SHARES: dict[Sex, dict[HairLength, float]] = {
    "man": {"bald": 0.8, "short": 8, "long": 0.35},
    "woman": {"short": 2, "long": 5, "tied": 2.6},
}
_PATTERN_SHARES: dict[str, dict[Pattern, float]] = {
    "t-shirt": {"plain": 5, "thin stripes": 1, "thick stripes": 0.8, "logo": 3},
    "polo shirt": {"plain": 4, "thin stripes": 1.5, "thick stripes": 1.2},
    "shirt": {"plain": 5, "thin stripes": 1, "plaid": 3.5},
    "sweater": {"plain": 5, "thin stripes": 0.8, "thick stripes": 1.4, "logo": 0.8},
    "hoodie": {"plain": 4, "logo": 2.2},
    "tank top": {"plain": 5, "thin stripes": 0.6},
}
_BAG_SHARES: dict[Sex, dict[BagKind, float]] = {
    "man": {"none": 5, "backpack": 3, "shoulder bag": 2, "handbag": 0.4, "suitcase": 0.7},
    "woman": {"none": 3.2, "backpack": 2.2, "shoulder bag": 2.8, "handbag": 2.4, "suitcase": 0.7},
}
_HAT_SHARES: dict[HatKind, float] = {"none": 9, "cap": 1.1, "beanie": 0.6, "hat": 0.5}
_SHOE_SHARES: dict[ShoeKind, float] = {"sneakers": 5, "leather shoes": 3.5, "boots": 1}

_DENIM = ("blue", "navy", "light blue", "black", "grey")
_SHOE_SHADES = {
    "sneakers": ("black", "white", "grey", "red", "blue", "light grey", "pink"),
    "leather shoes": ("black", "brown", "dark grey"),
    "boots": ("black", "brown", "beige"),
}
_SUIT_SHADES = ("black", "navy", "dark grey", "grey", "brown", "beige")
_DARK = ("Black", "Brown")


def random_outfit(rng: np.random.Generator) -> Outfit:
    """Return a random outfit; colours are evener than on a real street, kinds about as common."""
    sex: Sex = "man" if rng.random() < 0.53 else "woman"
    upper = _random_upper(sex, rng)
    suited = upper.kind == "suit jacket"
    lower_kind = "trousers" if suited and rng.random() < 0.85 else _choose(_LOWER_SHARES[sex], rng)
    lower = upper.paint if suited and rng.random() < 0.7 else _lower_paint(lower_kind, rng)
    shoe_kind = "leather shoes" if suited else _choose(_SHOE_SHARES, rng)
    bag_kind = _choose(_BAG_SHARES[sex], rng)
    hat_kind = _choose(_HAT_SHARES, rng)
    return Outfit(
        sex=sex,
        skin=draw_skin(rng),
        hair_length=_choose(_HAIR_SHARES[sex], rng),
        hair=draw_hair(rng),
        upper=upper,
        lower_kind=lower_kind,
        lower=lower,
        shoe_kind=shoe_kind,
        shoes=draw_cloth(rng, _SHOE_SHADES[shoe_kind], even=0.15),
        bag_kind=bag_kind,
        bag=None if bag_kind == "none" else draw_cloth(rng, even=0.3),
        hat_kind=hat_kind,
        hat=None if hat_kind == "none" else draw_cloth(rng, even=0.4),
    )


def _random_upper(sex: Sex, rng: np.random.Generator) -> Garment:
    kind = _choose(_UPPER_SHARES[sex], rng)
    pattern = _choose(_PATTERN_SHARES.get(kind, {"plain": 1.0}), rng)
    paint = draw_cloth(rng, _SUIT_SHADES, even=0.1) if kind == "suit jacket" else draw_cloth(rng)
    if kind in OPEN_KINDS:
        shades = ("white", "light blue", "white", "light grey") if kind == "suit jacket" else ()
        return Garment(kind, paint, pattern, draw_cloth(rng, shades) if shades else _unlike(paint, rng))
    return Garment(kind, paint, pattern, None if pattern == "plain" else _unlike(paint, rng))


def _unlike(paint: Paint, rng: np.random.Generator) -> Paint:
    """Return a paint that can be told from ``paint`` across a street."""
    light = sum(paint.bgr) / 3.0
    for _ in range(50):
        other = draw_cloth(rng, even=0.1)
        if other.colour != paint.colour and abs(sum(other.bgr) / 3.0 - light) > 55.0:
            return other
    return cloth("white" if light < 128.0 else "black")


def _lower_paint(kind: LowerKind, rng: np.random.Generator) -> Paint:
    if kind == "jeans":
        return draw_cloth(rng, _DENIM, even=0.0)
    return draw_cloth(rng, even=0.12)


def _choose(shares: dict[_Word, float], rng: np.random.Generator) -> _Word:
    return tuple(shares)[choose(tuple(shares.values()), rng)]


def describe_outfit(outfit: Outfit) -> str:
    """Return a true English sentence about all that ``outfit`` holds, as a witness would say it."""
    head = f"A {outfit.sex} with {_hair_words(outfit)}"
    if outfit.hair_length == "bald":
        head = f"A bald {outfit.sex}"
    lower = f"{outfit.lower.shade} {outfit.lower_kind}"
    worn = [_with_article(_upper_words(outfit.upper)), _with_article(lower) if "skirt" in lower else lower]
    worn.append(f"{outfit.shoes.shade} {outfit.shoe_kind}")
    if outfit.hat is not None:
        worn.append(_with_article(f"{outfit.hat.shade} {outfit.hat_kind}"))
    sentence = f"{head} wears {', '.join(worn[:-1])} and {worn[-1]}"
    if outfit.bag is not None:
        verb = "pulls" if outfit.bag_kind == "suitcase" else "carries"
        sentence += f", and {verb} {_with_article(f'{outfit.bag.shade} {outfit.bag_kind}')}"
    return sentence + "."


def brief_outfit(outfit: Outfit) -> str:
    """Return what somebody in a hurry would say of ``outfit``: top and bottom, bag and hat, nothing else."""
    lower = f"{outfit.lower.shade} {outfit.lower_kind}"
    worn = f"{_with_article(_upper_words(outfit.upper))} and {_with_article(lower) if 'skirt' in lower else lower}"
    things = [
        _with_article(f"{paint.shade} {kind}")
        for paint, kind in ((outfit.bag, outfit.bag_kind), (outfit.hat, outfit.hat_kind))
        if paint is not None
    ]
    return f"a {outfit.sex} in {worn}" + (f" with {' and '.join(things)}" if things else "")


def _hair_words(outfit: Outfit) -> str:
    if outfit.hair_length == "tied":
        return f"{outfit.hair.shade} hair tied back"
    return f"{outfit.hair_length} {outfit.hair.shade} hair"


def _upper_words(upper: Garment) -> str:
    if upper.trim is None:
        return f"{upper.paint.shade} {upper.kind}"
    if upper.kind in OPEN_KINDS:
        return f"{upper.paint.shade} {upper.kind} over {_with_article(upper.trim.shade)} shirt"
    if upper.pattern == "logo":
        return f"{upper.paint.shade} {upper.kind} with {_with_article(upper.trim.shade)} print"
    word = {"thin stripes": "thinly striped", "thick stripes": "broadly striped"}.get(upper.pattern, "plaid")
    return f"{upper.paint.shade} and {upper.trim.shade} {word} {upper.kind}"


def _with_article(words: str) -> str:
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


_UPPER_WORDS: dict[str, tuple[str, ...]] = {
    "t-shirt": ("Tshirt", "ShortSleeve", "Casual"),
    "v-neck": ("VNeck", "ShortSleeve", "Casual"),
    "polo shirt": ("ShortSleeve", "Casual"),
    "tank top": ("NoSleeve", "Casual"),
    "shirt": ("LongSleeve",),
    "sweater": ("Sweater", "LongSleeve", "Casual"),
    "hoodie": ("Sweater", "LongSleeve", "Casual"),
    "jacket": ("Jacket", "LongSleeve", "Casual"),
    "suit jacket": ("Suit", "LongSleeve", "Formal"),
    "coat": ("Jacket", "LongSleeve"),
}
_PATTERN_WORDS = {"thin stripes": "ThinStripes", "thick stripes": "ThickStripes", "plaid": "Plaid", "logo": "Logo"}
_LOWER_WORDS: dict[str, tuple[str, ...]] = {
    "trousers": ("Trousers",),
    "jeans": ("Jeans", "Casual"),
    "shorts": ("Shorts", "Casual"),
    "short skirt": ("ShortSkirt",),
    "long skirt": ("LongSkirt",),
}
_SHOE_WORDS = {"sneakers": "Sneakers", "leather shoes": "LeatherShoes", "boots": "Boots"}
_BAG_WORDS = {
    "none": "carryingNothing",
    "backpack": "carryingBackpack",
    "shoulder bag": "carryingMessengerBag",
    "handbag": "carryingMessengerBag",  # PETA has no word of its own for a handbag
    "suitcase": "carryingLuggageCase",
}


def outfit_attributes(outfit: Outfit) -> frozenset[str]:
    """Return the outfit in PETA's words, such as ``upperBodyRed`` and ``carryingBackpack``."""
    words = {
        "personalMale" if outfit.sex == "man" else "personalFemale",
        f"lowerBody{outfit.lower.colour}",
        f"footwear{outfit.shoes.colour}",
        f"footwear{_SHOE_WORDS[outfit.shoe_kind]}",
        _BAG_WORDS[outfit.bag_kind],
        "accessoryNothing" if outfit.hat_kind == "none" else "accessoryHat",
    }
    words |= {f"lowerBody{word}" for word in _LOWER_WORDS[outfit.lower_kind]}
    return frozenset(words | _hair_attributes(outfit) | _upper_attributes(outfit.upper))


def _hair_attributes(outfit: Outfit) -> set[str]:
    if outfit.hair_length == "bald":
        return {"hairBald"}
    words = {f"hair{outfit.hair.colour}", "hairShort" if outfit.hair_length == "short" else "hairLong"}
    return words | ({"accessoryHairBand"} if outfit.hair_length == "tied" else set())


def _upper_attributes(upper: Garment) -> set[str]:
    words = {f"upperBody{upper.paint.colour}"}
    words |= {f"upperBody{word}" for word in _UPPER_WORDS[upper.kind]}
    if upper.pattern != "plain":
        words.add(f"upperBody{_PATTERN_WORDS[upper.pattern]}")
    if upper.trim is not None and upper.pattern in ("thick stripes", "plaid", "thin stripes"):
        words.add(f"upperBody{upper.trim.colour}")
    return words
