"""What is not there must not be looked for."""

from itertools import product

import pytest

from reid.text.tokenizer import Tokenizer
from reid.text.words import DENIABLE

SAYINGS = [
    ("a man with no hat", "man no_hat", "no hat"),
    ("a man without a yellow hat or bag", "man no_hat no_bag", "without a yellow hat or bag"),
    ("a man without a hat or yellow bag", "man no_hat no_bag", "without a hat or yellow bag"),
    ("a woman not wearing any glasses", "woman no_glasses", "not wearing any glasses"),
    ("she isn't wearing glasses, red coat", "woman no_glasses red coat", "not wearing glasses"),
    ("he doesn\u2019t have a backpack and wears jeans", "man no_backpack jeans", "not have a backpack"),
    ("a woman, no messenger bag, blue jeans", "woman no_bag blue jeans", "no messenger bag"),
    ("a man with no baseball cap in red", "man no_hat red", "no baseball cap"),
    ("a man not carrying anything", "man no_bag", "not carrying anything"),
    ("a man with neither a hat nor a bag", "man no_hat no_bag", "neither a hat|nor a bag"),
    ("a woman lacks a scarf", "woman no_scarf", "lacks a scarf"),
    ("without any kind of bag, a man", "no_bag man", "without any kind of bag"),
    ("no hat, no bag, a man in black", "no_hat no_bag man black", "no hat|no bag"),
    ("a man not wearing a red shirt", "man", "not wearing a red shirt"),
    ("a man without long blue pants, white shirt", "man white shirt", "without long blue pants"),
    ("a man without a hat or red shirt. Blue jeans", "man no_hat blue jeans", "without a hat or red shirt"),
    ("a man without a red shirt with a backpack", "man backpack", "without a red shirt"),
    ("his shoes are not visible he has a cap", "man shoes man cap", "not visible"),
    ("a man without a red top carrying a bag", "man carrying bag", "without a red top"),
    ("a man who wasn't wearing a hat", "man no_hat", "not wearing a hat"),
    ("they haven\u2019t got a bag", "person no_bag", "not got a bag"),
    ("she hasn't got a backpack", "woman no_backpack", "not got a backpack"),
    ("a man w/o a bag", "man no_bag", "without a bag"),
    ("a woman with no visible bag", "woman no_bag", "no bag"),
    ("a man with no hat, bag or glasses", "man no_hat no_bag no_glasses", "no hat, bag or glasses"),
    ("a man with no hat, bag and coat", "man no_hat bag coat", "no hat"),
    ("a man with out a hat, red coat", "man no_hat red coat", "without a hat"),
    ("a man in red, I can't see any hat", "man red no_hat", "not any hat"),
    ("cannot see his face. A man in a hat", "man man hat", "not see"),
    ("a man, not very tall, black coat", "man black coat", "not very tall"),
    ("a man not too tall wearing a black coat", "man black coat", "not too tall"),
]


@pytest.mark.parametrize(("sentence", "known", "denied"), SAYINGS)
def test_the_denied_is_taken_out_whole(tokenizer: Tokenizer, sentence: str, known: str, denied: str) -> None:
    """A denied thing leaves with its colour, its own word comes in where there is one, and it is told."""
    explanation = tokenizer.explain(sentence)
    assert [word for word in explanation.known if word != "and"] == known.split()
    assert explanation.denied == tuple(denied.split("|"))


@pytest.mark.parametrize("thing", sorted(DENIABLE))
def test_no_way_of_denying_leaves_the_thing_or_its_colour(tokenizer: Tokenizer, thing: str) -> None:
    """Whatever the thing, the colour and the way of denying it, neither thing nor colour is left."""
    ways = ("no {}", "without a {}", "not wearing any {}", "isn't carrying the {}", "has no {} or umbrella")
    for way, colour in product(ways, ("", "red ", "dark red ", "long striped ")):
        known = tokenizer.explain(f"woman in green, {way.format(colour + thing)}, blue jeans").known
        assert known[:2] == ("woman", "green")
        assert known[-2:] == ("blue", "jeans")
        assert f"no_{DENIABLE[thing]}" in known
        assert all(word.startswith("no_") for word in known[2:-2]), known


def test_a_colour_that_a_thing_has_not_is_none_of_it(tokenizer: Tokenizer) -> None:
    """What is "non-black" is not looked for in black, but it is there."""
    explanation = tokenizer.explain("a man in a non-black coat, non blue jeans")
    assert explanation.known == ("man", "coat", "jeans")
    assert explanation.ignored == ("nonblack", "nonblue")


def test_arms_stretched_out_deny_nothing(tokenizer: Tokenizer) -> None:
    """The "with out" of "with out-stretched arms" is no "without"."""
    assert tokenizer.explain("a man with out-stretched arms, red coat").denied == ()


def test_what_follows_the_denied_still_counts(tokenizer: Tokenizer) -> None:
    """A comma, a full stop or "and" ends what is denied."""
    for end in (", red jacket", ". A red jacket", " and a red jacket", "; red jacket"):
        known = [word for word in tokenizer.explain(f"a man without a hat{end}").known if word != "and"]
        assert known == ["man", "no_hat", "red", "jacket"], end


def test_a_bare_no_denies_nothing(tokenizer: Tokenizer) -> None:
    """A "no" or "not" with nothing behind it is not told as a denied thing."""
    explanation = tokenizer.explain("red coat, no. Black hat or not")
    assert explanation.denied == ()
    assert [word for word in explanation.known if word != "and"] == ["red", "coat", "black", "hat"]
