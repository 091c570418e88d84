"""The watchlist in the matcher's memory: one matrix, kept fresh from the store's changes."""

import logging
from dataclasses import dataclass
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from pipeline.errors import StoreError
from pipeline.records import WatchlistEntry
from pipeline.store.base import WatchlistStore

_WAIT_S = 0.5  # for changes, before looking whether to end
_AGAIN_S = 1.0  # after a failure of the store
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class WatchlistMatrix:
    """The entries at a revision, and their vectors (n, D) float32; an entry of another length has a row of zeros."""

    entries: tuple[WatchlistEntry, ...]
    vectors: npt.NDArray[np.float32]
    revision: int


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
        snapshot = store.snapshot()
        self._entries = {entry.entry_id: entry for entry in snapshot.entries}
        self._matrix = self._build(snapshot.revision)
        self._thread = Thread(target=self._follow, name="watchlist", daemon=True)
        self._thread.start()

    def __call__(self) -> WatchlistMatrix:
        """Return the watchlist; the same object until it changes."""
        with self._lock:
            return self._matrix

    @property
    def trouble(self) -> str | None:
        """What keeps the store from answering just now; the watchlist stays as last heard of."""
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

    def _hear(self) -> None:
        """Wait for changes and take them over."""
        heard = self._store.changes(self._matrix.revision, _WAIT_S)
        if heard is None:
            snapshot = self._store.snapshot()
            self._entries = {entry.entry_id: entry for entry in snapshot.entries}
            self._show(snapshot.revision)
        elif heard.revision != self._matrix.revision:
            self._entries |= {entry.entry_id: entry for entry in heard.put}
            for entry_id in heard.removed:
                self._entries.pop(entry_id, None)
            self._show(heard.revision)

    def _show(self, revision: int) -> None:
        matrix = self._build(revision)
        with self._lock:
            self._matrix = matrix

    def _build(self, revision: int) -> WatchlistMatrix:
        entries = tuple(entry for _, entry in sorted(self._entries.items()))
        vectors = np.zeros((len(entries), self._dim), np.float32)
        for row, entry in zip(vectors, entries, strict=True):
            if entry.vector.shape == row.shape:
                row[:] = entry.vector
        return WatchlistMatrix(entries, vectors, revision)

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
