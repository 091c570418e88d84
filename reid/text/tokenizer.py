"""Sentences to fixed-length token ids, and the account of what was understood."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from reid.errors import SentenceError
from reid.text.normalise import Word, resolve
from reid.text.vocabulary import PADDING, Vocabulary
from reid.text.words import UNFAIR

LONGEST_SENTENCE = 2_000  # characters; people describe a person in 100 to 300


@dataclass(frozen=True, slots=True)
class Explanation:
    """What became of each word of a sentence, for the person who wrote it."""

    known: tuple[str, ...]  # canonical words the network sees, in order
    corrected: tuple[tuple[str, str], ...]  # (as written, understood as)
    denied: tuple[str, ...]  # phrases understood as "is not there"
    ignored: tuple[str, ...]  # words the network has never learned
    truncated: tuple[str, ...]  # known words beyond the network's length


class SentenceTokenizer(Protocol):
    """Turns sentences into the ids that one network reads; holds no state between calls.

    Attributes:
        token_limit: ids of a sentence, padding included.
        marks: ids that frame a sentence and stand for no word of it.
    """

    token_limit: int
    marks: tuple[int, ...]

    def __call__(self, sentences: Sequence[str]) -> npt.NDArray[np.int64]:
        """Return ids (n, token_limit), padded with 0; raises ``SentenceError`` as ``explain`` does."""

    def explain(self, sentence: str) -> Explanation:
        """Say what becomes of each word; raises ``SentenceError`` where nothing is known of any."""


class Tokenizer:
    """Turns sentences into ids of one vocabulary; holds no state between calls."""

    def __init__(self, vocabulary: Vocabulary, token_limit: int) -> None:
        self.vocabulary = vocabulary
        self.token_limit = token_limit
        self.marks: tuple[int, ...] = ()

    def __call__(self, sentences: Sequence[str]) -> npt.NDArray[np.int64]:
        """Return ids (n, token_limit), padded with 0.

        Raises:
            SentenceError: a sentence is empty, too long, or has no word the network knows.
        """
        ids = np.full((len(sentences), self.token_limit), PADDING, np.int64)
        for row, sentence in enumerate(sentences):
            known = self.explain(sentence).known
            ids[row, : len(known)] = [self.vocabulary.token_id(word) for word in known]
        return ids

    def known_ids(self, sentence: str) -> list[int]:
        """Return the ids of the words that are known as they are, in order; none where nothing is known."""
        words = resolve(sentence, self.vocabulary.__contains__)
        return [self.vocabulary.token_id(w.canonical) for w in words if w.canonical in self.vocabulary]

    def explain(self, sentence: str) -> Explanation:
        """Say which words count, which were corrected or denied, and which mean nothing to the network.

        Raises:
            SentenceError: as for a call.
        """
        check_length(sentence)
        known: list[str] = []
        corrected: list[tuple[str, str]] = []
        denied: list[str] = []
        ignored: list[str] = []
        for word in resolve(sentence, self.vocabulary.__contains__):
            target = self._target(word)
            if word.denied:
                denied.append(word.written)
            elif target is None and word.canonical:
                ignored.append(word.written)
            elif target and target != word.canonical:
                corrected.append((word.written, target))
            if target:
                known.append(target)
        if not known:
            raise nothing_known(sentence)
        return Explanation(
            tuple(known[: self.token_limit]),
            tuple(corrected),
            tuple(dict.fromkeys(denied)),
            tuple(ignored),
            tuple(known[self.token_limit :]),
        )

    def _target(self, word: Word) -> str | None:
        if not word.canonical or word.canonical in UNFAIR:
            return None
        if word.canonical in self.vocabulary:
            return word.canonical
        return self.vocabulary.correct(word.canonical)


def says_something(tokenizer: SentenceTokenizer, sentence: str) -> bool:
    """Return whether a network knows a word of a sentence."""
    try:
        tokenizer.explain(sentence)
    except SentenceError:
        return False
    return True


def check_length(sentence: str) -> None:
    """Refuse what is no description by its length alone.

    Raises:
        SentenceError: the sentence is empty or too long.
    """
    if not sentence.strip():
        raise SentenceError("the description is empty; say what the person wears or carries")
    if len(sentence) > LONGEST_SENTENCE:
        raise SentenceError(
            f"the description has {len(sentence)} characters, but at most {LONGEST_SENTENCE} are read; "
            "describe one person in a few sentences"
        )


def nothing_known(sentence: str) -> SentenceError:
    """Return the error for a sentence without any known word."""
    return SentenceError(
        f"no word of {_shorten(sentence)!r} describes a person's looks in a way the network knows; "
        "say what the person wears or carries, for example 'a woman in a red jacket with a backpack'"
    )


def _shorten(sentence: str, length: int = 60) -> str:
    return sentence if len(sentence) <= length else sentence[: length - 1] + "…"
