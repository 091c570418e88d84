"""What every event log holds to; the same tests for each adapter."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import LogError
from pipeline.log.base import EventLog, LogRecord, StartAt, Subscription
from pipeline.log.open import open_log

TOPIC = "lookout.test"
AT_MS = 1_700_000_000_000


@pytest.fixture(params=["sqlite"])
def address(tmp_path: Path) -> str:
    """Return the address of an empty log."""
    return f"sqlite:///{tmp_path / 'log.db'}"


@pytest.fixture
def log(address: str) -> Iterator[EventLog]:
    """Return a log."""
    with open_log(address) as opened:
        yield opened


def fill(log: EventLog, count: int, start: int = 0) -> None:
    """Append numbered records of three cameras, a second apart, and wait until they are there."""
    for number in range(start, start + count):
        log.append(TOPIC, f"camera-{number % 3}", str(number).encode(), AT_MS + 1000 * number)
    log.flush()


def take(subscription: Subscription, count: int, timeout_s: float = 20.0) -> list[LogRecord]:
    """Poll until so many records came, or time is up."""
    records: list[LogRecord] = []
    until = time.monotonic() + timeout_s
    while len(records) < count and time.monotonic() < until:
        records += subscription.poll(count - len(records), 0.2)
    return records


def numbers(records: list[LogRecord]) -> list[int]:
    """Return the numbers of records in order."""
    return sorted(int(record.value) for record in records)


def test_what_is_appended_is_polled(log: EventLog) -> None:
    """A record comes back with its key, time and bytes, and says where it stands."""
    with log.subscribe([TOPIC], "readers") as readers:
        log.append(TOPIC, "gate", b"\x00\xff", AT_MS)
        log.flush()
        (record,) = take(readers, 1)
    assert (record.key, record.value, record.timestamp_ms) == ("gate", b"\x00\xff", AT_MS)
    assert record.coordinates == f"{TOPIC}[{record.partition}]@{record.offset}"


def test_records_of_a_key_keep_their_order(log: EventLog) -> None:
    """Of each camera the records come in the order they were appended."""
    fill(log, 300)
    with log.subscribe([TOPIC], "readers") as readers:
        records = take(readers, 300)
    assert numbers(records) == list(range(300))
    for camera in range(3):
        mine = [int(record.value) for record in records if record.key == f"camera-{camera}"]
        assert mine == sorted(mine)


def test_a_poll_brings_no_more_than_asked(log: EventLog) -> None:
    """No poll brings more records than were asked for, over all topics."""
    fill(log, 20)
    with log.subscribe([TOPIC], "readers") as readers:
        assert 0 < len(take(readers, 7)) <= 7


def test_an_empty_log_is_waited_for(log: EventLog) -> None:
    """A poll without records comes back empty after the time given."""
    with log.subscribe([TOPIC], "readers") as readers:
        readers.poll(10, 0.1)
        started = time.monotonic()
        assert readers.poll(10, 0.4) == []
        assert 0.3 <= time.monotonic() - started < 5


def test_what_is_committed_is_not_polled_again(address: str) -> None:
    """Another member, after a restart, goes on where the group has committed."""
    with open_log(address) as first:
        fill(first, 30)
        with first.subscribe([TOPIC], "readers") as readers:
            done = take(readers, 12)
            readers.commit()
    with open_log(address) as second, second.subscribe([TOPIC], "readers") as readers:
        rest = take(readers, 18)
        assert numbers(done + rest) == list(range(30))
        assert readers.poll(10, 0.3) == []


def test_what_is_not_committed_is_polled_again(log: EventLog) -> None:
    """A member that leaves without a commit leaves its records to the next."""
    fill(log, 10)
    with log.subscribe([TOPIC], "readers") as readers:
        assert len(take(readers, 10)) == 10
    with log.subscribe([TOPIC], "readers") as readers:
        assert numbers(take(readers, 10)) == list(range(10))


def test_groups_do_not_disturb_each_other(log: EventLog) -> None:
    """Each group gets every record."""
    fill(log, 10)
    for group in ("one", "other"):
        with log.subscribe([TOPIC], group) as readers:
            assert numbers(take(readers, 10)) == list(range(10))
            readers.commit()


def test_latest_begins_with_what_comes(log: EventLog) -> None:
    """A new group that starts at the latest gets only what is appended after it joined."""
    fill(log, 5)
    with log.subscribe([TOPIC], "readers", StartAt.LATEST) as readers:
        readers.poll(1, 0.5)
        fill(log, 5, start=5)
        assert numbers(take(readers, 5)) == [5, 6, 7, 8, 9]


def test_two_members_get_no_record_twice(log: EventLog) -> None:
    """Two members of a group get every record once between them, as long as both live and commit."""
    fill(log, 60)
    with log.subscribe([TOPIC], "readers") as one, log.subscribe([TOPIC], "readers") as other:
        records: list[LogRecord] = []
        until = time.monotonic() + 30
        while len(records) < 60 and time.monotonic() < until:
            for member in (one, other):
                records += member.poll(20, 0.2)
                member.commit()
    assert Counter(numbers(records)) == Counter(range(60))


def test_who_leaves_is_succeeded(log: EventLog) -> None:
    """When a member leaves, the others get what it had not committed, and all that comes."""
    fill(log, 20)
    with log.subscribe([TOPIC], "readers") as stays:
        with log.subscribe([TOPIC], "readers") as leaves:
            committed: list[LogRecord] = []
            until = time.monotonic() + 20
            while not committed and time.monotonic() < until:
                committed = leaves.poll(5, 0.2) or stays.poll(5, 0.2)
            stays.commit()
            leaves.commit()
            leaves.poll(5, 0.2)  # and dies with these
        rest = take(stays, 20 - len(committed))
    assert numbers(committed + rest) == list(range(20))


def test_time_can_be_sought(log: EventLog) -> None:
    """Seeking goes to the first record of a time or later; beyond the last there is nothing."""
    fill(log, 30)
    with log.subscribe([TOPIC], "readers") as readers:
        take(readers, 30)
        readers.seek_to_time(AT_MS + 19_500)
        assert numbers(take(readers, 10)) == list(range(20, 30))
        readers.seek_to_time(AT_MS + 99_000)
        assert readers.poll(10, 0.3) == []


def test_lag_is_what_is_left(log: EventLog) -> None:
    """The lag counts the records behind the position, and ends at none."""
    fill(log, 30)
    with log.subscribe([TOPIC], "readers") as readers:
        take(readers, 10)
        assert readers.lag() == 20
        take(readers, 20)
        assert readers.lag() == 0


def test_reading_joins_no_group(log: EventLog) -> None:
    """A log can be read from a time on, to where it ends now, however often."""
    fill(log, 30)
    for _ in range(2):
        assert numbers(list(log.read(TOPIC, AT_MS + 10_000))) == list(range(10, 30))
    assert list(log.read("lookout.empty", 0)) == []


def test_a_large_record_is_taken_and_a_huge_one_refused(log: EventLog) -> None:
    """Half a MiB goes through; two MiB are refused by name, and what was appended before is not lost."""
    log.append(TOPIC, "gate", b"x" * 500_000, AT_MS)
    with pytest.raises(LogError, match="2,097,152 bytes"):
        log.append(TOPIC, "gate", b"x" * 2_097_152, AT_MS)
    log.flush()
    with log.subscribe([TOPIC], "readers") as readers:
        assert [len(record.value) for record in take(readers, 1)] == [500_000]


def test_records_outlive_a_killed_process(address: str, log: EventLog) -> None:
    """What was flushed is there though its writer was killed right afterwards; what was not may be missing."""
    code = f"""
import os, signal
from pipeline.log.open import open_log
log = open_log({address!r})
for number in range(50):
    log.append({TOPIC!r}, "gate", str(number).encode(), {AT_MS})
log.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", code], check=False, timeout=60)
    assert killed.returncode == -9
    with log.subscribe([TOPIC], "readers") as readers:
        assert numbers(take(readers, 50)) == list(range(50))


def test_a_closed_log_says_so(address: str) -> None:
    """Appending to a closed log, and polling after leaving, are errors."""
    log = open_log(address)
    readers = log.subscribe([TOPIC], "readers")
    readers.close()
    with pytest.raises(LogError, match="left"):
        readers.poll(1, 0)
    log.close()
    with pytest.raises(LogError, match="closed"):
        log.append(TOPIC, "gate", b"", AT_MS)
