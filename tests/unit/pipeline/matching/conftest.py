"""A site in memory: a log, a store of alerts and a watchlist, all real code, and sightings to put in."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pytest

from pipeline.clock import ManualClock
from pipeline.errors import UnknownAlertError
from pipeline.log.base import LogRecord, StartAt, Topic
from pipeline.log.size import check_size
from pipeline.log.sqlite import SqliteLog
from pipeline.match import Matcher, MatcherPorts, MatcherSettings
from pipeline.records import Alert, CaptureClock, Phase, Sighting, WatchlistEntry
from pipeline.store.base import AlertFilter
from pipeline.store.sqlite_alerts import SqliteAlerts
from pipeline.threshold.background import Background
from pipeline.wire import decode_alert, encode_sighting

DIM = 16
START_MS = 1_700_000_000_000 // 43_200_000 * 43_200_000 + 3_600_000  # an hour into a window of the backgrounds


class Closing:
    """What is closed at the end of a with block."""

    def __enter__(self) -> Self:
        """Enter."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Let go of nothing."""


class MemoryLog(Closing):
    """An event log of two partitions that forgets with its process; what was not flushed dies with ``die``."""

    def __init__(self, partitions: int = 2) -> None:
        self._partitions = partitions
        self._topics: dict[str, list[list[LogRecord]]] = {}
        self._pending: list[tuple[str, str, bytes, int]] = []
        self._history: list[LogRecord] = []
        self.committed: dict[tuple[str, str, int], int] = {}

    def append(self, topic: str, key: str, value: bytes, timestamp_ms: int) -> None:
        """Send a record on its way."""
        check_size(topic, value)
        self._pending.append((topic, key, value, timestamp_ms))

    def flush(self, timeout_s: float = 30.0) -> None:  # noqa: ARG002 - of the port
        """Write what is under way."""
        for topic, key, value, timestamp_ms in self._pending:
            place = sum(key.encode()) % self._partitions
            part = self.partitions(topic)[place]
            part.append(LogRecord(topic, place, len(part), key, timestamp_ms, value))
            self._history.append(part[-1])
        self._pending.clear()

    def partitions(self, topic: str) -> list[list[LogRecord]]:
        """Return the records of a topic."""
        return self._topics.setdefault(topic, [[] for _ in range(self._partitions)])

    def subscribe(
        self, topics: Sequence[str], group: str, start_at: StartAt = StartAt.EARLIEST
    ) -> "MemorySubscription":
        """Join; a group has one member here."""
        return MemorySubscription(self, topics, group, start_at)

    def read(self, topic: str, since_ms: int) -> Iterator[LogRecord]:
        """Yield what was captured since, in the order it came."""
        yield from (each for each in self._history if each.topic == topic and each.timestamp_ms >= since_ms)

    def again(self) -> "MemoryLog":
        """Return the log as another process finds it when this one was killed: what was not flushed is lost."""
        self._pending.clear()
        return self


class MemorySubscription(Closing):
    """The only member of a group."""

    generation = 0

    def __init__(self, log: MemoryLog, topics: Sequence[str], group: str, start_at: StartAt) -> None:
        self._log, self._group = log, group
        ends = {(topic, i): len(p) for topic in topics for i, p in enumerate(log.partitions(topic))}
        self._next = {
            (topic, i): log.committed.get((group, topic, i), 0 if start_at is StartAt.EARLIEST else end)
            for (topic, i), end in ends.items()
        }

    def poll(self, max_records: int, timeout_s: float) -> list[LogRecord]:  # noqa: ARG002 - of the port
        """Return the next records, without waiting."""
        found: list[LogRecord] = []
        for (topic, i), first in self._next.items():
            part = self._log.partitions(topic)[i][first : first + max_records - len(found)]
            self._next[topic, i] += len(part)
            found += part
        return found

    def commit(self) -> None:
        """Remember what was polled."""
        for (topic, i), place in self._next.items():
            self._log.committed[self._group, topic, i] = place

    def seek_to_time(self, timestamp_ms: int) -> None:
        """Go to a time."""
        for topic, i in self._next:
            later = [r.offset for r in self._log.partitions(topic)[i] if r.timestamp_ms >= timestamp_ms]
            self._next[topic, i] = min(later, default=len(self._log.partitions(topic)[i]))

    def lag(self) -> int:
        """Return how many records wait."""
        return sum(len(self._log.partitions(topic)[i]) - place for (topic, i), place in self._next.items())


