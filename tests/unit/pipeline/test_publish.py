"""Publishing to a log that is not always there."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest

from pipeline.clock import SystemClock
from pipeline.errors import LogError
from pipeline.log.base import Topic
from pipeline.log.sqlite import SqliteLog
from pipeline.publish import Publisher, PublishSettings
from pipeline.records import CaptureClock, Phase, Sighting
from pipeline.wire import decode_sighting
from tests.waiting import until

QUICK = PublishSettings(flush_every_s=0.02, first_wait_s=0.01, longest_wait_s=0.02, patience_s=0.1)


def sighting(number: int) -> Sighting:
    """Return a sighting."""
    return Sighting(
        sighting_id=f"{number}-0",
        tracklet_id=str(number),
        sequence=0,
        phase=Phase.OPEN,
        camera_id="gate",
        captured_at_ms=1000 * number,
        first_seen_at_ms=0,
        last_seen_at_ms=0,
        clock=CaptureClock.GIVEN,
        box_xyxy=(0, 0, 10, 30),
        frame_size_wh=(160, 120),
        confidence=0.9,
        quality=0.9,
        crops_pooled=1,
        model_id="none",
        vector=np.ones(4, np.float16),
        crop_jpeg=b"",
    )


class Away(SqliteLog):
    """A log that takes nothing while it is away."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.away = Event()

    def append(self, topic: str, key: str, value: bytes, timestamp_ms: int) -> None:
        """Append, or refuse."""
        if self.away.is_set():
            raise LogError("the log is away")
        super().append(topic, key, value, timestamp_ms)

    def flush(self, timeout_s: float = 30.0) -> None:
        """Flush, or refuse."""
        if self.away.is_set():
            raise LogError("the log is away")
        super().flush(timeout_s)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Away]:
    """Return a log that is there."""
    with Away(tmp_path / "log.db") as each:
        yield each
        each.away.clear()  # a log is flushed when it is closed


def told(log: SqliteLog) -> list[str]:
    """Return the ids in the log."""
    return [decode_sighting(record.value).sighting_id for record in log.read(Topic.SIGHTINGS, 0)]


def test_what_was_published_is_in_the_log_when_the_publisher_is_closed(log: Away) -> None:
    """Nothing is missing and nothing is twice, in the order of publishing."""
    with Publisher(log, SystemClock(), QUICK) as publisher:
        for number in range(50):
            publisher.publish(sighting(number))
    assert told(log) == [f"{number}-0" for number in range(50)]
    assert publisher.published == 50


def test_no_failure_makes_a_sighting_forgotten(log: Away) -> None:
    """However often publishing has raised, a flush after the log's return makes all of it durable."""
    with Publisher(log, SystemClock(), QUICK) as publisher:
        log.away.set()
        for number in range(5):
            with pytest.raises(LogError, match="has not taken"):
                publisher.publish(sighting(number))
        assert publisher.unacknowledged == 5
        log.away.clear()
        publisher.flush()
    assert sorted(set(told(log))) == [f"{number}-0" for number in range(5)]


def test_who_is_in_a_hurry_does_not_wait_out_the_patience(log: Away) -> None:
    """A publisher of an hour's patience gives up at once when it is told to hurry, and leaves without another try."""
    publisher = Publisher(
        log, SystemClock(), PublishSettings(first_wait_s=0.01, longest_wait_s=0.02, patience_s=3600.0)
    )
    errors: list[LogError] = []

    def publish() -> None:
        try:
            with publisher:
                publisher.publish(sighting(1))
        except LogError as error:
            errors.append(error)

    log.away.set()
    thread = Thread(target=publish, daemon=True)
    thread.start()
    publisher.hurry(0.05)
    thread.join(60)
    assert not thread.is_alive()
    assert len(errors) == 1


