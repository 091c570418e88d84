"""How long the embedded log keeps records: as long after they were written as Kafka would after their capture.

By the time of writing, because footage of last month that is read today must not be gone before it is matched. Each
topic's end is marked once an hour; what stands before the last mark that is older than the retention goes.
"""

from collections.abc import Mapping
from sqlite3 import Connection

from pipeline.clock import Clock
from pipeline.log.shapes import SHAPES, TopicShape
from pipeline.log.sqlite_tables import has_table, table_of

SCHEMA = """
CREATE TABLE IF NOT EXISTS marks (topic TEXT NOT NULL, at_ms INTEGER NOT NULL, "offset" INTEGER NOT NULL,
    PRIMARY KEY (topic, at_ms));
"""
_MARK_EVERY_MS = 3_600_000
_LOOK_EVERY_S = 60.0
_MOST_AT_ONCE = 5_000  # records that go in one look, so that no write takes long


class SqliteRetention:
    """Lets old records go, a few at a time, within the transactions of whoever appends. Not thread-safe."""

    def __init__(self, clock: Clock, shapes: Mapping[str, TopicShape] = SHAPES) -> None:
        self._clock = clock
        self._kept_ms = {
            str(topic): round(shape.retention_h * 3_600_000)
            for topic, shape in shapes.items()
            if shape.retention_h is not None
        }
        self._due_s = 0.0

    def __call__(self, connection: Connection) -> None:
        """Look, when it is time to; call it within a transaction that writes."""
        if self._clock.monotonic_s() < self._due_s:
            return
        self._due_s = self._clock.monotonic_s() + _LOOK_EVERY_S
        now_ms = self._clock.now_ms()
        for topic, kept_ms in self._kept_ms.items():
            if not has_table(connection, topic):
                continue
            self._mark(connection, topic, now_ms)
            self._drop(connection, topic, now_ms - kept_ms)

    def _mark(self, connection: Connection, topic: str, now_ms: int) -> None:
        # Marks of the future are from before the clock was set back: until it is there again, none would be made.
        connection.execute("DELETE FROM marks WHERE topic = ? AND at_ms > ?", (topic, now_ms))
        (last_ms,) = connection.execute("SELECT MAX(at_ms) FROM marks WHERE topic = ?", (topic,)).fetchone()
        if last_ms is None or now_ms - last_ms >= _MARK_EVERY_MS:
            (newest,) = connection.execute(f'SELECT MAX("offset") FROM {table_of(topic)}').fetchone()
            if newest is not None:  # it never goes: offsets are counted on from it
                connection.execute("INSERT INTO marks VALUES (?, ?, ?)", (topic, now_ms, newest))

    def _drop(self, connection: Connection, topic: str, before_ms: int) -> None:
        query = 'SELECT MAX(at_ms), "offset" FROM marks WHERE topic = ? AND at_ms <= ?'
        at_ms, end = connection.execute(query, (topic, before_ms)).fetchone()
        if at_ms is None:
            return
        connection.execute("DELETE FROM marks WHERE topic = ? AND at_ms < ?", (topic, at_ms))
        (first,) = connection.execute(f'SELECT MIN("offset") FROM {table_of(topic)}').fetchone()
        if first is not None and first < end:
            until = min(end, first + _MOST_AT_ONCE)
            connection.execute(f'DELETE FROM {table_of(topic)} WHERE "offset" < ?', (until,))
