"""The fast spelling correction finds what comparing with every word would find."""

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reid.text.vocabulary import Vocabulary, learn_vocabulary
from reid.text.words import DENIALS, FILLER, ORDINARY, SYNONYMS


def edits(one: str, other: str) -> int:
    """Return the optimal string alignment distance by its definition."""

    @cache
    def upto(i: int, j: int) -> int:
        if min(i, j) == 0:
            return max(i, j)
        ways = [upto(i - 1, j) + 1, upto(i, j - 1) + 1, upto(i - 1, j - 1) + (one[i - 1] != other[j - 1])]
        if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
            ways.append(upto(i - 2, j - 2) + 1)
        return min(ways)

    return upto(len(one), len(other))


def naive(word: str, vocabulary: Vocabulary) -> str | None:
    """Compare with every word and synonym; the nearest wins, among equals the earlier."""
    if len(word) < 4 or word in FILLER | ORDINARY:
        return None
    slips = 2 if len(word) > 7 else 1
    spellings = [w for w in (*vocabulary.words, *SYNONYMS) if len(w) > 3 and "_" not in w]
    near = [w for w in spellings if w[0] == word[0] and abs(len(w) - len(word)) <= slips]
    found = [(edits(word, candidate), rank, candidate) for rank, candidate in enumerate(near)]
    found = [each for each in found if each[0] <= slips]
    if not found:
        return None
    target = SYNONYMS.get(min(found)[2], min(found)[2])
    return target if target in vocabulary else None


@st.composite
def slips(draw: st.DrawFn) -> str:
    """Draw a real word with up to three letters wrong, missing, doubled or swapped."""
    known = [*SYNONYMS, "jacket", "umbrella", "sunglasses", "backpack", "patterned", "headphones"]
    letters = list(draw(st.sampled_from(known)))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(letters) - 1))
        kind = draw(st.sampled_from(["change", "drop", "add", "swap"]))
        letter = draw(st.sampled_from("aeiorstn"))
        if kind == "change":
            letters[place] = letter
        elif kind == "drop" and len(letters) > 1:
            letters.pop(place)
        elif kind == "add":
            letters.insert(place, letter)
        elif place:
            letters[place - 1], letters[place] = letters[place], letters[place - 1]
    return "".join(letters)


@given(slips())
def test_correction_agrees_with_a_naive_search(vocabulary: Vocabulary, word: str) -> None:
    """Whatever the slip, the indexed search and the full one name the same word."""
    assert vocabulary.correct(word) == naive(word, vocabulary)


@settings(max_examples=25)  # every vocabulary indexes all synonyms
@given(
    st.lists(st.text("abc", min_size=3, max_size=10), min_size=1, max_size=12, unique=True),
    st.text("abc", min_size=3, max_size=11),
)
def test_correction_agrees_where_many_words_are_near(words: list[str], word: str) -> None:
    """Ties and near misses among words of three letters are decided alike."""
    vocabulary = Vocabulary(words)
    assert vocabulary.correct(word) == naive(word, vocabulary)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("jaket", "jacket"),
        ("jakcet", "jacket"),
        ("sneekers", "sneakers"),
        ("umberella", "umbrella"),
        ("trosuers", "pants"),  # by way of trousers
        ("glases", "glasses"),
        ("rad", None),  # three letters leave too much room
        ("wering", None),  # wearing says nothing of a person's looks
        ("packet", None),  # a first letter is hardly ever wrong
        ("kick", None),  # an ordinary word, and no slip of "kicks"
        ("cheap", None),  # nor is this one of "chap"
    ],
)
def test_what_people_misspell(vocabulary: Vocabulary, written: str, meant: str | None) -> None:
    """One slip, or two in a long word, is understood; a short or quite different word is left alone."""
    assert vocabulary.correct(written) == meant


def test_words_are_learned_by_how_often_they_occur() -> None:
    """Frequent words come first, rare ones stay out, plurals count with their singular."""
    sentences = ["a man with a laptop"] * 3 + ["two men with laptops and a kite"] * 2 + ["grey coat"] * 4
    vocabulary = learn_vocabulary(sentences, least_count=3)
    learned = [word for word in vocabulary.words if word not in DENIALS]
    assert learned[:2] == ["man", "laptop"]
    assert set(learned) == {"man", "laptop", "gray", "coat"}


def test_every_denial_has_a_word() -> None:
    """Even where no sentence ever denied it, so that a later sentence can."""
    vocabulary = learn_vocabulary(["a man"], least_count=1)
    assert all(denial in vocabulary for denial in DENIALS)
    assert len(set(vocabulary.words)) == len(vocabulary.words)


def test_ids_start_behind_padding() -> None:
    """Id 0 belongs to padding; the words follow without a gap."""
    vocabulary = Vocabulary(["man", "coat"])
    assert [vocabulary.token_id(word) for word in vocabulary.words] == [1, 2]
    assert len(vocabulary) == 3
    with pytest.raises(KeyError):
        vocabulary.token_id("hat")
