"""Sentences are cut as BERT's own tokenizer cuts them."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reid.errors import WeightsError
from reid.text.pieces import WordPieces, read_pieces, split_tokens

SENTENCES = [
    "A man, in a RED t-shirt (with no hat)!",
    "unwearable backpackers' jackets; wearing jeans...",
    "caf\u00e9-coloured coat \u2014 \u201cgrey\u201d \u4e2d\u6587shirt",
    "tab\tand\nnew line\u00a0and\u200bnothing\u0000at all",
    "zebra \U0001f600 \u0416 x" + "y" * 120,
    "no-one's got $5 & more",
    "",
]


@pytest.fixture(scope="session")
def pieces(bert_folder: Path) -> WordPieces:
    """Return the tiny BERT's pieces."""
    return read_pieces(bert_folder / "vocab.txt")


@pytest.fixture(scope="session")
def reference(bert_folder: Path) -> Any:
    """Return ``transformers``' own tokenizer of the same BERT."""
    transformers = pytest.importorskip("transformers", reason="the extra bert is not installed")
    return transformers.BertTokenizer.from_pretrained(bert_folder, local_files_only=True)


def cut(pieces: WordPieces, sentence: str) -> list[int]:
    """Return a sentence's ids between the two marks."""
    words = [piece for word in split_tokens(sentence) for piece in pieces.cut(word)]
    return [pieces.start_id, *words, pieces.end_id]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_pieces_are_berts_own(pieces: WordPieces, reference: Any, sentence: str) -> None:
    """Case, accents, punctuation, blanks, ideographs and words that are too long are cut as ``transformers`` does."""
    assert cut(pieces, sentence) == reference(sentence).input_ids


@settings(max_examples=200, deadline=None)
@given(
    st.text(
        st.sampled_from("aAbZ \t-,.'$\u00e9\u00c9\u00df\u4e2d\u6587\u0416\u2014\u2019\u200b\u00a0\U0001f600#0"),
        max_size=30,
    )
)
def test_any_sentence_is_cut_as_bert_cuts_it(pieces: WordPieces, reference: Any, sentence: str) -> None:
    """What ``transformers`` makes of any mixture of letters, marks and blanks is what is made here."""
    assert cut(pieces, sentence) == reference(sentence).input_ids


def test_the_longest_piece_wins() -> None:
    """A word is cut greedily from the left; where one end is no piece, the whole word is unknown."""
    pieces = WordPieces(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "back", "b", "##pack", "##ack", "##s"])
    assert pieces.cut("backpacks") == [4, 6, 8]
    assert pieces.cut("back") == [4]
    assert pieces.cut("backz") == [pieces.unknown_id]
    assert len(pieces) == 9


@pytest.mark.parametrize(
    ("listed", "message"),
    [
        (["[PAD]", "[CLS]", "[SEP]", "a"], r"lack \['\[UNK\]'\]"),
        (["a", "[PAD]", "[UNK]", "[CLS]", "[SEP]"], "start with 'a'"),
        (["[PAD]", "[UNK]", "[CLS]", "[SEP]", "Man"], "'Man'.*uncased"),
        ([], "lack"),
    ],
)
def test_other_pieces_are_refused(listed: list[str], message: str) -> None:
    """A list without BERT's marks, with padding elsewhere, or of a cased BERT is named."""
    with pytest.raises(WeightsError, match=message):
        WordPieces(listed)


def test_a_missing_file_of_pieces_is_named(tmp_path: Path) -> None:
    """The error says which file is not there."""
    with pytest.raises(WeightsError, match="vocab.txt"):
        read_pieces(tmp_path / "vocab.txt")
