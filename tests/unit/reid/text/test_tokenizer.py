"""A sentence becomes ids, or an error that helps; nothing else can happen."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reid.errors import SentenceError
from reid.text.normalise import resolve
from reid.text.tokenizer import Explanation, Tokenizer
from reid.text.vocabulary import Vocabulary, learn_vocabulary

NONSENSE = {
    "nothing": "",
    "blanks": " \t\n\u3000 ",
    "10,000 characters": "red coat, " * 1000,
    "pictures": "\N{COAT}\N{JEANS}\N{WOMANS SANDAL}",
    "Arabic": "\u0631\u062c\u0644 \u0628\u0645\u0639\u0637\u0641",
    "Cyrillic": "\u043c\u0443\u0436\u0447\u0438\u043d\u0430",
    "Chinese": "\u7a7f\u7ea2\u8272\u5916\u5957\u7684\u4eba",
    "marks": "?!... ;-) ,,, '",
    "digits": "1234 5678",
    "fillers": "this one is with the and of a pair, it seems to be very some kind",
    "unknown words": "zxqv wvqzx",
    "only a denial that nobody has a word for": "without red pants",
}


@pytest.mark.parametrize("sentence", NONSENSE.values(), ids=NONSENSE.keys())
def test_nonsense_is_refused_with_help(tokenizer: Tokenizer, sentence: str) -> None:
    """A sentence without a known word, or far too long, is an error that says what to write instead."""
    for ask in (tokenizer.explain, lambda text: tokenizer([text])):
        with pytest.raises(SentenceError, match=r"say what|describe one person") as caught:
            ask(sentence)
        assert len(str(caught.value)) < 300


def test_the_error_shows_the_sentence(tokenizer: Tokenizer) -> None:
    """Whoever sends a hundred sentences can tell which one is wrong."""
    with pytest.raises(SentenceError, match="zxqv"):
        tokenizer(["a red coat", "zxqv"])


def test_an_explanation_tells_every_word(tokenizer: Tokenizer) -> None:
    """Known, corrected, denied and ignored words are told apart."""
    explanation = tokenizer.explain("A man in a blak jaket, grey trousers and frobnicated spats, no hat")
    assert explanation == Explanation(
        known=("man", "black", "jacket", "gray", "pants", "no_hat"),
        corrected=(("blak", "black"), ("jaket", "jacket")),
        denied=("no hat",),
        ignored=("and", "frobnicated", "spats"),
        truncated=(),
    )


def test_words_beyond_the_limit_are_told(vocabulary: Vocabulary) -> None:
    """The network reads only so many words; the rest is told, not dropped in silence."""
    tokenizer = Tokenizer(vocabulary, token_limit=4)
    explanation = tokenizer.explain("young man, black coat, blue jeans")
    assert explanation.known == ("young", "man", "black", "coat")
    assert explanation.truncated == ("blue", "jeans")
    assert (tokenizer(["young man, black coat, blue jeans"]) == tokenizer(["young man, black coat"])).all()


def test_ids_are_those_of_the_words(tokenizer: Tokenizer) -> None:
    """Each row holds the sentence's words in order, then padding."""
    sentences = ["man", "a woman in a red coat"]
    ids = tokenizer(sentences)
    assert ids.shape == (2, 56)
    for row, words in zip(ids, (["man"], ["woman", "red", "coat"]), strict=True):
        assert row[: len(words)].tolist() == [tokenizer.vocabulary.token_id(word) for word in words]
        assert not row[len(words) :].any()


def test_known_ids_never_guess(tokenizer: Tokenizer) -> None:
    """For counting words, a misspelt word is no word, and no word at all is no error."""
    token_id = tokenizer.vocabulary.token_id
    assert tokenizer.known_ids("a red jaket") == [token_id("red")]
    assert tokenizer.known_ids("") == []


