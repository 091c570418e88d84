"""The embedded stores: one SQLite file for the watchlist, the alerts and what was said of them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from sqlite3 import Connection
from types import TracebackType
from typing import Self

from pipeline.clock import Clock, SystemClock
from pipeline.errors import StoreError, UnknownAlertError, UnknownEntryError
from pipeline.records import Alert, WatchlistEntry
from pipeline.sqlite_file import SqliteFile
from pipeline.store.base import AlertFilter, Changes, Review, Snapshot
from pipeline.store.encoding import decode, encode
from pipeline.store.merging import merge

MOST_CHANGES = 10_000  # remembered; who has not asked for longer gets a snapshot
_LOOK_S = 0.1  # between two looks for changes

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (entry_id TEXT PRIMARY KEY, value BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS changes (revision INTEGER PRIMARY KEY AUTOINCREMENT, entry_id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS alerts (
    alert_id TEXT PRIMARY KEY, entry_id TEXT NOT NULL, camera_id TEXT NOT NULL, state TEXT NOT NULL,
    captured_at_ms INTEGER NOT NULL, value BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS alerts_by_time ON alerts (captured_at_ms);
CREATE INDEX IF NOT EXISTS alerts_by_entry ON alerts (entry_id, camera_id, captured_at_ms);
CREATE TABLE IF NOT EXISTS reviews (
    place INTEGER PRIMARY KEY AUTOINCREMENT, alert_id TEXT NOT NULL, value BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS reviews_by_alert ON reviews (alert_id, place);
"""
_REVISION = "SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'changes'), 0)"


