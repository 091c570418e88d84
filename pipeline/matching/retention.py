"""What leaves the stores because it is too old: matchers let it go, a little at a time, between two batches."""

from collections.abc import Callable

from pipeline.clock import Clock
from pipeline.matching.rows import Matrix
from pipeline.store.base import AlertStore, WatchlistStore

MOST_AT_ONCE = 200  # alerts, and entries, that go in one look, so that no sighting waits for long
LOOK_EVERY_S = 10.0  # that is far more than a site raises
_AFTER_FAILURE_S = 60.0  # a store that is away is not waited for at every look
_DAY_MS = 86_400_000

LetGo = Callable[[int, int], int]  # takes the time and for how long things are kept, ms; returns how many went


class Retention:
    """Lets things go that are too old. Several may do so at once; each of them is not thread-safe."""

    def __init__(self, let_go: LetGo, clock: Clock, keep_days: float) -> None:
        """Look with the first call.

        Args:
            let_go: ``old_alerts`` or ``ExpiredEntries``.
            clock: tells how old things are.
            keep_days: how long they stay; 0 for ever.
        """
        self._let_go = let_go
        self._clock = clock
        self._keep_ms = round(keep_days * _DAY_MS)
        self._due_s = clock.monotonic_s()

    def __call__(self) -> int:
        """Look, when it is time to; return how many went.

        Raises:
            StoreError: the store does not answer; the next calls do nothing for a minute.
        """
        now_s = self._clock.monotonic_s()
        if not self._keep_ms or now_s < self._due_s:
            return 0
        self._due_s = now_s + _AFTER_FAILURE_S
        removed = self._let_go(self._clock.now_ms(), self._keep_ms)
        self._due_s = self._clock.monotonic_s() + LOOK_EVERY_S
        return removed


def old_alerts(store: AlertStore) -> LetGo:
    """Return what lets alerts go that were raised too long ago."""
    return lambda now_ms, keep_ms: store.expire(now_ms, keep_ms, MOST_AT_ONCE)


class ExpiredEntries:
    """Lets entries go that expired too long ago, the oldest first; a ``LetGo``."""

    def __init__(self, store: WatchlistStore | None, watchlist: Callable[[], Matrix]) -> None:
        """Take what to look through and what to remove from.

        Args:
            store: asked only where the watchlist in memory has such entries; None lets none go.
            watchlist: the one in memory. The store has the last word, so it may be behind.
        """
        self._store = store
        self._watchlist = watchlist
        self._asked: set[tuple[int, str]] = set()  # and in memory still: renewed, damaged, or not heard of yet

    def __call__(self, now_ms: int, keep_ms: int) -> int:
        """Look once; return how many went.

        Raises:
            StoreError: the store does not answer.
        """
        since_ms = now_ms - keep_ms
        due = {
            (entry.expires_at_ms, entry.entry_id)
            for entry in self._watchlist().entries
            if entry.expires_at_ms is not None and entry.has_expired(since_ms)
        }
        if self._store is None or not due:
            return 0
        self._asked &= due
        if self._asked == due:  # those that did not go come once more, but only after all others
            self._asked = set()
        now = sorted(due - self._asked)[:MOST_AT_ONCE]
        removed = self._store.remove_expired([entry_id for _, entry_id in now], since_ms)
        self._asked |= set(now)
        return removed
