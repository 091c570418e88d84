"""The port of the event log: topics of partitions of records, read by consumer groups, as Kafka means them."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self

import msgspec


class Topic(StrEnum):
    """The topics of lookout."""

    SIGHTINGS = "lookout.sightings"  # wire format of pipeline/wire.py, key: camera id
    ALERTS = "lookout.alerts"  # CloudEvents in JSON, key: alert id
    DEAD_LETTERS = "lookout.dead-letters"  # records that could not be read, with their coordinates
    WATCHLIST = "lookout.watchlist"  # edits of the watchlist, for whoever keeps their own copy; key: entry id


class LogRecord(msgspec.Struct, frozen=True, gc=False):
    """A record as it stands in the log; a struct, because many thousands a second are made."""

    topic: str
    partition: int
    offset: int
    key: str
    # When what it tells of was captured, not when it was written; on Kafka, at most an hour after that.
    timestamp_ms: int
    value: bytes

    @property
    def coordinates(self) -> str:
        """Where it stands: ``topic[partition]@offset``."""
        return f"{self.topic}[{self.partition}]@{self.offset}"


class StartAt(StrEnum):
    """Where a group begins that has committed nothing yet."""

    EARLIEST = "earliest"
    LATEST = "latest"


class Subscription(Protocol):
    """One member of a consumer group. Not thread-safe: one thread polls, commits and closes."""

    @property
    def generation(self) -> int:
        """A number that is another once another member may have had partitions of what was polled last."""
        ...

    def poll(self, max_records: int, timeout_s: float) -> list[LogRecord]:
        """Return the next records, at most ``max_records``; block up to ``timeout_s`` while there are none.

        Records of one partition come in the order of their offsets, none twice to the same group unless a member
        died or left before it committed. An empty list means only that nothing came in time.

        Raises:
            LogError: the log does not answer, or reading has stalled.
        """
        ...

    def commit(self) -> None:
        """Remember for the group that all records polled so far are dealt with; durable on return.

        Where the group has meanwhile given a partition to another member, that partition's records are not
        committed and will be polled by the other: at least once, never lost.

        Raises:
            LogError: the log does not answer; nothing may have been committed.
        """
        ...

    def seek_to_time(self, timestamp_ms: int) -> None:
        """Go, in every partition, to the first record of that time or later; to the end where there is none."""
        ...

    def lag(self) -> int:
        """Return how many records stand between this member's position and the end of its partitions."""
        ...

    def close(self) -> None:
        """Leave the group; what was polled and not committed goes to others."""
        ...

    def __enter__(self) -> Self:
        """Enter."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        ...


class EventLog(Protocol):
    """Appends records and hands out subscriptions. ``append`` and ``flush`` may be called from several threads."""

    def append(self, topic: str, key: str, value: bytes, timestamp_ms: int) -> None:
        """Send a record on its way; records of one key keep their order.

        Blocks while too many records are under way. Durable only once a later ``flush`` has returned.

        Raises:
            LogError: the record is too large, the log does not answer, or an earlier record was not taken. That is told
                once: those who do not append each other's records again need a log each.
        """
        ...

    def flush(self, timeout_s: float = 30.0) -> None:
        """Block until every record appended so far is durable.

        Raises:
            LogError: one was not taken or not in time; the message says how many and why.
        """
        ...

    def subscribe(self, topics: Sequence[str], group: str, start_at: StartAt = StartAt.EARLIEST) -> Subscription:
        """Join ``group`` on ``topics``.

        Raises:
            LogError: the log does not answer.
        """
        ...

    def read(self, topic: str, since_ms: int) -> Iterator[LogRecord]:
        """Yield every record of a topic from a time on, up to where each partition ends now; joins no group.

        Records of one partition come in the order of their offsets.

        Raises:
            LogError: the log does not answer.
        """
        ...

    def close(self) -> None:
        """Flush and let go; appending afterwards is an error."""
        ...

    def __enter__(self) -> Self:
        """Enter."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        ...
