"""A vocabulary whose words stand in the test, so that a sentence's ids can be told by hand."""

import pytest

from reid.text.tokenizer import Tokenizer
from reid.text.vocabulary import Vocabulary
from reid.text.words import DENIALS

WORDS = (
    "man woman person boy child old young black white gray red blue green yellow brown beige pink orange navy dark light "
    "bright long short striped plaid floral patterned logo jacket coat hoodie sweater shirt tshirt top blouse dress pants "
    "jeans shorts skirt sneakers shoes boots sandals hair ponytail hat cap scarf glasses sunglasses bag backpack "
    "handbag satchel suitcase umbrella stroller phone carrying holding pulling shortsleeve longsleeve sleeveless "
    "hand left right color denim leather collar bald barefoot overweight vest"
)


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    """Return what people wear, as words."""
    return Vocabulary([*WORDS.split(), *DENIALS])


@pytest.fixture(scope="session")
def tokenizer(vocabulary: Vocabulary) -> Tokenizer:
    """Return a tokenizer of that vocabulary for 56 words."""
    return Tokenizer(vocabulary, token_limit=56)
