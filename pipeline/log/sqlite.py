"""The embedded event log: one SQLite file, one partition a topic.

Of a group one member is served at a time, the others wait: it holds a lease that it renews as it polls, and gives
back as it closes. A member that dies is succeeded when its lease has run out. For more than that there is Kafka.
"""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from pathlib import Path
from sqlite3 import Connection
from threading import Lock
from types import TracebackType
from typing import Self

from pipeline.clock import Clock, SystemClock
from pipeline.errors import LogError
from pipeline.log.base import LogRecord, StartAt
from pipeline.log.shapes import SHAPES, TopicState
from pipeline.log.size import check_size
from pipeline.log.sqlite_retention import SCHEMA as RETENTION_SCHEMA
from pipeline.log.sqlite_retention import SqliteRetention
from pipeline.log.sqlite_tables import has_table, holds_one_table, make_tables, part_by_topic, table_of
from pipeline.sqlite_file import SqliteFile

LEASE_S = 10.0
_UNDER_WAY = 256  # records that wait for a flush, at most
_LOOK_S = 0.05  # between two looks for new records
_PAGE = 500

_Record = tuple[str, str, int, bytes]  # topic, key, timestamp in ms, value

_SCHEMA = """
CREATE TABLE IF NOT EXISTS positions (
    member_group TEXT NOT NULL, topic TEXT NOT NULL, "offset" INTEGER NOT NULL, PRIMARY KEY (member_group, topic));
CREATE TABLE IF NOT EXISTS leases (
    member_group TEXT PRIMARY KEY, member TEXT NOT NULL, until_ms INTEGER NOT NULL);
"""
_END = 'SELECT COALESCE(MAX("offset") + 1, 0) FROM {}'
_HELD = "SELECT COUNT(*), MIN(timestamp_ms), MAX(timestamp_ms) FROM {}"
_FROM = 'SELECT "offset", key, timestamp_ms, value FROM {} WHERE "offset" >= ?'


