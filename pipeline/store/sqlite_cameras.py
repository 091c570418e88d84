"""The embedded camera store: tables of the file that watchlist and alerts are in.

Leases are timed by the monotonic clock, which all processes of a machine share and nobody sets; a file is never shared
by two machines.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from sqlite3 import Connection

from pipeline.camera import Camera
from pipeline.clock import Clock, SystemClock
from pipeline.store.cameras import ENDED, Beat, CameraRoll, Lease
from pipeline.store.dividing import Life, divide, living
from pipeline.store.encoding import decode_camera, decode_cameras, decode_leases, encode, unknown_camera
from pipeline.store.sqlite import SqliteStore

_SCHEMA = """
CREATE TABLE IF NOT EXISTS cameras (camera_id TEXT PRIMARY KEY, value BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS camera_members (member TEXT PRIMARY KEY, beat_at_s REAL NOT NULL, lease_s REAL NOT NULL);
CREATE TABLE IF NOT EXISTS camera_leases (camera_id TEXT PRIMARY KEY, value BLOB NOT NULL);
"""


class SqliteCameras(SqliteStore):
    """A ``CameraStore`` in a file."""

    def __init__(self, path: Path, clock: Clock | None = None) -> None:
        """Open the file, or make it.

        Raises:
            StoreError: it cannot be opened.
        """
        super().__init__(path, _SCHEMA)
        self._clock = clock or SystemClock()

    def put(self, camera: Camera) -> Camera:
        """Write a camera; see ``CameraStore.put``."""
        with self._file.writing() as connection:
            stored = _camera(connection, camera.camera_id)
            lease = _leases(connection).get(camera.camera_id)
            if lease is not None and lease.report.state == ENDED:
                connection.execute("DELETE FROM camera_leases WHERE camera_id = ?", (camera.camera_id,))
            numbered = replace(camera, version=1 if stored is None else stored.version + 1)
            connection.execute("INSERT OR REPLACE INTO cameras VALUES (?, ?)", (camera.camera_id, encode(numbered)))
        return numbered

    def remove(self, camera_id: str) -> None:
        """Remove a camera; see ``CameraStore.remove``."""
        with self._file.writing() as connection:
            if not connection.execute("DELETE FROM cameras WHERE camera_id = ?", (camera_id,)).rowcount:
                raise unknown_camera(camera_id)

    def get(self, camera_id: str) -> Camera:
        """Return a camera; see ``CameraStore.get``."""
        with self._file.reading() as connection:
            found = _camera(connection, camera_id)
        if found is None:
            raise unknown_camera(camera_id)
        return found

    def cameras(self) -> CameraRoll:
        """Return all cameras; see ``CameraStore.cameras``."""
        with self._file.reading() as connection:
            rows = connection.execute("SELECT camera_id, value FROM cameras ORDER BY camera_id").fetchall()
        return decode_cameras(rows)

    def share(self, beat: Beat) -> Mapping[str, Lease]:
        """Prolong a member's life and divide the cameras; see ``CameraStore.share``."""
        with self._file.writing() as connection:
            now_s = self._clock.monotonic_s()  # once the file is ours: waiting for it may take a while
            before = _lives(connection).get(beat.member)
            newcomer = None if before is not None and before.lasts(now_s) else beat.member
            row = (beat.member, now_s, beat.lease_s)
            connection.execute("INSERT OR REPLACE INTO camera_members VALUES (?, ?, ?)", row)
            lives, stored = _lives(connection), _leases(connection)
            dead = [member for member, life in lives.items() if not life.lasts(now_s)]
            connection.executemany("DELETE FROM camera_members WHERE member = ?", [(member,) for member in dead])
            after = divide(beat, living(lives, stored, now_s, newcomer), lives.keys() - set(dead))
            gone = [(key,) for key in stored.keys() - after.keys()]
            connection.executemany("DELETE FROM camera_leases WHERE camera_id = ?", gone)
            new = [(key, encode(lease)) for key, lease in after.items() if stored.get(key) != lease]
            connection.executemany("INSERT OR REPLACE INTO camera_leases VALUES (?, ?)", new)
        return after

    def leave(self, member: str) -> None:
        """End a member's life; see ``CameraStore.leave``."""
        with self._file.writing() as connection:
            connection.execute("DELETE FROM camera_members WHERE member = ?", (member,))

    def leases(self) -> Mapping[str, Lease]:
        """Return the leases that count; see ``CameraStore.leases``."""
        with self._file.reading() as connection:
            return living(_lives(connection), _leases(connection), self._clock.monotonic_s())


def _camera(connection: Connection, camera_id: str) -> Camera | None:
    row = connection.execute("SELECT value FROM cameras WHERE camera_id = ?", (camera_id,)).fetchone()
    return None if row is None else decode_camera(camera_id, row[0])


def _lives(connection: Connection) -> dict[str, Life]:
    rows = connection.execute("SELECT member, beat_at_s, lease_s FROM camera_members")
    return {member: Life(beat_at_s, lease_s) for member, beat_at_s, lease_s in rows}


def _leases(connection: Connection) -> dict[str, Lease]:
    return decode_leases(connection.execute("SELECT camera_id, value FROM camera_leases"))
