"""Sentences to the piece ids of a frozen BERT, and the account of what was understood.

BERT reads a sentence as it was written, filler and denials included. What our own words are for stays: a word that
BERT would only see in pieces is corrected where it is one slip from a word of the captions, words that are never
looked for never get in, and the phrases that deny something are told.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reid.text.descent import descent_places
from reid.text.normalise import canonical, resolve
from reid.text.pieces import WordPieces, split_tokens
from reid.text.tokenizer import Explanation, check_length, nothing_known
from reid.text.vocabulary import PADDING, Vocabulary
from reid.text.words import FILLER


@dataclass(frozen=True, slots=True)
class _Reading:
    """One word or mark, what stands for it, and the ids of that; no ids where nothing does."""

    written: str
    given: str
    ids: tuple[int, ...] = ()

    @property
    def is_word(self) -> bool:
        return any(character.isalnum() for character in self.written)


class BertTokenizer:
    """Turns sentences into piece ids between ``[CLS]`` and ``[SEP]``; holds no state between calls."""

    def __init__(self, pieces: WordPieces, vocabulary: Vocabulary, token_limit: int) -> None:
        """Tie BERT's pieces to the words that misspelt ones are corrected to.

        Args:
            pieces: of the BERT that the network was trained on.
            vocabulary: the words of the captions it was trained with.
            token_limit: pieces that the network takes, ``[CLS]`` and ``[SEP]`` included.
        """
        self.pieces = pieces
        self.vocabulary = vocabulary
        self.token_limit = token_limit
        self.marks: tuple[int, ...] = (pieces.start_id, pieces.end_id)

    def __call__(self, sentences: Sequence[str]) -> npt.NDArray[np.int64]:
        """Return ids (n, token_limit), padded with 0.

        Raises:
            SentenceError: a sentence is empty, too long, or has no word the network knows.
        """
        ids = np.full((len(sentences), self.token_limit), PADDING, np.int64)
        for row, sentence in enumerate(sentences):
            fitting, _ = self._fit(self._read(sentence))
            pieces = [piece for reading in fitting for piece in reading.ids]
            ids[row, : len(pieces) + 2] = [self.pieces.start_id, *pieces, self.pieces.end_id]
        return ids

    def explain(self, sentence: str) -> Explanation:
        """Say which words count, which were corrected or deny something, and which the network cannot read.

        Raises:
            SentenceError: as for a call.
        """
        readings = self._read(sentence)
        fitting, beyond = self._fit(readings)
        return Explanation(
            known=_given(fitting),
            corrected=tuple((r.written, r.given) for r in readings if r.ids and r.given != r.written),
            denied=tuple(dict.fromkeys(word.written for word in resolve(sentence) if word.denied)),
            ignored=tuple(r.written for r in readings if r.is_word and not r.ids),
            truncated=_given(beyond),
        )

    def _read(self, sentence: str) -> list[_Reading]:
        check_length(sentence)
        words = list(split_tokens(sentence))
        descent = descent_places(words)
        readings = [_Reading(w, "") if place in descent else self._read_word(w) for place, w in enumerate(words)]
        if not any(self._says_something(reading) for reading in readings):
            raise nothing_known(sentence)
        return readings

    def _read_word(self, word: str) -> _Reading:
        given = word if word in self.pieces else self._corrected(word)
        ids = self.pieces.cut(given)
        return _Reading(word, "") if self.pieces.unknown_id in ids else _Reading(word, given, tuple(ids))

    def _corrected(self, word: str) -> str:
        """Return the word of the captions that is meant, where there is one and BERT knows it; else the word."""
        target = canonical(word, self.vocabulary.__contains__)
        if target not in self.vocabulary:
            target = self.vocabulary.correct(word) or word
        return target if target in self.pieces else word

    def _says_something(self, reading: _Reading) -> bool:
        """Refuse sentences of filler, marks and letters that only happen to be pieces."""
        known = reading.given in self.pieces or reading.given in self.vocabulary
        return known and len(reading.given) > 2 and reading.given not in FILLER and reading.given.isalpha()

    def _fit(self, readings: Sequence[_Reading]) -> tuple[list[_Reading], list[_Reading]]:
        """Return the readings that find room between the two marks, and the rest; a word is never cut in two."""
        room, fitting = self.token_limit - 2, 0
        while fitting < len(readings) and len(readings[fitting].ids) <= room:
            room -= len(readings[fitting].ids)
            fitting += 1
        return list(readings[:fitting]), list(readings[fitting:])


def _given(readings: Sequence[_Reading]) -> tuple[str, ...]:
    return tuple(reading.given for reading in readings if reading.is_word and reading.ids)
