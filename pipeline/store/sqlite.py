"""The embedded watchlist, and what the stores in a SQLite file share; one file may hold all of them."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from sqlite3 import Connection
from types import TracebackType
from typing import Self

from pipeline.clock import Clock, SystemClock
from pipeline.errors import StoreError, UnknownEntryError
from pipeline.records import WatchlistEntry
from pipeline.sqlite_file import SqliteFile
from pipeline.store.base import Changes, Snapshot
from pipeline.store.encoding import decode_entries, decode_entry, encode

MOST_CHANGES = 10_000  # remembered; who has not asked for longer gets a snapshot
_LOOK_S = 0.1  # between two looks for changes

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (entry_id TEXT PRIMARY KEY, value BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS changes (revision INTEGER PRIMARY KEY AUTOINCREMENT, entry_id TEXT NOT NULL);
"""
_REVISION = "SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'changes'), 0)"


class SqliteStore:
    """What the stores share: the file, and being closed."""

    def __init__(self, path: Path, schema: str) -> None:
        """Open the file, or make it.

        Raises:
            StoreError: it cannot be opened.
        """
        self._file = SqliteFile(path, schema, StoreError)
        with self._file.reading() as connection:
            connection.execute("PRAGMA secure_delete = ON")  # what was removed is overwritten, crops above all

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
        super().__init__(path, _SCHEMA)
        self._clock = clock or SystemClock()

    def put(self, entry: WatchlistEntry) -> int:
        """Write an entry; see ``WatchlistStore.put``."""
        with self._file.writing() as connection:
            stored = None
            with suppress(StoreError):  # one that cannot be read is mended so
                stored = _entry(connection, entry.entry_id)
            return _put(connection, entry, stored)

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

    def remove_expired(self, entry_ids: Sequence[str], at_ms: int) -> int:
        """Remove entries that had expired at a time; see ``WatchlistStore.remove_expired``."""
        if not entry_ids:
            return 0
        with self._file.writing() as connection:
            gone = [key for key in dict.fromkeys(entry_ids) if _expired(connection, key, at_ms)]
            for entry_id in gone:
                connection.execute("DELETE FROM entries WHERE entry_id = ?", (entry_id,))
                _change(connection, entry_id)
        return len(gone)

    def get(self, entry_id: str) -> WatchlistEntry:
        """Return an entry; see ``WatchlistStore.get``."""
        with self._file.reading() as connection:
            return _known_entry(connection, entry_id)

    def snapshot(self) -> Snapshot:
        """Return all entries; see ``WatchlistStore.snapshot``."""
        with self._file.reading() as connection:
            rows = connection.execute("SELECT entry_id, value FROM entries ORDER BY entry_id").fetchall()
            revision = connection.execute(_REVISION).fetchone()[0]
        return Snapshot(revision, *decode_entries(rows))

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
            found = {key: _value(connection, key) for key in changed}
        put, damaged = decode_entries((key, value) for key, value in found.items() if value is not None)
        return Changes(revision, put, tuple(key for key, value in found.items() if value is None), damaged)


def _change(connection: Connection, entry_id: str) -> int:
    """Write down that an entry changed, and forget what is too long ago; return the new revision."""
    revision = connection.execute("INSERT INTO changes (entry_id) VALUES (?)", (entry_id,)).lastrowid or 0
    connection.execute("DELETE FROM changes WHERE revision <= ?", (revision - MOST_CHANGES,))
    return revision


def _entry(connection: Connection, entry_id: str) -> WatchlistEntry | None:
    value = _value(connection, entry_id)
    return None if value is None else decode_entry(entry_id, value)


def _value(connection: Connection, entry_id: str) -> bytes | None:
    row = connection.execute("SELECT value FROM entries WHERE entry_id = ?", (entry_id,)).fetchone()
    return None if row is None else bytes(row[0])


def _expired(connection: Connection, entry_id: str, at_ms: int) -> bool:
    with suppress(StoreError):  # nobody knows when a damaged entry expires
        entry = _entry(connection, entry_id)
        return entry is not None and entry.has_expired(at_ms)
    return False


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
