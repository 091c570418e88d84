"""Which sentence a crop gets this time: one that people wrote, shortened now and then, or the grammar's."""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from random import Random

from reid.text.grammar import describe

_CLAUSE_END = re.compile(r"[.;,]\s+|\s+and\s+|\s+with\s+")


@dataclass(frozen=True, slots=True)
class Choice:
    """A sentence; ``said`` is None where nobody counted which attributes it asserts."""

    text: str
    said: frozenset[str] | None


def choose_sentence(captions: Sequence[str], attributes: Set[str], caption_share: float, rng: Random) -> Choice:
    """Return a written caption with probability ``caption_share`` where there is one, else a templated one."""
    if captions and (not attributes or rng.random() < caption_share):
        return Choice(shorten(rng.choice(captions), rng), None)
    utterance = describe(attributes, rng)
    return Choice(utterance.text, utterance.said)


def shorten(caption: str, rng: Random) -> str:
    """Leave out some clauses of a caption, half of the time: witnesses never say everything."""
    clauses = [clause for clause in _CLAUSE_END.split(caption.strip()) if clause]
    if len(clauses) < 3 or rng.random() < 0.5:
        return caption
    kept = [clause for clause in clauses if rng.random() < 0.7]
    return ", ".join(kept or clauses[:2])
