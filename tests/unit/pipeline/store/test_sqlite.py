"""What only the stores in a file have to hold to: several processes on one file."""

import sqlite3
from pathlib import Path
from threading import Timer

import numpy as np
import pytest

from pipeline.records import WatchlistEntry
from pipeline.store.sqlite import SqliteWatchlist

AT_MS = 1_700_000_000_000


def entry(entry_id: str) -> WatchlistEntry:
    """Return an entry."""
    vector = np.ones(16, np.float32)
    return WatchlistEntry(entry_id, "a man in red", vector, "tiny-1", 0.3, 0.01, "100 people of a test", 0, AT_MS)


def test_an_edit_is_heard_while_somebody_else_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has the file locked to write, as a matcher with many alerts has, keeps nobody from hearing of an edit."""
    monkeypatch.setattr("pipeline.sqlite_file._BUSY_S", 0.0)
    path = tmp_path / "store.db"
    with SqliteWatchlist(path) as store:
        store.put(entry("a"))
        writer = sqlite3.connect(path, isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")
        try:
            heard = store.changes(0, 0.0)
            snapshot = store.snapshot()
        finally:
            writer.close()
    assert heard is not None
    assert [each.entry_id for each in heard.put] == [each.entry_id for each in snapshot.entries] == ["a"]


def test_several_processes_may_make_the_file_at_once(tmp_path: Path) -> None:
    """Who opens the file while another process is making it waits for that, and is not told that it is locked."""
    path = tmp_path / "store.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    Timer(0.3, other.close).start()
    with SqliteWatchlist(path) as store:
        assert store.put(entry("a")) == 1