class SqliteLog:
    """An ``EventLog`` in a file."""

    def __init__(self, path: Path, clock: Clock | None = None) -> None:
        """Open the file, or make it.

        Raises:
            LogError: it cannot be opened.
        """
        self._file = SqliteFile(path, _SCHEMA + RETENTION_SCHEMA, LogError)
        self._keep_tables()
        self._clock = clock or SystemClock()
        self._retention = SqliteRetention(self._clock)
        self._lock = Lock()
        self._under_way: list[_Record] = []
        self._closed = False

    def _keep_tables(self) -> None:
        with self._file.reading() as connection:
            kept = not holds_one_table(connection)
        if not kept:
            with self._file.writing() as connection:
                part_by_topic(connection)

    def append(self, topic: str, key: str, value: bytes, timestamp_ms: int) -> None:
        """Send a record on its way; see ``EventLog.append``."""
        check_size(topic, value)
        with self._lock:
            if self._closed:
                raise LogError(f"the log {self._file.path} is closed; nothing can be appended")
            self._under_way.append((topic, key, timestamp_ms, value))
            if len(self._under_way) >= _UNDER_WAY:
                self._write()

    def flush(self, timeout_s: float = 30.0) -> None:
        """Write what is under way; see ``EventLog.flush``. The file answers or refuses within its own time."""
        del timeout_s
        with self._lock:
            self._write()

    def _write(self) -> None:
        """Write all records under way in one transaction; on an error none is written, and none stays under way."""
        if not self._under_way:
            return
        under_way, self._under_way = self._under_way, []  # whoever is told of the error appends them again
        with self._file.writing() as connection:
            for topic, records in _by_topic(under_way).items():
                make_tables(connection, [topic])
                offsets = count(_end(connection, topic))
                rows = ((next(offsets), key, timestamp_ms, value) for _, key, timestamp_ms, value in records)
                connection.executemany(f"INSERT INTO {table_of(topic)} VALUES (?, ?, ?, ?)", rows)
            self._retention(connection)

    def subscribe(
        self, topics: Sequence[str], group: str, start_at: StartAt = StartAt.EARLIEST
    ) -> "SqliteSubscription":
        """Join a group; see ``EventLog.subscribe``."""
        return SqliteSubscription(self._file, topics, group, start_at, self._clock)

    def read(self, topic: str, since_ms: int) -> Iterator[LogRecord]:
        """Yield a topic's records from a time on; see ``EventLog.read``."""
        with self._file.reading() as connection:
            if not has_table(connection, topic):
                return
            end = _end(connection, topic)
            offset = _offset_at(connection, topic, since_ms)
        while offset < end:
            with self._file.reading() as connection:
                query = f'{_FROM.format(table_of(topic))} AND "offset" < ? ORDER BY "offset" LIMIT ?'
                rows = connection.execute(query, (offset, end, _PAGE))
                page = [LogRecord(topic, 0, *row) for row in rows]
            if not page:
                return
            yield from page
            offset = page[-1].offset + 1

    def describe(self, topic: str) -> TopicState:
        """Return what a topic holds; it is there from the beginning.

        Raises:
            LogError: the file cannot be read.
        """
        with self._file.reading() as connection:
            known = has_table(connection, topic)
            row = connection.execute(_HELD.format(table_of(topic))).fetchone() if known else (0, None, None)
        shape = SHAPES.get(topic)
        return TopicState(topic, 1, row[0], row[1], row[2], None if shape is None else shape.retention_h)

    def close(self) -> None:
        """Flush and let go."""
        if self._closed:
            return
        self._closed = True
        try:
            self.flush()
        finally:
            self._file.close()

    def __enter__(self) -> Self:
        """Enter."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


class SqliteSubscription:
    """A ``Subscription`` of a ``SqliteLog``."""

    def __init__(self, file: SqliteFile, topics: Sequence[str], group: str, start_at: StartAt, clock: Clock) -> None:
        self._file = file
        self._topics = tuple(dict.fromkeys(str(topic) for topic in topics))
        self._group = group
        self._clock = clock
        self._member = secrets.token_hex(8)
        self._lease_until_ms = 0
        self._generation = 0
        self._next: dict[str, int] | None = None  # the position, while the lease is held
        self._closed = False
        with self._file.writing() as connection:
            self._begin(connection, start_at)

    def _begin(self, connection: Connection, start_at: StartAt) -> None:
        """Give a group that is new to a topic its position there, so that what comes from now on is its own."""
        make_tables(connection, self._topics)
        for topic in self._topics:
            offset = _end(connection, topic) if start_at is StartAt.LATEST else 0
            connection.execute("INSERT OR IGNORE INTO positions VALUES (?, ?, ?)", (self._group, topic, offset))

    @property
    def generation(self) -> int:
        """How often the lease was taken; see ``Subscription.generation``."""
        return self._generation

    def poll(self, max_records: int, timeout_s: float) -> list[LogRecord]:
        """Return the next records; see ``Subscription.poll``."""
        self._check_open()
        until_s = self._clock.monotonic_s() + timeout_s
        while True:
            if self._hold_lease():
                records = self._take(max_records)
                if records:
                    return records
            left_s = until_s - self._clock.monotonic_s()
            if left_s <= 0:
                return []
            self._clock.sleep(min(_LOOK_S, left_s))

    def _hold_lease(self) -> bool:
        """Take or renew the lease where that is due; return whether it is held."""
        now_ms = self._clock.now_ms()
        if self._next is not None and now_ms < self._lease_until_ms - LEASE_S * 500:
            return True
        until_ms = now_ms + round(LEASE_S * 1000)
        with self._file.writing() as connection:
            holder = connection.execute(
                "SELECT member, until_ms FROM leases WHERE member_group = ?", (self._group,)
            ).fetchone()
            # One that lasts longer than any does is from before the clock was set back: nobody waits for that long.
            if holder is not None and holder[0] != self._member and now_ms < holder[1] <= until_ms:
                self._next = None
                return False
            connection.execute("INSERT OR REPLACE INTO leases VALUES (?, ?, ?)", (self._group, self._member, until_ms))
            if self._next is None or holder is None or holder[0] != self._member:
                self._next = self._positions(connection)
                self._generation += 1
        self._lease_until_ms = until_ms
        return True

    def _positions(self, connection: Connection) -> dict[str, int]:
        rows = connection.execute('SELECT topic, "offset" FROM positions WHERE member_group = ?', (self._group,))
        known = dict(rows.fetchall())
        return {topic: known[topic] for topic in self._topics}

    def _take(self, max_records: int) -> list[LogRecord]:
        records: list[LogRecord] = []
        position = self._next or {}
        with self._file.reading() as connection:
            for topic, offset in position.items():
                room = max_records - len(records)
                query = f'{_FROM.format(table_of(topic))} ORDER BY "offset" LIMIT ?'
                rows = connection.execute(query, (offset, room)).fetchall()
                records += [LogRecord(topic, 0, *row) for row in rows]
                position[topic] = rows[-1][0] + 1 if rows else offset
        return records

    def commit(self) -> None:
        """Remember the position for the group; see ``Subscription.commit``."""
        self._check_open()
        if self._next is None:
            return  # the lease is another's: so are the records
        with self._file.writing() as connection:
            holder = connection.execute("SELECT member FROM leases WHERE member_group = ?", (self._group,)).fetchone()
            if holder is None or holder[0] != self._member:
                self._next = None
                return
            rows = [(self._group, topic, offset) for topic, offset in self._next.items()]
            connection.executemany("INSERT OR REPLACE INTO positions VALUES (?, ?, ?)", rows)

    def seek_to_time(self, timestamp_ms: int) -> None:
        """Go to the first record of a time; see ``Subscription.seek_to_time``."""
        self._check_open()
        if self._hold_lease():
            with self._file.reading() as connection:
                self._next = {topic: _offset_at(connection, topic, timestamp_ms) for topic in self._topics}

    def lag(self) -> int:
        """Return how many records are still to come; see ``Subscription.lag``."""
        self._check_open()
        if self._next is None:
            return 0  # nothing is this member's
        with self._file.reading() as connection:
            return sum(_end(connection, topic) - at for topic, at in self._next.items())

    def close(self) -> None:
        """Leave the group."""
        if not self._closed:
            self._closed = True
            with self._file.writing() as connection:
                connection.execute(
                    "DELETE FROM leases WHERE member_group = ? AND member = ?", (self._group, self._member)
                )

    def _check_open(self) -> None:
        if self._closed:
            raise LogError(f"this member has left the group {self._group!r}; subscribe again")

    def __enter__(self) -> Self:
        """Enter."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


def _by_topic(records: Iterable[_Record]) -> dict[str, list[_Record]]:
    found: dict[str, list[_Record]] = {}
    for record in records:
        found.setdefault(record[0], []).append(record)
    return found


def _end(connection: Connection, topic: str) -> int:
    """Return the offset that the next record of a topic gets; the topic has a table."""
    return int(connection.execute(_END.format(table_of(topic))).fetchone()[0])


def _offset_at(connection: Connection, topic: str, timestamp_ms: int) -> int:
    """Return the offset of the first record of a time or later, the end where there is none."""
    query = f'SELECT MIN("offset") FROM {table_of(topic)} WHERE timestamp_ms >= ?'
    found = connection.execute(query, (timestamp_ms,)).fetchone()[0]
    return _end(connection, topic) if found is None else int(found)
