"""The embedded log's tables of records: one a topic, in the order of its offsets.

A record is found by its offset without an index of its own, which makes publishing cheaper than one table with a column
for the topic would; `lookout bench log` tells by how much the log keeps up with bare SQLite.
"""

from collections.abc import Iterable
from sqlite3 import Connection

_COLUMNS = '"offset" INTEGER PRIMARY KEY, key TEXT NOT NULL, timestamp_ms INTEGER NOT NULL, value BLOB NOT NULL'


def table_of(topic: str) -> str:
    """Return the name of a topic's table, quoted for a statement."""
    return _quoted(f"records {topic}")


def has_table(connection: Connection, topic: str) -> bool:
    """Return whether anybody has written to a topic or subscribed to it."""
    return _there(connection, f"records {topic}")


def make_tables(connection: Connection, topics: Iterable[str]) -> None:
    """Make the tables of topics where they are not there yet; call it within a transaction that writes."""
    for topic in topics:
        connection.execute(f"CREATE TABLE IF NOT EXISTS {table_of(topic)} ({_COLUMNS})")
        by_time = _quoted(f"times {topic}")
        connection.execute(f"CREATE INDEX IF NOT EXISTS {by_time} ON {table_of(topic)} (timestamp_ms)")


def holds_one_table(connection: Connection) -> bool:
    """Return whether all topics share one table, the first form of this file."""
    return _there(connection, "records")


def part_by_topic(connection: Connection) -> None:
    """Move the records of a table that all topics share; call it within a transaction that writes.

    They keep their offsets. Where an earlier version has made that table anew, they follow what is there.
    """
    if not holds_one_table(connection):
        return  # another process was quicker
    topics = [topic for (topic,) in connection.execute("SELECT DISTINCT topic FROM records")]
    make_tables(connection, topics)
    for topic in topics:
        (last,) = connection.execute(f'SELECT MAX("offset") FROM {table_of(topic)}').fetchone()
        first = 'SELECT MIN("offset") FROM records WHERE topic = ?'
        by = 0 if last is None else last + 1 - connection.execute(first, (topic,)).fetchone()[0]
        moved = 'SELECT "offset" + ?, key, timestamp_ms, value FROM records WHERE topic = ? ORDER BY "offset"'
        connection.execute(f"INSERT INTO {table_of(topic)} {moved}", (by, topic))
    connection.execute("DROP TABLE records")


def _there(connection: Connection, table: str) -> bool:
    query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
    return connection.execute(query, (table,)).fetchone() is not None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
