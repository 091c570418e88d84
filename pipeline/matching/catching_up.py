"""Alerts that stand in the log and not in the store, because a matcher ended after it had published them.

Its batch is matched again, but against the watchlist of now: an entry that was edited or removed meanwhile comes to
another alert, or to none. So whoever begins with a partition first stores what was published of its records.
"""

from collections.abc import Hashable, Sequence

from pipeline.errors import RecordError
from pipeline.log.base import EventLog, LogRecord, Topic
from pipeline.records import Alert
from pipeline.store.base import AlertStore
from pipeline.wire import decode_alert

_LONGEST = 19  # digits of an offset
_SLACK_MS = 3_600_000  # by which a record's capture may lie before that of those that stand before it


class CatchingUp:
    """Follows which records were polled, and stores what is missing where others may have had them before."""

    def __init__(self, log: EventLog, alerts: AlertStore) -> None:
        self._log = log
        self._alerts = alerts
        self._generation: Hashable = None
        self._next: dict[int, int] = {}  # partition to the offset after the last record

    def __call__(self, records: Sequence[LogRecord], generation: Hashable) -> None:
        """Store the alerts that were published of records like these, or later ones; call it before they are decided.

        Args:
            records: as they were polled.
            generation: in which; in another one, another matcher may have had them meanwhile, though they go on from
                what this one had.

        Raises:
            LogError: the log does not answer; call it again with the same records.
            StoreError: the store does not answer; the same.
        """
        if generation != self._generation:
            self._generation, self._next = generation, {}
        firsts = {record.partition: record for record in reversed(records)}
        strange = {part: first for part, first in firsts.items() if self._next.get(part) != first.offset}
        if strange:
            since_ms = min(record.timestamp_ms for record in records if record.partition in strange) - _SLACK_MS
            places = {_place(first.coordinates)[0]: first.offset for first in strange.values()}
            for record in self._log.read(Topic.ALERTS, max(0, since_ms)):
                self._store(record, places)
        self._next |= {record.partition: record.offset + 1 for record in records}

    def _store(self, record: LogRecord, places: dict[str, int]) -> None:
        try:
            alert = decode_alert(record.value)
        except RecordError:  # no matcher wrote it
            return
        if _is_of(alert, places):
            self._alerts.upsert(alert)


def _is_of(alert: Alert, places: dict[str, int]) -> bool:
    where, offset = _place(alert.coordinates)
    return where in places and offset >= places[where]


def _place(coordinates: str) -> tuple[str, int]:
    """Return topic and partition, and the offset; -1 where they say none."""
    where, _, offset = coordinates.rpartition("@")
    return where, int(offset) if offset.isdecimal() and len(offset) <= _LONGEST else -1
