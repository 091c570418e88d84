"""The watchlist in the matcher's memory: one matrix, kept fresh from the store's changes."""

import logging
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from pipeline.errors import StoreError
from pipeline.records import WatchlistEntry
from pipeline.redact import redact
from pipeline.store.base import Changes, WatchlistStore

_WAIT_S = 0.5  # for changes, before looking whether to end
_AGAIN_S = 1.0  # after a failure of the store
_NAMED = 5  # of the other entries that are damaged
_ENTRY_ID = attrgetter("entry_id")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class WatchlistMatrix:
    """The entries at a revision, and their vectors (n, D) float32; an entry of another length has a row of zeros.

    An entry that cannot be read matches nobody, though it could be read before: the edit that nobody understands may
    have ended or narrowed it, and an alert that its owner no longer wants is worse than an omission that is told at
    once. So all matchers hold sightings against the same entries, those that have just started too.
    """

    entries: tuple[WatchlistEntry, ...]
    vectors: npt.NDArray[np.float32]
    revision: int
    damaged: Mapping[str, str] = field(default_factory=dict)  # by id of those that cannot be read: what is wrong


class WatchlistView:
    """Follows a store from a thread of its own; calling it gives the watchlist as last heard of. A context manager."""

    def __init__(self, store: WatchlistStore, embedding_dim: int) -> None:
        """Read the watchlist, and begin to follow.

        Raises:
            StoreError: the store does not answer.
        """
        self._store = store
        self._dim = embedding_dim
        self._lock = Lock()
        self._ending = Event()
        self._trouble: str | None = None
        self._matrix = self._read()
        self._thread = Thread(target=self._follow, name="watchlist", daemon=True)
        self._thread.start()

    def __call__(self) -> WatchlistMatrix:
        """Return the watchlist; the same object until it changes."""
        with self._lock:
            return self._matrix

    @property
    def trouble(self) -> str | None:
        """What keeps the store from answering, so that the watchlist stays as last heard of; not what is damaged."""
        return self._trouble

    def _follow(self) -> None:
        while not self._ending.is_set():
            try:
                self._hear()
                self._trouble = None
            except StoreError as error:
                if self._trouble is None and not self._ending.is_set():
                    _log.warning("%s; the watchlist stays as it is, and edits come when the store answers", error)
                self._trouble = str(error)
                self._ending.wait(_AGAIN_S)
            except Exception as error:  # noqa: BLE001 - a watchlist that nobody follows must not look well
                if self._trouble is None:
                    _log.warning("the watchlist stays as it is, for following it failed", exc_info=error)
                self._trouble = redact(f"following the watchlist failed: {type(error).__name__}: {error}")
                self._ending.wait(_AGAIN_S)

    def _hear(self) -> None:
        """Wait for changes and take them over."""
        heard = self._store.changes(self._matrix.revision, _WAIT_S)
        if heard is None:
            self._show(self._read())
        elif heard.revision != self._matrix.revision:
            self._show(_edited(self._matrix, heard))
            _tell(heard.damaged)

    def _read(self) -> WatchlistMatrix:
        snapshot = self._store.snapshot()
        nothing = WatchlistMatrix((), np.zeros((0, self._dim), np.float32), snapshot.revision)
        _tell(snapshot.damaged)
        return _edited(nothing, Changes(snapshot.revision, snapshot.entries, (), snapshot.damaged))

    def _show(self, matrix: WatchlistMatrix) -> None:
        with self._lock:
            self._matrix = matrix

    def close(self) -> None:
        """Follow no more."""
        self._ending.set()
        self._thread.join()

    def __enter__(self) -> Self:
        """Enter."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


def _edited(matrix: WatchlistMatrix, changes: Changes) -> WatchlistMatrix:
    """Return a watchlist with changes: whole stretches of the former one, and between them what has changed.

    It is another matrix, for a batch may be under way that is held against the former one.
    """
    put = {entry.entry_id: entry for entry in changes.put}
    entries: list[WatchlistEntry] = []
    vectors: list[npt.NDArray[np.float32]] = []
    taken = 0  # rows of the former watchlist that have been dealt with
    changed = {*changes.removed, *changes.damaged, *put}
    for key in sorted(changed):
        row = bisect_left(matrix.entries, key, key=_ENTRY_ID)
        entries += matrix.entries[taken:row]
        vectors.append(matrix.vectors[taken:row])
        if key in put:
            entries.append(put[key])
            vectors.append(_row(put[key], matrix.vectors.shape[1]))
        taken = row + (row < len(matrix.entries) and matrix.entries[row].entry_id == key)
    entries += matrix.entries[taken:]
    rows = np.concatenate([*vectors, matrix.vectors[taken:]], dtype=np.float32)
    damaged = {key: words for key, words in matrix.damaged.items() if key not in changed} | dict(changes.damaged)
    return WatchlistMatrix(tuple(entries), rows, changes.revision, damaged)


def _row(entry: WatchlistEntry, embedding_dim: int) -> npt.NDArray[np.float32]:
    """Return an entry's vector as (1, D), zeros where it has another length."""
    fits = entry.vector.shape == (embedding_dim,)
    return entry.vector[None] if fits else np.zeros((1, embedding_dim), np.float32)


def _tell(damaged: Mapping[str, str]) -> None:
    """Say which entries cannot be read, and what to do; nothing where all can."""
    if not damaged:
        return
    first, *others = sorted(damaged)
    told = f"{damaged[first]}; until then it matches nobody"
    if others:
        told += f"; damaged as well: {', '.join(others[:_NAMED])}"
    more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
    _log.warning("%s%s", told, more)
