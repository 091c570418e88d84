"""What only the log in a file has to hold to: strange files, a full disk, and members that come too late."""

import resource
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.clock import ManualClock
from pipeline.errors import LogError
from pipeline.log.sqlite import LEASE_S, SqliteLog

TOPIC = "lookout.test"


def test_a_file_of_another_kind_is_told(tmp_path: Path) -> None:
    """A file that is no database is named, and left as it is."""
    path = tmp_path / "notes.txt"
    path.write_text("no database, " * 100)
    with pytest.raises(LogError, match=r"notes\.txt: file is not a database; it is another kind of file"):
        SqliteLog(path)
    assert path.read_text().startswith("no database")


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    """A folder that is not there is named."""
    with pytest.raises(LogError, match=r"see that the folder .*nowhere is there"):
        SqliteLog(tmp_path / "nowhere" / "log.db")


def test_a_full_disk_is_told_and_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    """When there is no more room, flush says so; what was flushed before can be read, and later records are taken."""
    path = tmp_path / "log.db"
    code = f"""
import resource, sys
from pathlib import Path
from pipeline.errors import LogError
from pipeline.log.sqlite import SqliteLog
with SqliteLog(Path({str(path)!r})) as log:
    log.append({TOPIC!r}, "gate", b"kept", 0)
    log.flush()
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
    log.append({TOPIC!r}, "gate", b"x" * 900_000, 1)
    try:
        log.flush()
    except LogError as error:
        print(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    log.append({TOPIC!r}, "gate", b"later", 2)
    log.flush()
    print([record.value for record in log.read({TOPIC!r}, 0)])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    told, held = done.stdout.splitlines()
    assert str(path) in told
    assert "disk" in told
    assert held == "[b'kept', b'later']"
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def test_a_member_that_comes_back_too_late_commits_nothing(tmp_path: Path) -> None:
    """Once another member was given the group, the first one's commit does not count, and is no error."""
    clock = ManualClock(1_700_000_000_000)
    with SqliteLog(tmp_path / "log.db", clock) as log:
        for number in range(6):
            log.append(TOPIC, "gate", str(number).encode(), 0)
        log.flush()
        with log.subscribe([TOPIC], "readers") as slow, log.subscribe([TOPIC], "readers") as heir:
            assert len(slow.poll(4, 0)) == 4
            assert heir.poll(4, 0) == []
            clock.advance(LEASE_S + 1)
            assert len(heir.poll(2, 0)) == 2
            heir.commit()
            slow.commit()
            assert slow.poll(4, 0) == []
        with log.subscribe([TOPIC], "readers") as last:
            assert [record.value for record in last.poll(10, 0)] == [b"2", b"3", b"4", b"5"]


def test_a_clock_that_is_set_back_keeps_nobody_waiting(tmp_path: Path) -> None:
    """When the clock goes back by an hour, another member goes on at once, and the first one's commit does not count."""
    clock = ManualClock(1_700_000_000_000)
    with SqliteLog(tmp_path / "log.db", clock) as log:
        for number in range(4):
            log.append(TOPIC, "gate", str(number).encode(), 0)
        log.flush()
        with log.subscribe([TOPIC], "readers") as first, log.subscribe([TOPIC], "readers") as heir:
            assert len(first.poll(4, 0)) == 4
            clock.advance(-3600.0)
            assert len(heir.poll(4, 0)) == 4
            first.commit()
            heir.commit()
            assert first.poll(4, 0) == []


def test_what_a_flush_refused_is_no_longer_under_way(tmp_path: Path) -> None:
    """After an error, appending everything again writes it once."""
    path = tmp_path / "log.db"
    with SqliteLog(path) as log:
        log.append(TOPIC, "gate", b"one", 0)
        log.flush()
        other = sqlite3.connect(path, isolation_level=None)
        other.execute(f'ALTER TABLE "records {TOPIC}" ADD COLUMN more')
        log.append(TOPIC, "gate", b"two", 0)
        with pytest.raises(LogError, match="cannot write"):
            log.flush()
        other.execute(f'ALTER TABLE "records {TOPIC}" DROP COLUMN more')
        other.close()
        log.append(TOPIC, "gate", b"two", 0)
        log.flush()
        assert [record.value for record in log.read(TOPIC, 0)] == [b"one", b"two"]


def write_first_form(path: Path, *offsets: int) -> None:
    """Write records as the first form of the file has them, on a file of any form, as an earlier version does."""
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        old.executescript(
            'CREATE TABLE IF NOT EXISTS records (topic TEXT NOT NULL, "offset" INTEGER NOT NULL, key TEXT NOT NULL,'
            ' timestamp_ms INTEGER NOT NULL, value BLOB NOT NULL, UNIQUE (topic, "offset"));'
            'CREATE INDEX IF NOT EXISTS records_by_time ON records (topic, timestamp_ms, "offset");'
        )
        for offset in offsets:
            old.execute("INSERT INTO records VALUES (?, ?, 'gate', ?, ?)", (TOPIC, offset, offset * 10, b"old"))


@pytest.mark.parametrize("offsets", [(0, 1), (6, 7)])
def test_what_an_earlier_version_wrote_to_a_later_form_follows(tmp_path: Path, offsets: tuple[int, int]) -> None:
    """Records of an earlier version that came to the file after a later one had it stand behind those that it held."""
    path = tmp_path / "log.db"
    write_first_form(path, 5, 6)
    with SqliteLog(path) as log:
        log.append(TOPIC, "gate", b"new", 80)
    write_first_form(path, *offsets)
    with SqliteLog(path) as log:
        records = [(record.offset, record.value) for record in log.read(TOPIC, 0)]
    assert records == [(5, b"old"), (6, b"old"), (7, b"new"), (8, b"old"), (9, b"old")]


def test_a_file_whose_topics_share_one_table_goes_on(tmp_path: Path) -> None:
    """A file of the first form keeps its records, their offsets and its groups' places, and takes further records."""
    path = tmp_path / "log.db"
    write_first_form(path, 5, 6, 7)
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        old.execute(
            'CREATE TABLE positions (member_group TEXT NOT NULL, topic TEXT NOT NULL, "offset" INTEGER NOT NULL,'
            " PRIMARY KEY (member_group, topic));"
        )
        old.execute("INSERT INTO records VALUES ('other \"topic\"', 0, 'gate', 0, ?)", (b"other",))
        old.execute("INSERT INTO positions VALUES ('readers', ?, 6)", (TOPIC,))
    with SqliteLog(path) as log:
        log.append(TOPIC, "gate", b"new", 80)
        log.flush()
        assert [record.offset for record in log.read(TOPIC, 60)] == [6, 7, 8]
        assert [record.value for record in log.read('other "topic"', 0)] == [b"other"]
        with log.subscribe([TOPIC], "readers") as readers:
            assert [record.value for record in readers.poll(10, 0)] == [b"old", b"old", b"new"]
