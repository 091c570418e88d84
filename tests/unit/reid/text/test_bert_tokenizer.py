"""A frozen BERT gets a sentence as it was written, and the writer is told what became of it."""

import pytest

from reid.errors import SentenceError
from reid.text.bert_tokenizer import BertTokenizer
from reid.text.pieces import WordPieces
from reid.text.vocabulary import Vocabulary

PIECES = (
    "[PAD] [UNK] [CLS] [SEP] , . - ' a in no t the of s man woman red jacket hat shirt coat poncho back backpack un "
    "##pack ##able ##s ##wear z ##x ##q chinese black"
).split()


@pytest.fixture(scope="module")
def tokenizer() -> BertTokenizer:
    """Return a tokenizer of a few pieces; the captions knew fewer words than BERT does."""
    return BertTokenizer(WordPieces(PIECES), Vocabulary(["man", "woman", "red", "jacket", "backpack", "hat"]), 12)


def spell(tokenizer: BertTokenizer, sentence: str) -> list[str]:
    """Return the pieces of a sentence without padding."""
    return [PIECES[number] for number in tokenizer([sentence])[0] if number]


def test_a_sentence_stays_as_it_was_written(tokenizer: BertTokenizer) -> None:
    """Filler, marks and order reach BERT between its own two marks."""
    assert spell(tokenizer, "A man, in the RED jacket.") == (
        ["[CLS]", "a", "man", ",", "in", "the", "red", "jacket", ".", "[SEP]"]
    )


def test_case_moves_nothing(tokenizer: BertTokenizer) -> None:
    """Upper-case letters and accents change no id."""
    one, other = tokenizer(["a RED Jacket", "a r\u00e9d jacket"])
    assert (one == other).all()


def test_a_misspelt_word_is_corrected(tokenizer: BertTokenizer) -> None:
    """What BERT would see in pieces, but is one slip from a word of the captions, is given as that word."""
    told = tokenizer.explain("a man in a jaket with a backpak")
    assert told.corrected == (("jaket", "jacket"), ("backpak", "backpack"))
    assert "jacket" in spell(tokenizer, "a man in a jaket")


def test_berts_own_words_are_known(tokenizer: BertTokenizer) -> None:
    """A word that no caption had is known where BERT knows it, and pieces make up what it knows in part."""
    assert tokenizer.explain("a poncho").known == ("a", "poncho")
    assert spell(tokenizer, "unwearable poncho") == ["[CLS]", "un", "##wear", "##able", "poncho", "[SEP]"]


def test_what_is_denied_is_told(tokenizer: BertTokenizer) -> None:
    """The phrase is reported and still given: BERT reads denials in their context."""
    told = tokenizer.explain("a man in a coat, no hat")
    assert told.denied == ("no hat",)
    assert told.known[-2:] == ("no", "hat")


def test_what_cannot_be_read_is_ignored(tokenizer: BertTokenizer) -> None:
    """Words with letters that BERT lacks never get in as the unknown word."""
    told = tokenizer.explain("a man \u0416\u0416 in a jacket \U0001f600")
    assert told.ignored == ("\u0436\u0436",)
    assert "[UNK]" not in spell(tokenizer, "a man \u0416\u0416 in a jacket \U0001f600")


def test_nobody_is_searched_for_by_descent(tokenizer: BertTokenizer) -> None:
    """A word that is never looked for stays outside, though BERT knows it."""
    told = tokenizer.explain("a chinese man in a red jacket")
    assert told.ignored == ("chinese",)
    assert "chinese" not in spell(tokenizer, "a chinese man in a red jacket")


def test_a_colour_of_people_is_none_of_clothes(tokenizer: BertTokenizer) -> None:
    """A colour right before a word for a person is left out; before a garment it stays."""
    told = tokenizer.explain("a black man in a black jacket")
    assert told.ignored == ("black",)
    assert spell(tokenizer, "a black man in a black jacket")[1:-1] == ["a", "man", "in", "a", "black", "jacket"]


def test_a_shade_of_skin_is_none_of_clothes(tokenizer: BertTokenizer) -> None:
    """Words for skin and the shade beside them are left out, hyphen and all."""
    told = tokenizer.explain("a black-skinned man in a black jacket")
    assert told.ignored == ("black", "skinned")
    assert spell(tokenizer, "a black-skinned man in a black jacket")[1:-1] == ["a", "man", "in", "a", "black", "jacket"]


def test_a_word_is_never_cut_at_the_end(tokenizer: BertTokenizer) -> None:
    """What finds no room is told, whole words only, and the closing mark stays."""
    sentence = "red " * 9 + "unwearable man"
    told = tokenizer.explain(sentence)
    assert told.known == ("red",) * 9
    assert told.truncated == ("unwearable", "man")
    assert spell(tokenizer, sentence)[-1] == "[SEP]"


@pytest.mark.parametrize("sentence", ["the of a in", "zxq", "...", "\u4e2d\u6587", "\U0001f600", "chinese", "t-s"])
def test_nonsense_is_an_error(tokenizer: BertTokenizer, sentence: str) -> None:
    """Filler, marks, other scripts and letters that only happen to be pieces describe nobody."""
    with pytest.raises(SentenceError, match="no word of"):
        tokenizer([sentence])


@pytest.mark.parametrize(("sentence", "message"), [("  ", "empty"), ("red " * 600, "at most 2000")])
def test_length_is_held_to(tokenizer: BertTokenizer, sentence: str, message: str) -> None:
    """Nothing and far too much are refused as they are without a BERT."""
    with pytest.raises(SentenceError, match=message):
        tokenizer.explain(sentence)
