"""However a thing is written, it becomes the same words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reid.text.normalise import resolve, split_words
from reid.text.tokenizer import Tokenizer

SAME = [
    "a gray coat|A GREY COAT|greyish coats|a grayish coat,|gray-coat|a gray  coat!",
    "black pants|black trousers|Black trouser|black slacks|black pant|black bottoms",
    "blue hoodie|blue hoody|blue hoodies|a blue hooded sweatshirt|blue hooded jacket|blue hooded top|blue hood",
    "red backpack|red backpak|red back pack|red back-pack|red rucksack|red ruck sacks|red knapsack|red school bag",
    "white tshirt|white t-shirt|white T-Shirts|white t shirt|white tee shirt|white tee|white t.shirt|white t\u2013shirt",
    "red jacket|red jackets|a red jacket.|RED JACKET|red, jacket|red\u00a0jacket|re\u0301d jacket|red/jacket|red\u2014jacket",
    "man sneakers|men in trainers|he wears running shoes|a guy with tennis shoes|his sneaker|gentleman, gym shoes",
    "woman handbag|a lady with a purse|her hand bag|women with handbags|a female, pocketbook",
    "blue sweater|blue jumper|blue pullover",
    "light shirt|light coloured shirt|light colored shirt|light-colored shirts",
    "plaid shirt|checked shirts|chequered shirt|a checkered shirt|tartan shirt",
    "striped top|stripey top|tops with stripes|a top with a stripe",
    "shortsleeve top|short sleeved top|short-sleeve top|short sleeves top|short sleeve top",
    "dark blue jeans|darkblue jeans|dark-blue denims|dark blue jean",
    "stroller|pram|a pushchair|buggy",
    "sunglasses|sun glasses|a pair of sun-glasses|dark glasses",
    "black and white shirt|white and black shirt",
    "vest|waistcoat|gilet",
]


@pytest.mark.parametrize("ways", SAME, ids=lambda ways: ways.partition("|")[0])
def test_ways_of_writing_a_thing(tokenizer: Tokenizer, ways: str) -> None:
    """Case, plural, punctuation, British or American spelling and synonyms do not change the words."""
    expected, *others = ways.split("|")
    for other in others:
        assert sorted(tokenizer.explain(other).known) == sorted(tokenizer.explain(expected).known), other


@pytest.mark.parametrize("colours", ["red blue", "black white", "dark light"])
def test_different_things_stay_different(tokenizer: Tokenizer, colours: str) -> None:
    """Folding never joins two colours."""
    one, other = colours.split()
    assert tokenizer.explain(f"{one} coat").known != tokenizer.explain(f"{other} coat").known


@pytest.mark.parametrize("mark", ["\N{COAT}", "\u2014", "\u2022", "\n", "\t", "\u3000", "/", "&", "|", "\u3002"])
def test_what_is_no_letter_parts_words(mark: str) -> None:
    """Pictures, dashes, bullets and every kind of blank part words, even without a blank beside them."""
    words = [word for word in split_words(f"red{mark}jacket") if word.isalpha()]
    assert words == ["red", "jacket"]


@pytest.mark.parametrize("letter", ["\u0301", "\u200b", "\u00ad", "\ufe0f"])
def test_what_cannot_be_seen_parts_nothing(letter: str) -> None:
    """Accents, joiners and soft hyphens vanish without a trace."""
    assert split_words(f"jac{letter}ket") == ["jacket"]


@given(st.text(alphabet=st.characters(), max_size=200))
def test_any_text_becomes_plain_words(text: str) -> None:
    """Whatever is written, words are lower-case ASCII letters and what is left of a sentence is in order."""
    words = split_words(text)
    assert all(word.isascii() and (word.islower() or word in ".,;:!?") for word in words)
    assert len([word for word in resolve(text) if not word.denied]) <= len(words)


@given(
    st.lists(
        st.sampled_from(
            [
                "a",
                "man",
                "in",
                "red",
                "coat",
                "with",
                "no",
                "hat",
                "or",
                "bag",
                "and",
                "not",
                "blue",
                "jeans",
                ",",
                ".",
                "without",
                "any",
            ]
        )
    )
)
def test_every_word_is_accounted_for(words: list[str]) -> None:
    """No word that was written is lost, marks aside, whatever is denied."""
    told = " ".join(word.written for word in resolve(" ".join(words))).split()
    assert set(words) - {",", "."} == set(told) - {",", "."}
