"""The embedded alert store: tables of the file that the watchlist is in."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from sqlite3 import Connection

from pipeline.errors import UnknownAlertError
from pipeline.records import Alert
from pipeline.store.base import AlertFilter, Review
from pipeline.store.encoding import decode, encode
from pipeline.store.merging import merge
from pipeline.store.sqlite import SqliteStore

_SCHEMA = """
CREATE TABLE IF NOT EXISTS alerts (
    alert_id TEXT PRIMARY KEY, entry_id TEXT NOT NULL, camera_id TEXT NOT NULL, state TEXT NOT NULL,
    captured_at_ms INTEGER NOT NULL, value BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS alerts_by_time ON alerts (captured_at_ms);
CREATE INDEX IF NOT EXISTS alerts_by_entry ON alerts (entry_id, camera_id, captured_at_ms);
CREATE TABLE IF NOT EXISTS reviews (
    place INTEGER PRIMARY KEY AUTOINCREMENT, alert_id TEXT NOT NULL, value BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS reviews_by_alert ON reviews (alert_id, place);
CREATE TABLE IF NOT EXISTS raisings (alert_id TEXT PRIMARY KEY, raised_at_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS raisings_by_time ON raisings (raised_at_ms);
"""
# Where an earlier version wrote alerts, the second is the smaller.
_COUNTS = "SELECT (SELECT COUNT(*) FROM alerts), (SELECT COUNT(*) FROM raisings)"
_DUE = "SELECT alert_id FROM raisings WHERE raised_at_ms < ? ORDER BY raised_at_ms LIMIT ?"


class SqliteAlerts(SqliteStore):
    """An ``AlertStore`` in a file."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it.

        Raises:
            StoreError: it cannot be opened.
        """
        super().__init__(path, _SCHEMA)

    def upsert(self, alert: Alert) -> bool:
        """Write or improve an alert; see ``AlertStore.upsert``."""
        with self._file.writing() as connection:
            stored = _alert(connection, alert.alert_id)
            merged = alert if stored is None else merge(stored, alert)
            if merged == stored:
                return False
            _write_alert(connection, merged)
            return True

    def get(self, alert_id: str) -> Alert:
        """Return an alert; see ``AlertStore.get``."""
        with self._file.reading() as connection:
            return _known_alert(connection, alert_id)

    def find(self, wanted: AlertFilter) -> list[Alert]:
        """Return the alerts that pass; see ``AlertStore.find``."""
        where, values = _conditions(wanted)
        with self._file.reading() as connection:
            rows = connection.execute(f"SELECT alert_id, value FROM alerts {where}", values).fetchall()  # noqa: S608
        return [decode(value, Alert, f"alert {key}") for key, value in rows]

    def ids(self, wanted: AlertFilter) -> list[str]:
        """Return the ids of the alerts that pass; see ``AlertStore.ids``."""
        where, values = _conditions(wanted)
        with self._file.reading() as connection:
            rows = connection.execute(f"SELECT alert_id FROM alerts {where}", values).fetchall()  # noqa: S608
        return [key for (key,) in rows]

    def review(self, review: Review) -> Alert:
        """Set an alert's state; see ``AlertStore.review``."""
        with self._file.writing() as connection:
            alert = replace(_known_alert(connection, review.alert_id), state=review.state)
            _write_alert(connection, alert)
            connection.execute("INSERT INTO reviews (alert_id, value) VALUES (?, ?)", (review.alert_id, encode(review)))
            return alert

    def reviews(self, alert_id: str) -> list[Review]:
        """Return what was said of an alert; see ``AlertStore.reviews``."""
        with self._file.reading() as connection:
            query = "SELECT value FROM reviews WHERE alert_id = ? ORDER BY place"
            rows = connection.execute(query, (alert_id,)).fetchall()
        return [decode(value, Review, f"review of alert {alert_id}") for (value,) in rows]

    def remove(self, alert_ids: Sequence[str]) -> int:
        """Remove alerts for good; see ``AlertStore.remove``."""
        keys = [(alert_id,) for alert_id in alert_ids]
        if not keys:
            return 0
        with self._file.writing() as connection:
            connection.executemany("DELETE FROM raisings WHERE alert_id = ?", keys)
            connection.executemany("DELETE FROM reviews WHERE alert_id = ?", keys)
            return connection.executemany("DELETE FROM alerts WHERE alert_id = ?", keys).rowcount

    def expire(self, now_ms: int, keep_ms: int, most: int) -> int:
        """Remove alerts that were raised too long ago; see ``AlertStore.expire``."""
        with self._file.reading() as connection:
            alerts, raisings = connection.execute(_COUNTS).fetchone()
            due = connection.execute(_DUE, (now_ms - keep_ms, most)).fetchall()
        if alerts > raisings:
            with self._file.writing() as connection:
                connection.execute("INSERT OR IGNORE INTO raisings SELECT alert_id, ? FROM alerts", (now_ms,))
        return self.remove([key for (key,) in due])


def _conditions(wanted: AlertFilter) -> tuple[str, tuple[str | int, ...]]:
    """Return the end of a query, from WHERE on, and its values."""
    conditions = {
        "entry_id = ?": wanted.entry_id,
        "camera_id = ?": wanted.camera_id,
        "state = ?": wanted.state,
        "captured_at_ms >= ?": wanted.since_ms,
        "captured_at_ms < ?": wanted.until_ms,
    }
    held = {condition: value for condition, value in conditions.items() if value is not None}
    where = f"WHERE {' AND '.join(held)} " if held else ""
    return f"{where}ORDER BY captured_at_ms DESC, alert_id LIMIT ?", (*held.values(), wanted.limit)


def _write_alert(connection: Connection, alert: Alert) -> None:
    row = (alert.alert_id, alert.entry_id, alert.camera_id, alert.state, alert.captured_at_ms, encode(alert))
    connection.execute("INSERT OR REPLACE INTO alerts VALUES (?, ?, ?, ?, ?, ?)", row)
    connection.execute("INSERT OR REPLACE INTO raisings VALUES (?, ?)", (alert.alert_id, alert.raised_at_ms))


def _alert(connection: Connection, alert_id: str) -> Alert | None:
    row = connection.execute("SELECT value FROM alerts WHERE alert_id = ?", (alert_id,)).fetchone()
    return None if row is None else decode(row[0], Alert, f"alert {alert_id}")


def _known_alert(connection: Connection, alert_id: str) -> Alert:
    found = _alert(connection, alert_id)
    if found is None:
        raise UnknownAlertError(f"there is no alert {alert_id!r}; `lookout alerts list` shows those there are")
    return found
