"""Topics of a bench's own on a log that may be a site's: made at its beginning, dropped at its end."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from pipeline.address import log_scheme
from pipeline.bench.bare_logs import drop_topics
from pipeline.log.base import EventLog, LogRecord, StartAt, Subscription, Topic
from pipeline.log.shapes import SHAPES
from pipeline.log.topics import create_topics


class RenamedLog:
    """An ``EventLog`` whose topics have other names in the log behind it; records keep those names."""

    def __init__(self, log: EventLog, names: Mapping[str, str]) -> None:
        """Rename the topics that ``names`` has."""
        self._log = log
        self._names = names

    def append(self, topic: str, key: str, value: bytes, timestamp_ms: int) -> None:
        """Send a record on its way; see ``EventLog.append``."""
        self._log.append(self._names.get(topic, topic), key, value, timestamp_ms)

    def flush(self, timeout_s: float = 30.0) -> None:
        """Wait until everything is durable; see ``EventLog.flush``."""
        self._log.flush(timeout_s)

    def subscribe(self, topics: Sequence[str], group: str, start_at: StartAt = StartAt.EARLIEST) -> Subscription:
        """Join a group; see ``EventLog.subscribe``."""
        return self._log.subscribe([self._names.get(topic, topic) for topic in topics], group, start_at)

    def read(self, topic: str, since_ms: int) -> Iterator[LogRecord]:
        """Yield a topic's records from a time on; see ``EventLog.read``."""
        return self._log.read(self._names.get(topic, topic), since_ms)

    def close(self) -> None:
        """Flush and let go."""
        self._log.close()

    def __enter__(self) -> Self:
        """Enter."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


@contextmanager
def own_topics(address: str) -> Iterator[Mapping[str, str]]:
    """Make topics shaped as lookout's; yield their names by lookout's. On SQLite the names stay as they are.

    Raises:
        LogError: the log does not answer, or refuses.
    """
    if log_scheme(address) == "sqlite":
        yield {}
        return
    mark = secrets.token_hex(4)
    names = {str(topic): f"lookout.bench-{mark}.{topic.name.lower()}" for topic in Topic}
    create_topics(address, {names[topic]: shape for topic, shape in SHAPES.items()})
    try:
        yield names
    finally:
        drop_topics(address, list(names.values()))
