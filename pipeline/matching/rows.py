"""The watchlist as the matcher compares with it, made anew for each revision."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from pipeline.records import WatchlistEntry
from pipeline.threshold.site import Sentences

_Key = tuple[str, int, int, float, float]
Places = Mapping[_Key, int]  # rows by what tells an entry from its other versions, and from others under its id


class Matrix(Protocol):
    """The watchlist in memory, as it was at a revision."""

    @property
    def entries(self) -> tuple[WatchlistEntry, ...]:
        """The entries."""
        ...

    @property
    def vectors(self) -> npt.NDArray[np.float32]:
        """Their vectors, (n, D)."""
        ...

    @property
    def revision(self) -> int:
        """Which revision."""
        ...


@dataclass(frozen=True, eq=False)
class Rows:
    """The entries that may match at all, and what a product with them needs.

    Attributes:
        entries: enabled and of the matcher's model.
        sentences: vectors (n, D), thresholds and rates (n,).
        foreign: how many entries are of another model.
    """

    entries: tuple[WatchlistEntry, ...]
    sentences: Sentences
    foreign: int

    @classmethod
    def of(cls, matrix: Matrix, model_id: str) -> Self:
        """Take the entries of a model."""
        own = [i for i, entry in enumerate(matrix.entries) if entry.model_id == model_id and entry.enabled]
        entries = tuple(matrix.entries[i] for i in own)
        vectors = matrix.vectors if len(own) == len(matrix.entries) else matrix.vectors[own]
        thresholds = np.array([entry.threshold for entry in entries], np.float64)
        rates = np.array([entry.false_match_rate for entry in entries], np.float64)
        foreign = sum(entry.model_id != model_id for entry in matrix.entries)
        return cls(entries, Sentences(np.asarray(vectors, np.float32), thresholds, rates), foreign)

    def __len__(self) -> int:
        """Return how many entries there are."""
        return len(self.entries)

    @cached_property
    def places(self) -> Places:
        """Where an entry of a version stands."""
        return {_key(entry): row for row, entry in enumerate(self.entries)}

    @cached_property
    def scoped(self) -> tuple[int, ...]:
        """Rows of entries that some cameras only may match."""
        return tuple(row for row, entry in enumerate(self.entries) if entry.cameras)

    def elsewhere(self, camera_id: str) -> list[int]:
        """Return the rows of entries that a camera may not match."""
        return [row for row in self.scoped if camera_id not in self.entries[row].cameras]

    def rows_in(self, earlier: Places) -> npt.NDArray[np.intp]:
        """Return where each entry stood in earlier rows, -1 for one that is new or was edited since."""
        places = (earlier.get(key, -1) for key in self.places)
        return np.fromiter(places, np.intp, len(self))


def _key(entry: WatchlistEntry) -> _Key:
    """Return what tells an entry apart: versions begin anew when an id is used again, or a store has lost its past."""
    return entry.entry_id, entry.version, entry.created_at_ms, entry.threshold, entry.false_match_rate