class MemoryAlerts(Closing):
    """An alert store that forgets with its process."""

    def __init__(self) -> None:
        self.alerts: dict[str, Alert] = {}

    def upsert(self, alert: Alert) -> bool:
        """Write or improve."""
        known = self.alerts.get(alert.alert_id)
        if known is None:
            self.alerts[alert.alert_id] = alert
            return True
        better = alert if alert.similarity > known.similarity else known
        merged = replace(
            better,
            first_seen_at_ms=min(alert.first_seen_at_ms, known.first_seen_at_ms),
            last_seen_at_ms=max(alert.last_seen_at_ms, known.last_seen_at_ms),
            raised_at_ms=min(alert.raised_at_ms, known.raised_at_ms),
            state=known.state,
        )
        self.alerts[alert.alert_id] = merged
        return merged != known

    def get(self, alert_id: str) -> Alert:
        """Return one."""
        if alert_id not in self.alerts:
            raise UnknownAlertError(alert_id)
        return self.alerts[alert_id]

    def remove(self, alert_ids: Sequence[str]) -> int:
        """Remove some."""
        return sum(self.alerts.pop(alert_id, None) is not None for alert_id in alert_ids)

    def find(self, wanted: AlertFilter) -> list[Alert]:
        """Return those that pass."""
        found = [
            alert
            for alert in self.alerts.values()
            if wanted.entry_id in (None, alert.entry_id)
            and wanted.camera_id in (None, alert.camera_id)
            and wanted.state in (None, alert.state)
            and (wanted.since_ms is None or alert.captured_at_ms >= wanted.since_ms)
            and (wanted.until_ms is None or alert.captured_at_ms < wanted.until_ms)
        ]
        return sorted(found, key=lambda alert: -alert.captured_at_ms)[: wanted.limit]


@dataclass
class Watchlist:
    """A watchlist in memory."""

    entries: tuple[WatchlistEntry, ...]
    revision: int = 1

    @property
    def vectors(self) -> np.ndarray:
        """The entries' vectors."""
        return np.array([entry.vector for entry in self.entries], np.float32).reshape(-1, DIM)


def unit(*weights: float) -> np.ndarray:
    """Return a unit vector with these first coordinates."""
    vector = np.zeros(DIM)
    vector[: len(weights)] = weights
    return vector / np.linalg.norm(vector)


def person(similarity: float, axis: int = 0) -> np.ndarray:
    """Return a person of that similarity to the sentence along an axis."""
    vector = np.zeros(DIM)
    vector[axis], vector[-1] = similarity, np.sqrt(1 - similarity**2)
    return vector.astype(np.float16)


@dataclass
class Site:
    """Everything that a matcher is connected to, and what came of it."""

    background: Background
    log: Any = field(default_factory=MemoryLog)
    alerts: Any = field(default_factory=MemoryAlerts)
    clock: ManualClock = field(default_factory=lambda: ManualClock(START_MS))
    watchlist: Watchlist = field(default_factory=lambda: Watchlist((entry(),)))

    def matcher(self, batch: int = 500, group: str = "matchers") -> Matcher:
        """Return a new matcher, of the same group unless another is named."""
        ports = MatcherPorts(self.log, self.alerts, lambda: self.watchlist, self.clock)
        return Matcher(ports, self.background, MatcherSettings(group, batch=batch, poll_s=0.01))

    def publish(self, *sightings: Sighting) -> None:
        """Put sightings into the log."""
        for each in sightings:
            self.log.append(Topic.SIGHTINGS, each.camera_id, encode_sighting(each), each.captured_at_ms)
        self.log.flush()

    def match(self, batch: int = 500, group: str = "matchers") -> Matcher:
        """Match everything that waits, and return the matcher."""
        matcher = self.matcher(batch, group)
        while matcher.step():
            pass
        matcher.close()
        return matcher

    def records(self, topic: Topic) -> list[LogRecord]:
        """Return what is in the log."""
        return list(self.log.read(topic, 0))

    def told(self) -> list[Alert]:
        """Return the alerts as the log tells of them."""
        return [decode_alert(record.value) for record in self.records(Topic.ALERTS)]

    def stored(self) -> list[Alert]:
        """Return the alerts as the store has them, oldest first."""
        return sorted(self.alerts.find(AlertFilter(limit=1000)), key=lambda alert: alert.captured_at_ms)