@given(st.text(alphabet=st.characters(), max_size=400))
@example("no_hat not or and \ud800 \N{COAT}\u200d")
@example("not")
@example("without " * 200)
def test_any_text_is_ids_or_an_error(tokenizer: Tokenizer, text: str) -> None:
    """Nothing that can be typed makes the tokenizer fail in another way than with a SentenceError."""
    try:
        ids = tokenizer([text])
    except SentenceError:
        return
    assert ids.shape == (1, 56)
    assert ids.any()


PIECES = [
    "a",
    "man",
    "red",
    "jacket",
    "jakcet",
    "no",
    "without",
    "not",
    "hat",
    ",",
    ".",
    "and",
    "or",
    "zxqv",
    "Coats",
    "été",
    "wearing",
    "yellow",
    "nor",
]


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=90).map(" ".join))
def test_every_word_has_one_fate(tokenizer: Tokenizer, text: str) -> None:
    """Known words are the corrected, the denied's and those written; no word is both ignored and known."""
    try:
        explanation = tokenizer.explain(text)
    except SentenceError:
        return
    understood = explanation.known + explanation.truncated
    assert all(word in tokenizer.vocabulary for word in understood)
    assert {target for _, target in explanation.corrected} <= set(understood)
    words = [word for word in resolve(text, tokenizer.vocabulary.__contains__) if word.canonical]
    assert len(words) == len(understood) + len(explanation.ignored)
    assert len(explanation.known) <= tokenizer.token_limit


@pytest.mark.parametrize("word", ["asian", "caucasian", "african"])
def test_words_for_origins_are_never_looked_for(word: str) -> None:
    """A word for somebody's origin is ignored, is said to be, and is not learned however often it occurs."""
    vocabulary = learn_vocabulary([f"an {word} man in a red jacket"] * 50, 2)
    assert word not in vocabulary
    told = Tokenizer(Vocabulary([*vocabulary.words, word]), 56).explain(f"an {word} man in a red jacket")
    assert told.ignored == (word,)
    assert word not in told.known


@pytest.mark.parametrize(
    ("sentence", "ignored", "known"),
    [
        ("a black man in a white coat", ("black",), ("man", "white", "coat")),
        ("two white females, one in brown", ("white",), ("woman", "brown")),
        ("a man in black", (), ("man", "black")),
        ("dressed in white he carries a black backpack", (), ("white", "man", "black", "backpack")),
        ("a black coat, man", (), ("black", "coat", "man")),
    ],
)
def test_a_colour_of_people_is_none_of_clothes(sentence: str, ignored: tuple[str, ...], known: tuple[str, ...]) -> None:
    """A colour right before a word for a person is ignored and said to be; anywhere else it is one of clothes."""
    told = Tokenizer(Vocabulary("man woman black white brown coat backpack".split()), 56).explain(sentence)
    assert set(ignored) <= set(told.ignored)
    assert told.known == known
    assert not {"black", "white", "brown"} & (set(told.ignored) - set(ignored))


@pytest.mark.parametrize(
    ("sentence", "ignored", "known"),
    [
        ("a dark-skinned man in a white coat", ("dark", "skinned"), ("man", "white", "coat")),
        ("a woman with light brown skin, brown coat", ("light", "brown", "skin"), ("woman", "brown", "coat")),
        ("Fair skin tones; her skin is very pale", ("fair", "skin", "tones", "skin", "pale"), ("woman",)),
        ("a man of dark complexion in dark jeans", ("dark", "complexion"), ("man", "dark", "jeans")),
        ("a dark coat, skin tight white jeans", (), ("dark", "coat", "skin", "tights", "white", "jeans")),
        ("white skin coloured tights", ("coloured",), ("white", "skin", "tights")),
        ("a snake skin coat", ("snake",), ("skin", "coat")),
    ],
)
def test_nobody_is_looked_for_by_skin(sentence: str, ignored: tuple[str, ...], known: tuple[str, ...]) -> None:
    """A shade of skin is ignored whole, even by a vocabulary that has the words; clothes keep theirs."""
    words = "man woman dark light pale fair skin skinned tone white brown coat jeans tight tights"
    told = Tokenizer(Vocabulary(words.split()), 56).explain(sentence)
    assert told.ignored == ignored
    assert told.known == known
