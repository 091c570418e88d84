"""What every event log holds to; the same tests for each adapter."""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.errors import LogError
from pipeline.log.base import EventLog, LogRecord, StartAt, Subscription
from pipeline.log.open import open_log
from pipeline.log.shapes import TopicShape
from pipeline.log.topics import create_topics

AT_MS = 1_700_000_000_000
PARTITIONS = 3
CAMERAS = 8  # spread over all partitions


@dataclass(frozen=True)
class Place:
    """An empty log, and names in it that no other test uses."""

    address: str
    topic: str
    quiet_topic: str
    group: str


@pytest.fixture(params=["sqlite", "kafka"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Return a log of each kind; on Kafka its topics have several partitions."""
    name = secrets.token_hex(4)
    names = (f"lookout.test-{name}", f"lookout.quiet-{name}", f"readers-{name}")
    if request.param == "sqlite":
        return Place(f"sqlite:///{tmp_path / 'log.db'}", *names)
    address = request.getfixturevalue("kafka_broker").address
    create_topics(address, {names[0]: TopicShape(PARTITIONS), names[1]: TopicShape(1)})
    return Place(address, *names)


@pytest.fixture
def log(place: Place) -> Iterator[EventLog]:
    """Return a log."""
    with open_log(place.address) as opened:
        yield opened


def fill(log: EventLog, topic: str, count: int, start: int = 0) -> None:
    """Append numbered records of several cameras, a second apart, and wait until they are there."""
    for number in range(start, start + count):
        log.append(topic, f"camera-{number % CAMERAS}", str(number).encode(), AT_MS + 1000 * number)
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


def test_what_is_appended_is_polled(place: Place, log: EventLog) -> None:
    """A record comes back with its key, time and bytes, and says where it stands."""
    with log.subscribe([place.topic], place.group) as readers:
        log.append(place.topic, "gate", b"\x00\xff", AT_MS)
        log.flush()
        (record,) = take(readers, 1)
    assert (record.key, record.value, record.timestamp_ms) == ("gate", b"\x00\xff", AT_MS)
    assert record.coordinates == f"{place.topic}[{record.partition}]@{record.offset}"


def test_records_of_a_key_keep_their_order(place: Place, log: EventLog) -> None:
    """Of each camera the records come in the order they were appended."""
    fill(log, place.topic, 300)
    with log.subscribe([place.topic], place.group) as readers:
        records = take(readers, 300)
    assert numbers(records) == list(range(300))
    for camera in range(CAMERAS):
        mine = [int(record.value) for record in records if record.key == f"camera-{camera}"]
        assert mine == sorted(mine)


def test_a_poll_brings_no_more_than_asked(place: Place, log: EventLog) -> None:
    """No poll brings more records than were asked for, over all topics."""
    fill(log, place.topic, 20)
    with log.subscribe([place.topic], place.group) as readers:
        assert 0 < len(take(readers, 7)) <= 7


def test_an_empty_log_is_waited_for(place: Place, log: EventLog) -> None:
    """A poll without records comes back empty after the time given."""
    with log.subscribe([place.topic], place.group) as readers:
        readers.poll(10, 0.1)
        started = time.monotonic()
        assert readers.poll(10, 0.4) == []
        assert 0.3 <= time.monotonic() - started < 5


def test_what_is_committed_is_not_polled_again(place: Place) -> None:
    """Another member, after a restart, goes on where the group has committed."""
    with open_log(place.address) as first:
        fill(first, place.topic, 30)
        with first.subscribe([place.topic], place.group) as readers:
            done = take(readers, 12)
            readers.commit()
    with open_log(place.address) as second, second.subscribe([place.topic], place.group) as readers:
        rest = take(readers, 18)
        assert numbers(done + rest) == list(range(30))
        assert readers.poll(10, 0.3) == []


def test_what_is_not_committed_is_polled_again(place: Place, log: EventLog) -> None:
    """A member that leaves without a commit leaves its records to the next."""
    fill(log, place.topic, 10)
    with log.subscribe([place.topic], place.group) as readers:
        assert len(take(readers, 10)) == 10
    with log.subscribe([place.topic], place.group) as readers:
        assert numbers(take(readers, 10)) == list(range(10))


def test_groups_do_not_disturb_each_other(place: Place, log: EventLog) -> None:
    """Each group gets every record."""
    fill(log, place.topic, 10)
    for group in ("one", "other"):
        with log.subscribe([place.topic], f"{place.group}-{group}") as readers:
            assert numbers(take(readers, 10)) == list(range(10))
            readers.commit()


def test_latest_begins_with_what_comes(place: Place, log: EventLog) -> None:
    """A new group that starts at the latest gets only what is appended after it joined."""
    fill(log, place.topic, 5)
    with log.subscribe([place.topic], place.group, StartAt.LATEST) as readers:
        fill(log, place.topic, 5, start=5)
        assert numbers(take(readers, 5)) == [5, 6, 7, 8, 9]


def test_two_members_get_no_record_twice(place: Place, log: EventLog) -> None:
    """Two members of a group get every record once between them, as long as both live and commit."""
    fill(log, place.topic, 60)
    with log.subscribe([place.topic], place.group) as one, log.subscribe([place.topic], place.group) as other:
        records: list[LogRecord] = []
        until = time.monotonic() + 30
        while len(records) < 60 and time.monotonic() < until:
            for member in (one, other):
                records += member.poll(20, 0.2)
                member.commit()
    assert Counter(numbers(records)) == Counter(range(60))


def test_who_leaves_is_succeeded(place: Place, log: EventLog) -> None:
    """When a member leaves, the others get what it had not committed, and all that comes."""
    fill(log, place.topic, 20)
    with log.subscribe([place.topic], place.group) as stays:
        with log.subscribe([place.topic], place.group) as leaves:
            committed: list[LogRecord] = []
            until = time.monotonic() + 20
            while not committed and time.monotonic() < until:
                committed = leaves.poll(5, 0.2) or stays.poll(5, 0.2)
            stays.commit()
            leaves.commit()
            leaves.poll(5, 0.2)  # and dies with these
        rest = take(stays, 20 - len(committed))
    assert numbers(committed + rest) == list(range(20))


def test_time_can_be_sought(place: Place, log: EventLog) -> None:
    """Seeking goes to the first record of a time or later; beyond the last there is nothing."""
    fill(log, place.topic, 30)
    with log.subscribe([place.topic], place.group) as readers:
        take(readers, 30)
        readers.seek_to_time(AT_MS + 19_500)
        assert numbers(take(readers, 10)) == list(range(20, 30))
        readers.seek_to_time(AT_MS + 99_000)
        assert readers.poll(10, 0.3) == []


def test_lag_is_what_is_left(place: Place, log: EventLog) -> None:
    """The lag counts the records behind the position, and ends at none."""
    fill(log, place.topic, 30)
    with log.subscribe([place.topic], place.group) as readers:
        take(readers, 10)
        assert readers.lag() == 20
        take(readers, 20)
        assert readers.lag() == 0


def test_reading_joins_no_group(place: Place, log: EventLog) -> None:
    """A log can be read from a time on, to where it ends now, however often."""
    fill(log, place.topic, 30)
    for _ in range(2):
        assert numbers(list(log.read(place.topic, AT_MS + 10_000))) == list(range(10, 30))
    assert list(log.read(place.quiet_topic, 0)) == []


def test_a_large_record_is_taken_and_a_huge_one_refused(place: Place, log: EventLog) -> None:
    """Half a MiB goes through; two MiB are refused by name, and what was appended before is not lost."""
    log.append(place.topic, "gate", b"x" * 500_000, AT_MS)
    with pytest.raises(LogError, match="2,097,152 bytes"):
        log.append(place.topic, "gate", b"x" * 2_097_152, AT_MS)
    log.flush()
    with log.subscribe([place.topic], place.group) as readers:
        assert [len(record.value) for record in take(readers, 1)] == [500_000]


def test_records_outlive_a_killed_process(place: Place, log: EventLog) -> None:
    """What was flushed is there though its writer was killed right afterwards; what was not may be missing."""
    code = f"""
import os, signal
from pipeline.log.open import open_log
log = open_log({place.address!r})
for number in range(50):
    log.append({place.topic!r}, "gate", str(number).encode(), {AT_MS})
log.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", code], check=False, timeout=60)
    assert killed.returncode == -9
    with log.subscribe([place.topic], place.group) as readers:
        assert numbers(take(readers, 50)) == list(range(50))


MEMBER = """
import sys
from pathlib import Path
from pipeline.log.open import open_log
address, topic, group, heard, commits = sys.argv[1:]
with open_log(address) as log, log.subscribe([topic], group) as member, Path(heard).open("a") as out:
    print("ready", file=out, flush=True)
    while True:
        records = member.poll(5, 0.2)
        if commits == "yes":
            member.commit()
        for record in records:
            print(record.value.decode(), file=out, flush=True)
"""


def start_member(place: Place, heard: Path, *, commits: bool) -> subprocess.Popen[bytes]:
    """Start a process that joins the group and writes down what it gets."""
    heard.touch()
    told = [place.address, place.topic, place.group, str(heard), "yes" if commits else "no"]
    return subprocess.Popen([sys.executable, "-c", MEMBER, *told])


def wait_for_lines(files: list[Path], count: int, timeout_s: float = 40.0) -> list[int]:
    """Return the numbers that members wrote down, once there are so many, or time is up."""
    until = time.monotonic() + timeout_s
    while True:
        found = [int(line) for file in files for line in file.read_text().split() if line != "ready"]
        if len(found) >= count or time.monotonic() > until:
            return sorted(found)
        time.sleep(0.05)


def test_members_in_two_processes_share(place: Place, log: EventLog, tmp_path: Path) -> None:
    """Two processes of a group get every record once between them, those that come later included."""
    heard = [tmp_path / "one", tmp_path / "other"]
    fill(log, place.topic, 30)
    members = [start_member(place, file, commits=True) for file in heard]
    try:
        assert wait_for_lines(heard, 30) == list(range(30))
        for file in heard:
            until = time.monotonic() + 20
            while "ready" not in file.read_text() and time.monotonic() < until:
                time.sleep(0.05)
        fill(log, place.topic, 30, start=30)
        assert Counter(wait_for_lines(heard, 60)) == Counter(range(60))
    finally:
        for member in members:
            member.kill()
            member.wait()


def test_a_killed_member_is_succeeded(place: Place, log: EventLog, tmp_path: Path) -> None:
    """What a member got and had not committed when it was killed, another gets, though nobody left the group."""
    heard = tmp_path / "killed"
    fill(log, place.topic, 12)
    with start_member(place, heard, commits=False) as member:
        try:
            assert wait_for_lines([heard], 12) == list(range(12))
        finally:
            os.kill(member.pid, signal.SIGKILL)
    with log.subscribe([place.topic], place.group) as heir:
        assert numbers(take(heir, 12, timeout_s=40)) == list(range(12))


def test_a_closed_log_says_so(place: Place) -> None:
    """Appending to a closed log, and polling after leaving, are errors."""
    log = open_log(place.address)
    readers = log.subscribe([place.topic], place.group)
    readers.close()
    with pytest.raises(LogError, match="left"):
        readers.poll(1, 0)
    log.close()
    with pytest.raises(LogError, match="closed"):
        log.append(place.topic, "gate", b"", AT_MS)
