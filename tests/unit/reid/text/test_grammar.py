"""The grammar says many different things of a person, and each of them is true."""

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reid.text import grammar_words as words
from reid.text.grammar import describe
from reid.text.normalise import resolve
from reid.text.vocabulary import learn_vocabulary

REGIONS = ("upperBody", "lowerBody", "footwear")
PLAIN_COLOURS = {colour.lower(): colour for colour in words.COLOURS} | {"gray": "Grey"}
SLEEVES = {"upperBodyShortSleeve": ("short sleeves",), "upperBodyLongSleeve": ("long sleeves",)}
TABLES = (
    *(words.SEXES, words.AGES, words.HAIR_LENGTHS, words.HAIR_COLOURS, words.UPPER, words.UPPER_PATTERNS, words.LOWER),
    *(words.LOWER_PATTERNS, words.FOOTWEAR, words.BAGS, words.ACCESSORIES, words.ABSENT, SLEEVES),
    *({region + colour: ways for colour, ways in words.COLOURS.items()} for region in REGIONS),
)
NAMES = sorted({name for table in TABLES for name in table} - set(REGIONS))
PEOPLE = st.frozensets(st.sampled_from([*NAMES, "hairOrange", "somethingNew"]), max_size=14)


def ways_of_saying(attribute: str) -> set[str]:
    """Return every word for an attribute, whichever table it stands in."""
    return {way for table in TABLES for way in table.get(attribute, ())}


@given(PEOPLE, st.integers())
def test_what_is_said_is_true(person: frozenset[str], seed: int) -> None:
    """Every attribute that counts as said is one that the person has."""
    assert describe(person, Random(seed)).said <= person


@given(PEOPLE, st.integers())
def test_what_is_said_is_in_the_sentence(person: frozenset[str], seed: int) -> None:
    """Every attribute that counts as said appears in one of its words."""
    utterance = describe(person, Random(seed))
    for attribute in utterance.said:
        assert any(way in utterance.text.lower() for way in ways_of_saying(attribute)), (attribute, utterance.text)


@given(PEOPLE, st.integers())
def test_no_colour_is_made_up(person: frozenset[str], seed: int) -> None:
    """A colour in the sentence is the colour of something the person has; white hair may be called grey."""
    said = set(re.findall(r"[a-z]+", describe(person, Random(seed)).text.lower()))
    for word in said & PLAIN_COLOURS.keys():
        colour = PLAIN_COLOURS[word]
        assert any(name.endswith(colour) for name in person) or (colour == "Grey" and "hairWhite" in person)


@given(PEOPLE, st.integers())
def test_the_same_seed_says_the_same(person: frozenset[str], seed: int) -> None:
    """Chance comes from the generator alone, never from the order of a set."""
    again = frozenset(sorted(person, reverse=True))
    assert describe(person, Random(seed)) == describe(again, Random(seed))


@pytest.fixture
def person() -> frozenset[str]:
    """Return somebody with something to say about everything."""
    names = "personalFemale personalLess30 hairLong hairBrown upperBodyJacket upperBodyBlack lowerBodyJeans"
    return frozenset([*names.split(), "lowerBodyBlue", "footwearBoots", "carryingMessengerBag", "accessoryHat"])


def test_one_person_is_said_in_many_ways(person: frozenset[str]) -> None:
    """Of a thousand sentences about one person nearly all are different, and each attribute is said in some."""
    rng = Random(1)
    utterances = [describe(person, rng) for _ in range(1000)]
    assert len({utterance.text for utterance in utterances}) > 900
    assert frozenset().union(*(utterance.said for utterance in utterances)) == person
    assert len({len(utterance.said) for utterance in utterances}) > 5


def test_she_is_never_he(person: frozenset[str]) -> None:
    """A second sentence goes on about the same person."""
    rng = Random(1)
    texts = [describe(person, rng).text.lower() for _ in range(500)]
    assert not [text for text in texts if re.search(r"\bhe\b|\bman\b", text)]
    assert any(re.search(r"\bshe\b", text) for text in texts)


def test_a_stranger_is_a_person() -> None:
    """Where nothing is known there is still somebody to speak of, and nothing is claimed."""
    utterance = describe(frozenset(), Random(1))
    assert utterance.said == frozenset()
    assert re.search("person|someone|pedestrian", utterance.text)


def test_sentences_use_words_that_are_learned() -> None:
    """After two thousand sentences, a new one has hardly a word that was not among them."""
    rng = Random(1)
    people = [frozenset(rng.sample(NAMES, 10)) for _ in range(2300)]
    texts = [describe(person, rng).text for person in people]
    vocabulary = learn_vocabulary(texts[:2000], least_count=5)
    new = [word for text in texts[2000:] for word in resolve(text, vocabulary.__contains__) if word.canonical]
    assert sum(word.canonical in vocabulary for word in new) / len(new) > 0.98