def entry(entry_id: str = "red", axis: int = 0, **changes: Any) -> WatchlistEntry:
    """Return an entry that people of similarity 0.5 or more match."""
    vector = np.zeros(DIM, np.float32)
    vector[axis] = 1
    plain = WatchlistEntry(entry_id, f"{entry_id} coat", vector, "model-1", 0.5, 0.01, "nowhere", 1, START_MS)
    return replace(plain, **changes)


def sighting(
    tracklet: str = "a", at_s: float = 0.0, similarity: float = 0.8, sequence: int = 0, **changes: Any
) -> Sighting:
    """Return a sighting, so many seconds after the start."""
    at_ms = START_MS + round(at_s * 1000)
    plain = Sighting(
        sighting_id=f"{tracklet}-{sequence}",
        tracklet_id=tracklet,
        sequence=sequence,
        phase=Phase.OPEN if sequence == 0 else Phase.UPDATE,
        camera_id="gate",
        captured_at_ms=at_ms,
        first_seen_at_ms=at_ms,
        last_seen_at_ms=at_ms,
        clock=CaptureClock.WALL,
        box_xyxy=(1.0, 2.0, 33.0, 66.0),
        frame_size_wh=(640, 480),
        confidence=0.9,
        quality=0.8,
        crops_pooled=1,
        model_id="model-1",
        vector=person(similarity),
        crop_jpeg=f"crop of {tracklet}-{sequence}".encode(),
    )
    return replace(plain, **changes)


@pytest.fixture(scope="session")
def background() -> Background:
    """Return people of other places."""
    vectors = np.random.default_rng(0).standard_normal((500, DIM)) / 8
    return Background(vectors.astype(np.float16), "model-1", "other places")


@pytest.fixture
def site(background: Background) -> Site:
    """Return a site with one entry on its watchlist."""
    return Site(background)


class FileLog(SqliteLog):
    """The embedded log; another process has to wait until the lease of a killed one has run out."""

    def __init__(self, path: Path, clock: ManualClock) -> None:
        super().__init__(path, clock)
        self._path, self._manual = path, clock

    def again(self) -> "FileLog":
        """Return the log as another process finds it when this one was killed."""
        self._manual.advance(60)
        return FileLog(self._path, self._manual)


@pytest.fixture(params=["memory", "sqlite"])
def new_site(request: pytest.FixtureRequest, background: Background, tmp_path: Path) -> Iterator[Callable[[], Site]]:
    """Return a function that makes sites, in memory and on the embedded log and store."""
    opened: list[Any] = []

    def make() -> Site:
        if request.param == "memory":
            return Site(background)
        clock = ManualClock(START_MS)
        log, alerts = FileLog(tmp_path / "log.db", clock), SqliteAlerts(tmp_path / "alerts.db")
        opened.extend((log, alerts))
        return Site(background, log, alerts, clock)

    yield make
    for each in opened:
        each.close()


@pytest.fixture
def two_processes(background: Background, tmp_path: Path) -> Iterator[tuple[Site, Site]]:
    """Return a site as two processes have it open at once, on the embedded log and store."""
    clock = ManualClock(START_MS)
    alerts = SqliteAlerts(tmp_path / "alerts.db")
    sites = [Site(background, FileLog(tmp_path / "log.db", clock), alerts, clock) for _ in range(2)]
    yield sites[0], sites[1]
    for each in (alerts, *(site.log for site in sites)):
        each.close()


@pytest.fixture
def make_entry() -> Callable[..., WatchlistEntry]:
    """Return ``entry``."""
    return entry


@pytest.fixture
def make_sighting() -> Callable[..., Sighting]:
    """Return ``sighting``."""
    return sighting
