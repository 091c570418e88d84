"""The loops that the event log is measured against: kafka-python and SQLite with nothing around them."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer

from pipeline.log.kafka.address import parse_kafka_address

Record = tuple[str, bytes, int]  # key, value, timestamp in ms


class Lane(Protocol):
    """One side of the race."""

    def publish(self, records: Sequence[Record]) -> None:
        """Append records, and wait until they are durable."""
        ...

    def poll(self, most: int) -> int:
        """Take the next records, commit, and return how many they were."""
        ...

    def close(self) -> None:
        """Let go."""
        ...


class BareKafka:
    """A producer and a consumer, set up for the same guarantees."""

    def __init__(self, address: str, topic: str) -> None:
        options = parse_kafka_address(address).options()
        self._topic = topic
        self._producer = KafkaProducer(
            **options, acks="all", enable_idempotence=True, linger_ms=5, batch_size=256 * 1024, metrics_enabled=False
        )
        self._consumer = KafkaConsumer(
            topic,
            **options,
            group_id=topic,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            metrics_enabled=False,
        )

    def publish(self, records: Sequence[Record]) -> None:
        """Send records and flush."""
        for key, value, timestamp_ms in records:
            self._producer.send(self._topic, value, key=key.encode(), timestamp_ms=timestamp_ms)
        self._producer.flush()

    def poll(self, most: int) -> int:
        """Poll once and commit."""
        batches = self._consumer.poll(1000, max_records=most)
        self._consumer.commit()
        return sum(map(len, batches.values()))

    def close(self) -> None:
        """Let go."""
        self._producer.close()
        self._consumer.close()


class BareSqlite:
    """A table, written in transactions of 256 rows and read in order, with the same durability."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("CREATE TABLE records (place INTEGER PRIMARY KEY, key, timestamp_ms, value)")
        self._connection.execute("CREATE TABLE positions (reader TEXT PRIMARY KEY, place INTEGER)")
        self._place = 0

    def publish(self, records: Sequence[Record]) -> None:
        """Insert records, 256 in a transaction."""
        for start in range(0, len(records), 256):
            self._connection.execute("BEGIN IMMEDIATE")
            rows = ((key, timestamp_ms, value) for key, value, timestamp_ms in records[start : start + 256])
            self._connection.executemany("INSERT INTO records (key, timestamp_ms, value) VALUES (?, ?, ?)", rows)
            self._connection.execute("COMMIT")

    def poll(self, most: int) -> int:
        """Select the next rows and write down the place."""
        query = "SELECT place, key, timestamp_ms, value FROM records WHERE place > ? ORDER BY place LIMIT ?"
        rows: list[Any] = self._connection.execute(query, (self._place, most)).fetchall()
        self._place = rows[-1][0] if rows else self._place
        self._connection.execute("INSERT OR REPLACE INTO positions VALUES ('bench', ?)", (self._place,))
        return len(rows)

    def close(self) -> None:
        """Let go."""
        self._connection.close()


def drop_topics(address: str, topics: Sequence[str]) -> None:
    """Remove topics of a bench."""
    admin = KafkaAdminClient(**parse_kafka_address(address).options())
    try:
        admin.delete_topics(list(topics))
    finally:
        admin.close()
