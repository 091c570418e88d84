"""Questions with an answer: a sentence, and the PETA attributes a person must have for it to be true."""

from collections.abc import Set
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Question:
    """A sentence that is true of whoever has all of ``attributes``, and false of everybody else."""

    sentence: str
    attributes: tuple[str, ...]

    @property
    def name(self) -> str:
        """The attributes, joined: unique in a list of questions."""
        return "+".join(self.attributes)

    def holds(self, attributes: Set[str]) -> bool:
        """Return whether the sentence is true of a person with ``attributes``."""
        return all(word in attributes for word in self.attributes)


_COLOURS = ("Black", "Blue", "Brown", "Green", "Grey", "Orange", "Pink", "Purple", "Red", "White", "Yellow")
_HAIR = {
    "Black": "black",
    "Brown": "brown",
    "Grey": "grey",
    "Red": "red",
    "White": "white",
    "Yellow": "blonde",
}


def _with_article(words: str) -> str:
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


_BY_COLOUR = (
    *((f"a person in {_with_article(c.lower())} top", f"upperBody{c}") for c in _COLOURS),
    *((f"a person in {c.lower()} pants", f"lowerBody{c}") for c in _COLOURS),
    *((f"a person with {c.lower()} shoes", f"footwear{c}") for c in _COLOURS),
    *((f"a person with {word} hair", f"hair{c}") for c, word in _HAIR.items()),
)

_BY_KIND = (
    ("a man", "personalMale"),
    ("a woman", "personalFemale"),
    ("a child", "personalLess15"),
    ("a young person", "personalLess30"),
    ("an old person", "personalLarger60"),
    ("a person with short hair", "hairShort"),
    ("a person with long hair", "hairLong"),
    ("a bald person", "hairBald"),
    ("a person in a jacket", "upperBodyJacket"),
    ("a person in a suit jacket", "upperBodySuit"),
    ("a person in a sweater", "upperBodySweater"),
    ("a person in a t-shirt", "upperBodyTshirt"),
    ("a person with short sleeves", "upperBodyShortSleeve"),
    ("a person with long sleeves", "upperBodyLongSleeve"),
    ("a person in a sleeveless top", "upperBodyNoSleeve"),
    ("a person in a v-neck", "upperBodyVNeck"),
    ("a person in a plaid shirt", "upperBodyPlaid"),
    ("a person in a top with a logo", "upperBodyLogo"),
    ("a person in a top with thin stripes", "upperBodyThinStripes"),
    ("a person in a top with broad stripes", "upperBodyThickStripes"),
    ("a person wearing jeans", "lowerBodyJeans"),
    ("a person wearing trousers", "lowerBodyTrousers"),
    ("a person wearing shorts", "lowerBodyShorts"),
    ("a person wearing very short shorts", "lowerBodyHotPants"),
    ("a person wearing a short skirt", "lowerBodyShortSkirt"),
    ("a person wearing a long skirt", "lowerBodyLongSkirt"),
    ("a person wearing capri pants", "lowerBodyCapri"),
    ("a person wearing suit pants", "lowerBodySuits"),
    ("a person wearing sneakers", "footwearSneakers"),
    ("a person wearing leather shoes", "footwearLeatherShoes"),
    ("a person wearing boots", "footwearBoots"),
    ("a person wearing sandals", "footwearSandals"),
    ("a person wearing plaid pants", "lowerBodyPlaid"),
    ("a person wearing striped pants", "lowerBodyThinStripes"),
    ("a person wearing tights", "footwearStocking"),
    ("a person carrying a backpack", "carryingBackpack"),
    ("a person with a shoulder bag", "carryingMessengerBag"),
    ("a person carrying a plastic bag", "carryingPlasticBags"),
    ("a person pulling a suitcase", "carryingLuggageCase"),
    ("a person carrying a briefcase", "carryingSuitcase"),
    ("a person holding a folder", "carryingFolder"),
    ("a person pushing a shopping cart", "carryingShoppingTro"),
    ("a person pushing a stroller", "carryingBabyBuggy"),
    ("a person holding an umbrella", "carryingUmbrella"),
    ("a person without a bag", "carryingNothing"),
    ("a person wearing a hat", "accessoryHat"),
    ("a person wearing sunglasses", "accessorySunglasses"),
    ("a person wearing a scarf", "accessoryMuffler"),
    ("a person wearing headphones", "accessoryHeadphone"),
    ("a person wearing a headscarf", "accessoryKerchief"),
    ("a person wearing a shawl", "accessoryShawl"),
    ("a person wearing a face mask", "accessoryFaceMask"),
    ("a person with hair tied back", "accessoryHairBand"),
)

_COMBINED = (
    ("a person in formal clothes", "upperBodyFormal", "lowerBodyFormal"),
    ("a woman with long hair", "personalFemale", "hairLong"),
    ("a man with long hair", "personalMale", "hairLong"),
    ("a man carrying a backpack", "personalMale", "carryingBackpack"),
    ("a woman carrying a backpack", "personalFemale", "carryingBackpack"),
    ("a woman in a red top", "personalFemale", "upperBodyRed"),
    ("a man in a white top", "personalMale", "upperBodyWhite"),
    ("a person in a black top and blue pants", "upperBodyBlack", "lowerBodyBlue"),
    ("a person in a white top and black pants", "upperBodyWhite", "lowerBodyBlack"),
    ("a person in a red top and black pants", "upperBodyRed", "lowerBodyBlack"),
    ("a person in a black and white top", "upperBodyBlack", "upperBodyWhite"),
    ("a person wearing blue jeans", "lowerBodyBlue", "lowerBodyJeans"),
    (
        "a person wearing blue jeans and carrying a backpack",
        "lowerBodyBlue",
        "lowerBodyJeans",
        "carryingBackpack",
    ),
    ("a person in a black jacket", "upperBodyBlack", "upperBodyJacket"),
    ("a person with white sneakers", "footwearWhite", "footwearSneakers"),
)

QUESTIONS: tuple[Question, ...] = tuple(
    Question(sentence, tuple(attributes)) for sentence, *attributes in (*_BY_COLOUR, *_BY_KIND, *_COMBINED)
)
