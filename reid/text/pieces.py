"""BERT's own way of cutting a sentence: lower case, punctuation apart, then the longest known pieces (WordPiece).

Devlin et al., arXiv 1810.04805; the cutting is that of an uncased BERT, and the test-suite holds it against
``transformers``, which the runtime does not need.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from reid.errors import WeightsError, reason

PADDING, UNKNOWN, START, END = "[PAD]", "[UNK]", "[CLS]", "[SEP]"
_LONGEST_WORD = 100  # letters; BERT takes a longer one for unknown
_IDEOGRAPHS = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B920, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)  # each is a word of its own


class WordPieces:
    """The pieces of one BERT in the order of their ids; a piece that goes on within a word starts with ``##``."""

    def __init__(self, pieces: Iterable[str]) -> None:
        """Number the pieces.

        Raises:
            WeightsError: they are not those of an uncased BERT whose padding is id 0.
        """
        self.pieces = tuple(pieces)
        self._ids = {piece: number for number, piece in enumerate(self.pieces)}
        missing = [mark for mark in (PADDING, UNKNOWN, START, END) if mark not in self._ids]
        if missing or self._ids[PADDING] != 0:
            raise WeightsError(
                f"the pieces of a BERT start with {PADDING} and hold {UNKNOWN}, {START} and {END}, but the "
                f"{len(self.pieces)} found {f'lack {missing}' if missing else f'start with {self.pieces[0]!r}'}"
            )
        cased = next((p for p in self.pieces if p != p.lower() and not p.startswith("[")), None)
        if cased is not None:
            raise WeightsError(f"an uncased BERT is needed, but one of the pieces is {cased!r}; take an uncased one")
        self.unknown_id, self.start_id, self.end_id = (self._ids[mark] for mark in (UNKNOWN, START, END))

    def __len__(self) -> int:
        return len(self.pieces)

    def __contains__(self, word: object) -> bool:
        return word in self._ids

    def cut(self, word: str) -> list[int]:
        """Return the ids of the longest pieces that make up a lower-case word, or that of the unknown word."""
        ids: list[int] = []
        start = 0
        while start < len(word) <= _LONGEST_WORD:
            prefix = "##" if start else ""
            fits = (end for end in range(len(word), start, -1) if prefix + word[start:end] in self._ids)
            end = next(fits, start)
            if end == start:
                return [self.unknown_id]
            ids.append(self._ids[prefix + word[start:end]])
            start = end
        return ids or [self.unknown_id]


def read_pieces(path: Path) -> WordPieces:
    """Read a BERT's ``vocab.txt``, one piece a line.

    Raises:
        WeightsError: the file cannot be read, or is not that of an uncased BERT.
    """
    try:
        lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise WeightsError(f"cannot read the word pieces {path}: {reason(error)}") from error
    return WordPieces(line.rstrip("\r") for line in lines)


def split_tokens(sentence: str) -> Iterator[str]:
    """Yield the words and the single punctuation marks of a sentence, lower-case and without accents."""
    spaced = "".join(_spaced(character) for character in sentence)
    plain = unicodedata.normalize("NFD", spaced.lower())
    word = ""
    for character in plain:
        if unicodedata.category(character) == "Mn":
            continue
        if not _stands_apart(character) and not character.isspace():
            word += character
            continue
        if word:
            yield word
        word = ""
        if not character.isspace():
            yield character
    if word:
        yield word


def _spaced(character: str) -> str:
    """Return what stands for a character: blanks for white space, nothing for what cannot be seen."""
    if character in "\t\n\r" or unicodedata.category(character) == "Zs":
        return " "
    if unicodedata.category(character)[0] == "C" or character == "\ufffd":
        return ""
    if any(first <= ord(character) <= last for first, last in _IDEOGRAPHS):
        return f" {character} "
    return character


def _stands_apart(character: str) -> bool:
    """Say whether a character is a word of its own: punctuation, and every ASCII mark such as ``$``."""
    if character.isascii():
        return character.isprintable() and not character.isalnum() and not character.isspace()
    return unicodedata.category(character)[0] == "P"
