"""A SQLite file that several processes share; what the embedded log and stores stand on."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

from pipeline.errors import PipelineError

_BUSY_S = 10.0  # how long another process may hold the file
_AGAIN_S = 0.02
_PAGE_BYTES = 16_384  # three sightings; in SQLite's own pages of 4 KiB not even one fits, with its crop


class SqliteFile:
    """One connection, for all threads of a process, one at a time. Every commit is on disk when it returns."""

    def __init__(self, path: Path, schema: str, failure: type[PipelineError]) -> None:
        """Open the file, or make it.

        Args:
            path: of the file; its folder must be there.
            schema: statements that make the tables where they are not there yet.
            failure: what trouble with the file is raised as.
        """
        self.path = path
        self._failure = failure
        self._lock = RLock()
        with self._translated("open"):
            self._connection = sqlite3.connect(path, _BUSY_S, isolation_level=None, check_same_thread=False)
            try:
                self._connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")  # counts for a new file only
                self._keep_journal()
                self._connection.execute("PRAGMA synchronous = FULL")  # an acknowledged write survives a power cut
                self._connection.executescript(schema)
            except BaseException:
                self._connection.close()
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give the connection for queries: all see the file as the first one does, and none waits for who writes."""
        with self._lock, self._translated("read"), self._transaction("BEGIN"):
            yield self._connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give the connection within a transaction: all of it is written, or on an error nothing."""
        with self._lock, self._translated("write"), self._transaction("BEGIN IMMEDIATE"):
            yield self._connection

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def _keep_journal(self) -> None:
        """Let who reads and who writes not wait for each other; remembered in the file, so the first time is special.

        Where several processes make the file at once, SQLite refuses all but one without waiting.
        """
        until_s = time.monotonic() + _BUSY_S
        while True:
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() >= until_s:
                    raise
                time.sleep(_AGAIN_S)
            else:
                return

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        self._connection.execute(begin)
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    @contextmanager
    def _translated(self, deed: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self._failure(f"cannot {deed} {self.path}: {error}; {_remedy(error, self.path)}") from error


def _remedy(error: sqlite3.Error, path: Path) -> str:
    text = str(error)
    if "not a database" in text:
        return "it is another kind of file, or damaged: name another, or restore it"
    if "unable to open" in text:
        return f"see that the folder {path.parent} is there and may be written to"
    if "disk" in text and "full" in text:
        return "make room on the disk; what was acknowledged is kept"
    if "locked" in text:
        return f"another process has held it for {_BUSY_S:g} s: see which"
    if "closed" in text:
        return "it was closed before"
    return "see that the disk has room and is sound, and the rights on the file"
