"""How long the embedded log keeps what."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.clock import ManualClock
from pipeline.log.base import Topic
from pipeline.log.sqlite import SqliteLog

START_MS = 1_700_000_000_000
_HOUR_S = 3600
_DAY_S = 24 * _HOUR_S


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that moves when told to."""
    return ManualClock(START_MS)


@pytest.fixture
def log(tmp_path: Path, clock: ManualClock) -> Iterator[SqliteLog]:
    """Return an empty log."""
    with SqliteLog(tmp_path / "log.db", clock) as opened:
        yield opened


def append(log: SqliteLog, key: str, topic: str = Topic.SIGHTINGS, captured_at_ms: int = START_MS) -> None:
    """Append a record and wait until it is on disk."""
    log.append(topic, key, b"a record", captured_at_ms)
    log.flush()


def keys(log: SqliteLog, topic: str = Topic.SIGHTINGS) -> list[str]:
    """Return the keys of what is there."""
    return [record.key for record in log.read(topic, 0)]


def test_records_go_once_they_are_older_than_the_retention(log: SqliteLog, clock: ManualClock) -> None:
    """A sighting is there for a week after it was written, give or take an hour, and then it goes."""
    for day in range(6):
        append(log, f"day {day}")
        clock.advance(_DAY_S)
    append(log, "day 6")
    assert len(keys(log)) == 7
    clock.advance(_DAY_S + 2 * _HOUR_S)
    append(log, "day 7")
    clock.advance(_DAY_S)
    append(log, "day 8")
    assert keys(log)[0] == "day 1"
    assert keys(log)[-1] == "day 8"


def test_footage_of_last_month_is_kept_as_long(log: SqliteLog, clock: ManualClock) -> None:
    """What counts is when a record was written, not when it was captured: old footage waits to be matched."""
    append(log, "old", captured_at_ms=START_MS - 60 * _DAY_S * 1000)
    clock.advance(_DAY_S)
    append(log, "new")
    assert keys(log) == ["old", "new"]


def test_offsets_go_on_after_everything_has_gone(log: SqliteLog, clock: ManualClock) -> None:
    """However long nothing was written, the next record has the next offset, and a reader finds it."""
    with log.subscribe([Topic.SIGHTINGS], "readers") as readers:
        append(log, "a")
        append(log, "b")
        assert len(readers.poll(10, 0.0)) == 2
        readers.commit()
        clock.advance(60 * _DAY_S)
        append(log, "c")
        clock.advance(60 * _DAY_S)
        append(log, "d")
        found = readers.poll(10, 0.0)
    assert [record.offset for record in found] == [2, 3]
    assert [record.offset for record in log.read(Topic.SIGHTINGS, 0)][-1] == 3


def test_a_clock_that_was_ahead_for_a_while_keeps_nothing_for_ever(log: SqliteLog, clock: ManualClock) -> None:
    """After the clock was wrong by a year and has been set back, what is older than the retention still goes."""
    clock.advance(365 * _DAY_S)
    append(log, "a year ahead")
    clock.advance(-365 * _DAY_S)
    log._retention._due_s = 0.0  # a manual clock takes the time of durations back as well
    for day in range(20):
        append(log, f"day {day}")
        clock.advance(_DAY_S)
    append(log, "day 20")
    assert keys(log)[0] == "day 13"


def test_other_topics_keep_their_own_time(log: SqliteLog, clock: ManualClock) -> None:
    """Alerts stay for thirty days, the watchlist's edits and topics that are not lookout's for ever."""
    for topic in (Topic.ALERTS, Topic.WATCHLIST, "somebody.else"):
        append(log, "first", topic)
    clock.advance(20 * _DAY_S)
    for topic in (Topic.ALERTS, Topic.WATCHLIST, "somebody.else"):
        append(log, "second", topic)
    assert keys(log, Topic.ALERTS) == ["first", "second"]
    for _ in range(3):
        clock.advance(20 * _DAY_S)
        for topic in (Topic.ALERTS, Topic.WATCHLIST, "somebody.else"):
            append(log, "later", topic)
    assert "first" not in keys(log, Topic.ALERTS)
    assert keys(log, Topic.WATCHLIST)[0] == keys(log, "somebody.else")[0] == "first"
