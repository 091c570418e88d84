"""Which sentence a crop gets this time: one that people wrote, shortened now and then, or the grammar's."""

import re
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from random import Random

from reid.text.grammar import describe

_CLAUSE_END = re.compile(r"[.;,]\s+|\s+and\s+|\s+with\s+")


@dataclass(frozen=True, slots=True)
class Choice:
    """A sentence; ``said`` is None where nobody counted which attributes it asserts."""

    text: str
    said: frozenset[str] | None


def choose_sentence(
    captions: Sequence[str], attributes: Set[str], caption_share: float, rng: Random, speaks: Callable[[str], bool]
) -> Choice:
    """Return a written caption with probability ``caption_share`` where there is one, else a templated one.

    Args:
        captions: what people wrote about the crop.
        attributes: what the crop shows, PETA's words.
        caption_share: 0..1.
        rng: chooses.
        speaks: whether the network would know a word of a shortened caption; else it stays whole.
    """
    if captions and (not attributes or rng.random() < caption_share):
        caption = rng.choice(captions)
        shorter = shorten(caption, rng)
        return Choice(shorter if speaks(shorter) else caption, None)
    return templated(attributes, rng)


def templated(attributes: Set[str], rng: Random) -> Choice:
    """Return the grammar's sentence about a crop that shows ``attributes``, PETA's words."""
    utterance = describe(attributes, rng)
    return Choice(utterance.text, utterance.said)


def shorten(caption: str, rng: Random) -> str:
    """Leave out some clauses of a caption, half of the time: witnesses never say everything."""
    clauses = [clause for clause in _CLAUSE_END.split(caption.strip()) if clause]
    if len(clauses) < 3 or rng.random() < 0.5:
        return caption
    kept = [clause for clause in clauses if rng.random() < 0.7]
    return ", ".join(kept or clauses[:2])