class Strange(SqliteLog):
    """A log whose client fails as nobody reckoned with, when it is told to."""

    fails = False
    takes = True

    def append(self, topic: str, key: str, value: bytes, timestamp_ms: int) -> None:
        """Append, or fail."""
        if not self.takes:
            raise RuntimeError("nobody reckoned with that")
        super().append(topic, key, value, timestamp_ms)

    def flush(self, timeout_s: float = 30.0) -> None:
        """Flush, or fail."""
        if self.fails:
            raise RuntimeError("nobody reckoned with this")
        super().flush(timeout_s)


def test_the_flusher_outlives_what_nobody_reckoned_with(tmp_path: Path) -> None:
    """An error that is none of the log's is told to whoever publishes, and flushing goes on once it has gone."""
    with Strange(tmp_path / "log.db") as log, Publisher(log, SystemClock(), QUICK) as publisher:
        log.fails = True

        def told() -> str:
            try:
                publisher.publish(sighting(publisher.unacknowledged))
            except LogError as error:
                return str(error)
            return ""

        until(lambda: "nobody reckoned with this" in told())
        log.fails = False
        until(lambda: publisher.published > 0 and publisher.unacknowledged == 0)


def test_what_is_published_after_a_strange_failure_is_in_the_log(tmp_path: Path) -> None:
    """A sighting whose publishing told of the failure before it stands in the log once that has gone."""
    published = 0
    with Strange(tmp_path / "log.db") as log, Publisher(log, SystemClock(), QUICK) as publisher:
        log.fails = True

        def refused() -> bool:
            nonlocal published
            published += 1
            try:
                publisher.publish(sighting(published))
            except LogError:
                return True
            return False

        until(refused)
        log.fails = False
        publisher.flush()
        assert set(told(log)) == {f"{number + 1}-0" for number in range(published)}


def test_what_a_strange_failure_kept_from_the_log_is_not_forgotten(tmp_path: Path) -> None:
    """A sighting that the log's client failed on stands in the log when the publisher is closed."""
    with Strange(tmp_path / "log.db") as log:
        with Publisher(log, SystemClock(), QUICK) as publisher:
            log.takes = False
            with pytest.raises(RuntimeError, match="nobody reckoned with that"):
                publisher.publish(sighting(1))
            log.takes = True
        assert told(log) == ["1-0"]


class Forgetful(SqliteLog):
    """A log whose client loses what was appended, and says so once, when it is told to."""

    loses = False

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._given: list[tuple[str, str, bytes, int]] = []

    def append(self, topic: str, key: str, value: bytes, timestamp_ms: int) -> None:
        """Take a record, which is in the log once it is flushed."""
        self._given.append((topic, key, value, timestamp_ms))

    def flush(self, timeout_s: float = 30.0) -> None:
        """Flush, or lose and say so."""
        given, self._given = self._given, []
        if self.loses:
            self.loses = False
            raise RuntimeError("nobody reckoned with this")
        for record in given:
            super().append(*record)
        super().flush(timeout_s)


def test_what_was_flushed_with_a_strange_failure_is_handed_over_again(tmp_path: Path) -> None:
    """A log that tells of a loss once, and as nobody reckoned with, is given the sighting again by the next flush."""
    with Forgetful(tmp_path / "log.db") as log:
        with Publisher(log, SystemClock(), replace(QUICK, flush_every_s=3600.0)) as publisher:
            publisher.publish(sighting(1))
            log.loses = True
            with pytest.raises(RuntimeError, match="nobody reckoned with this"):
                publisher.flush()
        assert told(log) == ["1-0"]


def test_while_the_log_is_asked_again_the_trouble_is_told(log: Away) -> None:
    """However patient the publisher is and though nobody publishes, what the log said is told until all is there."""
    with Publisher(log, SystemClock(), replace(QUICK, patience_s=3600.0)) as publisher:
        publisher.publish(sighting(1))
        until(lambda: publisher.unacknowledged == 0)
        assert publisher.trouble is None
        log.away.set()
        Thread(target=publisher.publish, args=[sighting(2)], daemon=True).start()
        until(lambda: publisher.trouble == "the log is away")
        log.away.clear()
        until(lambda: publisher.unacknowledged == 0)
        assert publisher.trouble is None
