"""Makes a val split for data sets that were published without one (ICFG-PEDES)."""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b

from reid.datasets.sample import Sample
from reid.errors import ConfigurationError


def hold_out_people(samples: Sequence[Sample], share: float = 0.05) -> list[Sample]:
    """Return the samples with a share of train's people, whole, moved to val.

    Who is chosen depends on the person ids alone: the same for every run, machine and order of samples.

    Raises:
        ConfigurationError: the share is not between 0 and 1.
    """
    if not 0 < share < 1:
        raise ConfigurationError(f"the held-out share must be between 0 and 1, but got {share}")
    people = sorted({s.person_id for s in samples if s.split == "train"}, key=_digest)
    held_out = frozenset(people[: max(1, round(share * len(people)))]) if people else frozenset()
    return [replace(s, split="val") if s.split == "train" and s.person_id in held_out else s for s in samples]


def _digest(person_id: str) -> bytes:
    return blake2b(person_id.encode(), digest_size=8).digest()