class SqliteStore:
    """What the stores share: the file, and being closed."""

    def __init__(self, path: Path, schema: str = _SCHEMA) -> None:
        """Open the file, or make it.

        Raises:
            StoreError: it cannot be opened.
        """
        self._file = SqliteFile(path, schema, StoreError)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def __enter__(self) -> Self:
        """Enter."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


class SqliteWatchlist(SqliteStore):
    """A ``WatchlistStore`` in a file."""

    def __init__(self, path: Path, clock: Clock | None = None) -> None:
        """Open the file, or make it.

        Raises:
            StoreError: it cannot be opened.
        """
        super().__init__(path)
        self._clock = clock or SystemClock()

    def put(self, entry: WatchlistEntry) -> int:
        """Write an entry; see ``WatchlistStore.put``."""
        with self._file.writing() as connection:
            return _put(connection, entry, _entry(connection, entry.entry_id))

    def edit(self, entry_id: str, change: Callable[[WatchlistEntry], WatchlistEntry]) -> int:
        """Write what ``change`` makes of an entry; see ``WatchlistStore.edit``."""
        with self._file.writing() as connection:
            stored = _known_entry(connection, entry_id)
            return _put(connection, replace(change(stored), entry_id=entry_id), stored)

    def remove(self, entry_id: str) -> int:
        """Remove an entry; see ``WatchlistStore.remove``."""
        with self._file.writing() as connection:
            if not connection.execute("DELETE FROM entries WHERE entry_id = ?", (entry_id,)).rowcount:
                raise _unknown_entry(entry_id)
            return _change(connection, entry_id)

    def get(self, entry_id: str) -> WatchlistEntry:
        """Return an entry; see ``WatchlistStore.get``."""
        with self._file.reading() as connection:
            return _known_entry(connection, entry_id)

    def snapshot(self) -> Snapshot:
        """Return all entries; see ``WatchlistStore.snapshot``."""
        with self._file.reading() as connection:
            rows = connection.execute("SELECT entry_id, value FROM entries ORDER BY entry_id").fetchall()
            revision = connection.execute(_REVISION).fetchone()[0]
        return Snapshot(revision, tuple(decode(value, WatchlistEntry, f"entry {key}") for key, value in rows))

    def changes(self, since_revision: int, timeout_s: float) -> Changes | None:
        """Return what changed; see ``WatchlistStore.changes``."""
        until_s = self._clock.monotonic_s() + timeout_s
        while True:
            with self._file.reading() as connection:
                revision = connection.execute(_REVISION).fetchone()[0]
            if revision != since_revision:
                return self._changes(since_revision)
            left_s = until_s - self._clock.monotonic_s()
            if left_s <= 0:
                return Changes(revision, (), ())
            self._clock.sleep(min(_LOOK_S, left_s))

    def _changes(self, since_revision: int) -> Changes | None:
        with self._file.reading() as connection:
            revision = connection.execute(_REVISION).fetchone()[0]
            oldest = connection.execute("SELECT MIN(revision) FROM changes").fetchone()[0]
            if since_revision > revision or oldest is None or oldest > since_revision + 1:
                return None
            query = "SELECT DISTINCT entry_id FROM changes WHERE revision > ? ORDER BY entry_id"
            changed = [key for (key,) in connection.execute(query, (since_revision,))]
            found = {key: _entry(connection, key) for key in changed}
        put = tuple(entry for entry in found.values() if entry is not None)
        return Changes(revision, put, tuple(key for key, entry in found.items() if entry is None))


def _change(connection: Connection, entry_id: str) -> int:
    """Write down that an entry changed, and forget what is too long ago; return the new revision."""
    revision = connection.execute("INSERT INTO changes (entry_id) VALUES (?)", (entry_id,)).lastrowid or 0
    connection.execute("DELETE FROM changes WHERE revision <= ?", (revision - MOST_CHANGES,))
    return revision


def _entry(connection: Connection, entry_id: str) -> WatchlistEntry | None:
    row = connection.execute("SELECT value FROM entries WHERE entry_id = ?", (entry_id,)).fetchone()
    return None if row is None else decode(row[0], WatchlistEntry, f"entry {entry_id}")


def _known_entry(connection: Connection, entry_id: str) -> WatchlistEntry:
    found = _entry(connection, entry_id)
    if found is None:
        raise _unknown_entry(entry_id)
    return found


def _put(connection: Connection, entry: WatchlistEntry, stored: WatchlistEntry | None) -> int:
    """Write an entry as the next version of the stored one; return the new revision."""
    numbered = replace(entry, version=1 if stored is None else stored.version + 1)
    connection.execute("INSERT OR REPLACE INTO entries VALUES (?, ?)", (entry.entry_id, encode(numbered)))
    return _change(connection, entry.entry_id)


def _unknown_entry(entry_id: str) -> UnknownEntryError:
    return UnknownEntryError(f"the watchlist has no entry {entry_id!r}; `lookout watch list` shows those it has")


class SqliteAlerts(SqliteStore):
    """An ``AlertStore`` in a file."""

    def upsert(self, alert: Alert) -> bool:
        """Write or improve an alert; see ``AlertStore.upsert``."""
        with self._file.writing() as connection:
            stored = _alert(connection, alert.alert_id)
            merged = alert if stored is None else merge(stored, alert)
            if merged == stored:
                return False
            _write_alert(connection, merged)
            return True

    def get(self, alert_id: str) -> Alert:
        """Return an alert; see ``AlertStore.get``."""
        with self._file.reading() as connection:
            return _known_alert(connection, alert_id)

    def find(self, wanted: AlertFilter) -> list[Alert]:
        """Return the alerts that pass; see ``AlertStore.find``."""
        conditions = {
            "entry_id = ?": wanted.entry_id,
            "camera_id = ?": wanted.camera_id,
            "state = ?": wanted.state,
            "captured_at_ms >= ?": wanted.since_ms,
            "captured_at_ms < ?": wanted.until_ms,
        }
        held = {condition: value for condition, value in conditions.items() if value is not None}
        where = f"WHERE {' AND '.join(held)}" if held else ""
        query = f"SELECT alert_id, value FROM alerts {where} ORDER BY captured_at_ms DESC, alert_id LIMIT ?"  # noqa: S608
        with self._file.reading() as connection:
            rows = connection.execute(query, (*held.values(), wanted.limit)).fetchall()
        return [decode(value, Alert, f"alert {key}") for key, value in rows]

    def review(self, review: Review) -> Alert:
        """Set an alert's state; see ``AlertStore.review``."""
        with self._file.writing() as connection:
            alert = replace(_known_alert(connection, review.alert_id), state=review.state)
            _write_alert(connection, alert)
            connection.execute("INSERT INTO reviews (alert_id, value) VALUES (?, ?)", (review.alert_id, encode(review)))
            return alert

    def reviews(self, alert_id: str) -> list[Review]:
        """Return what was said of an alert; see ``AlertStore.reviews``."""
        with self._file.reading() as connection:
            query = "SELECT value FROM reviews WHERE alert_id = ? ORDER BY place"
            rows = connection.execute(query, (alert_id,)).fetchall()
        return [decode(value, Review, f"review of alert {alert_id}") for (value,) in rows]


def _write_alert(connection: Connection, alert: Alert) -> None:
    row = (alert.alert_id, alert.entry_id, alert.camera_id, alert.state, alert.captured_at_ms, encode(alert))
    connection.execute("INSERT OR REPLACE INTO alerts VALUES (?, ?, ?, ?, ?, ?)", row)


def _alert(connection: Connection, alert_id: str) -> Alert | None:
    row = connection.execute("SELECT value FROM alerts WHERE alert_id = ?", (alert_id,)).fetchone()
    return None if row is None else decode(row[0], Alert, f"alert {alert_id}")


def _known_alert(connection: Connection, alert_id: str) -> Alert:
    found = _alert(connection, alert_id)
    if found is None:
        raise UnknownAlertError(f"there is no alert {alert_id!r}; `lookout alerts list` shows those there are")
    return found
