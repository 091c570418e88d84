"""The ports of the watchlist store and the alert store."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

from pipeline.records import Alert, AlertState, WatchlistEntry


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole watchlist as it was at a revision."""

    revision: int
    entries: tuple[WatchlistEntry, ...]  # by entry id; those that can be read
    damaged: Mapping[str, str] = field(default_factory=dict)  # of each other, by id: what is wrong, and what to do


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened to the watchlist since a revision; each entry stands here once, as it is now."""

    revision: int  # as of now
    put: tuple[WatchlistEntry, ...]
    removed: tuple[str, ...]  # entry ids
    damaged: Mapping[str, str] = field(default_factory=dict)  # of those that cannot be read now, as in ``Snapshot``


@dataclass(frozen=True, slots=True)
class Review:
    """Somebody's word on an alert."""

    alert_id: str
    state: AlertState
    reviewer: str
    note: str
    reviewed_at_ms: int


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """Which alerts to list; what is None does not matter."""

    entry_id: str | None = None
    camera_id: str | None = None
    state: AlertState | None = None
    since_ms: int | None = None  # by captured_at_ms
    until_ms: int | None = None  # exclusive
    limit: int = 100


class WatchlistStore(Protocol):
    """Keeps the watchlist. Every method may be called from several threads and processes at once.

    An entry that cannot be read, for it is damaged or a newer version wrote it, keeps nobody from the others. Putting
    it anew or removing it mends it.
    """

    def put(self, entry: WatchlistEntry) -> int:
        """Write an entry, new or edited; entry, revision and change become visible together. Durable on return.

        The stored version is one more than the stored entry's, 1 for a new one, whatever ``entry.version`` says. Over
        an entry that cannot be read, versions may begin anew.

        Returns:
            The watchlist's new revision.

        Raises:
            StoreError: the store does not answer; nothing was written, or the same entry was.
        """
        ...

    def edit(self, entry_id: str, change: Callable[[WatchlistEntry], WatchlistEntry]) -> int:
        """Write what ``change`` makes of the stored entry; otherwise as ``put``. No edit by somebody else is lost.

        Args:
            entry_id: of the entry.
            change: returns the entry to store, under the same id; called again when somebody else's edit came
                between. It may raise, then nothing is written; it must not ask the store.

        Raises:
            UnknownEntryError: there is none of that id.
            StoreError: the store does not answer; nothing was written, or the same entry was. Or the stored entry is
                damaged, and stays.
        """
        ...

    def remove(self, entry_id: str) -> int:
        """Remove an entry, with its vector, even where it is damaged; return the new revision.

        Raises:
            UnknownEntryError: there is none of that id.
            StoreError: the store does not answer.
        """
        ...

    def remove_expired(self, entry_ids: Sequence[str], at_ms: int) -> int:
        """Remove, as ``remove`` does, those of these entries that had expired at a time.

        What counts is the entry as it is stored at that moment, not what the caller has read of it: who renews one
        meanwhile keeps it. Entries that are not there, or are damaged, are passed over. Several may call it at once.

        Args:
            entry_ids: of the entries that seem to have expired.
            at_ms: UTC ms.

        Returns:
            How many were removed. Of several that remove the same entry at once, one counts it.

        Raises:
            StoreError: the store does not answer; some may have been removed.
        """
        ...

    def get(self, entry_id: str) -> WatchlistEntry:
        """Return an entry.

        Raises:
            UnknownEntryError: there is none of that id.
            StoreError: the store does not answer, or the entry is damaged.
        """
        ...

    def snapshot(self) -> Snapshot:
        """Return all entries and the revision they belong to.

        Raises:
            StoreError: the store does not answer.
        """
        ...

    def changes(self, since_revision: int, timeout_s: float) -> Changes | None:
        """Return what changed after a revision; block up to ``timeout_s`` while nothing has.

        Returns:
            The changes, empty when there were none in time; None when the store no longer knows them all, or has
            lost its own past: then a snapshot is due.

        Raises:
            StoreError: the store does not answer. No edit is missed: ask again with the same revision.
        """
        ...

    def close(self) -> None:
        """Let go."""
        ...

    def __enter__(self) -> Self:
        """Enter."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        ...


class AlertStore(Protocol):
    """Keeps the alerts. Every method may be called from several threads and processes at once."""

    def upsert(self, alert: Alert) -> bool:
        """Write an alert, or improve the one of the same id. Durable on return.

        The better evidence wins: similarity, crop, box, capture time and coordinates go together with the higher
        similarity; first_seen and raised_at keep the lowest value, last_seen the highest; the state stays as stored.

        Returns:
            Whether anything changed: False for a record that was delivered before.

        Raises:
            StoreError: the store does not answer.
        """
        ...

    def get(self, alert_id: str) -> Alert:
        """Return an alert.

        Raises:
            UnknownAlertError: there is none of that id.
            StoreError: the store does not answer.
        """
        ...

    def find(self, wanted: AlertFilter) -> list[Alert]:
        """Return the alerts that pass, newest capture first.

        Raises:
            StoreError: the store does not answer.
        """
        ...

    def review(self, review: Review) -> Alert:
        """Set an alert's state and keep the review; return the alert as it is now.

        Raises:
            UnknownAlertError: there is none of that id.
            StoreError: the store does not answer.
        """
        ...

    def reviews(self, alert_id: str) -> list[Review]:
        """Return what was said of an alert, oldest first; nothing said is changed or taken away while it is there."""
        ...

    def ids(self, wanted: AlertFilter) -> list[str]:
        """Return the ids of the alerts that pass, newest capture first; no crop is read.

        Raises:
            StoreError: the store does not answer.
        """
        ...

    def remove(self, alert_ids: Sequence[str]) -> int:
        """Remove alerts for good, with their crops and what was said of them; those that are not there are passed over.

        Returns:
            How many were there. Of several that remove the same alert at once, one counts it.

        Raises:
            StoreError: the store does not answer; some may have been removed.
        """
        ...

    def expire(self, now_ms: int, keep_ms: int, most: int) -> int:
        """Remove, as ``remove`` does, alerts that were raised more than ``keep_ms`` ago; those raised first go first.

        It goes by the time of raising and not of capture: footage of last month that is read today raises alerts that
        somebody has yet to look at. Those of which the store does not know when they were raised, because an earlier
        version wrote them, count from the first call on. May be called by several at once, and costs next to nothing
        while there is nothing to remove.

        Args:
            now_ms: the time, UTC ms.
            keep_ms: how long alerts are kept.
            most: so many at once, so that nobody waits for long.

        Returns:
            How many were removed.

        Raises:
            StoreError: the store does not answer; some may have been removed.
        """
        ...

    def close(self) -> None:
        """Let go."""
        ...

    def __enter__(self) -> Self:
        """Enter."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        ...
