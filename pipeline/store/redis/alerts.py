"""The alerts on a Redis server.

| key | holds |
|---|---|
| ``lookout:alert:ID`` | a hash: ``value``, the number of its ``version``, and its ``entry``, ``camera`` and ``state`` |
| ``lookout:alerts:by-time`` | a sorted set of alert ids by capture time; the **indexes** are this one |
| ``lookout:alerts:by-time:entry=E`` | and the same of one entry, |
| ``lookout:alerts:by-time:camera=C`` | of one camera, |
| ``lookout:alerts:by-time:entry=E&camera=C`` | of one entry on one camera, |
| ``lookout:alerts:by-time:state=S`` | and of one state |
| ``lookout:reviews:ID`` | a list of what was said of an alert, oldest first |

Scores are capture times below zero, so that equal times come in the order of ids under newest first. In the names of
indexes, ids are percent-encoded.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from urllib.parse import quote, urlencode

from pipeline.errors import UnknownAlertError
from pipeline.records import Alert
from pipeline.store.base import AlertFilter, Review
from pipeline.store.encoding import decode, encode
from pipeline.store.merging import merge
from pipeline.store.redis.address import RedisAddress
from pipeline.store.redis.connection import PREFIX, RedisStore, Word

PAGE_SIZE = 200
_ALERT = f"{PREFIX}alert:"
_REVIEWS = f"{PREFIX}reviews:"
_BY_TIME = f"{PREFIX}alerts:by-time"

# KEYS: alert, reviews, the indexes that it leaves, those where it belongs. ARGV: the version that was read, value,
# entry, camera, state, score, alert id, how many indexes it leaves, and where there is one the review.
_WRITE = """
if (redis.call('HGET', KEYS[1], 'version') or '0') ~= ARGV[1] then return false end
redis.call('HSET', KEYS[1], 'version', ARGV[1] + 1, 'value', ARGV[2],
  'entry', ARGV[3], 'camera', ARGV[4], 'state', ARGV[5])
local left = 2 + ARGV[8]
for index = 3, left do redis.call('ZREM', KEYS[index], ARGV[7]) end
for index = left + 1, #KEYS do redis.call('ZADD', KEYS[index], ARGV[6], ARGV[7]) end
if ARGV[9] then redis.call('RPUSH', KEYS[2], ARGV[9]) end
return 1
"""


class RedisAlerts(RedisStore):
    """An ``AlertStore`` on a server; as durable as the server's ``appendonly`` and ``appendfsync`` say."""

    def __init__(self, address: RedisAddress, page_size: int = PAGE_SIZE) -> None:
        """Connect.

        Args:
            address: of the server.
            page_size: how many alerts are looked at at once.

        Raises:
            StoreError: the server does not answer.
        """
        super().__init__(address)
        self._page_size = page_size

    def upsert(self, alert: Alert) -> bool:
        """Write or improve an alert; see ``AlertStore.upsert``."""
        while True:  # whenever somebody else wrote it meanwhile, it is merged with theirs
            stored, version = self._stored(alert.alert_id)
            merged = alert if stored is None else merge(stored, alert)
            if merged == stored:
                return False
            if self._write(merged, stored, version):
                return True

    def get(self, alert_id: str) -> Alert:
        """Return an alert; see ``AlertStore.get``."""
        return self._known(alert_id)[0]

    def find(self, wanted: AlertFilter) -> list[Alert]:
        """Return the alerts that pass; see ``AlertStore.find``."""
        found: list[Alert] = []
        for ids in self._pages(wanted):
            keys = self._passing(ids, wanted)[: wanted.limit - len(found)]
            values = self._ask_many("read", [("HGET", key, "value") for key in keys])
            found += [decode(value, Alert, key) for key, value in zip(keys, values, strict=True) if value is not None]
            if len(found) >= wanted.limit:
                break
        return found

    def review(self, review: Review) -> Alert:
        """Set an alert's state; see ``AlertStore.review``."""
        while True:
            stored, version = self._known(review.alert_id)
            alert = replace(stored, state=review.state)
            if self._write(alert, stored, version, encode(review)):
                return alert

    def reviews(self, alert_id: str) -> list[Review]:
        """Return what was said of an alert; see ``AlertStore.reviews``."""
        key = _REVIEWS + alert_id
        values = self._ask("read", "LRANGE", key, 0, -1)
        return [decode(value, Review, key) for value in values]

    def _stored(self, alert_id: str) -> tuple[Alert | None, int]:
        """Return an alert and its version; None and 0 where there is none."""
        key = _ALERT + alert_id
        value, version = self._ask("read", "HMGET", key, "value", "version")
        return (None if value is None else decode(value, Alert, key)), int(version or 0)

    def _known(self, alert_id: str) -> tuple[Alert, int]:
        alert, version = self._stored(alert_id)
        if alert is None:
            raise UnknownAlertError(f"there is no alert {alert_id!r}; `lookout alerts list` shows those there are")
        return alert, version

    def _write(self, alert: Alert, stored: Alert | None, version: int, *review: bytes) -> bool:
        """Write an alert, and what was said of it; return False where it is no longer as stored at the version."""
        indexes = _indexes(alert)
        left = [] if stored is None else [index for index in _indexes(stored) if index not in indexes]
        keys = (_ALERT + alert.alert_id, _REVIEWS + alert.alert_id, *left, *indexes)
        about = (alert.entry_id, alert.camera_id, alert.state, -alert.captured_at_ms, alert.alert_id)
        # Not asked again: after an answer that was lost the version is another, and the review would stand twice.
        words: tuple[Word, ...] = (version, encode(alert), *about, len(left), *review)
        return bool(self._run("write", _WRITE, keys, words, again=False))

    def _pages(self, wanted: AlertFilter) -> Iterator[list[str]]:
        """Yield the ids of the time that is wanted, newest first, a page at a time."""
        key = _narrowest_index(wanted)
        low = "-inf" if wanted.until_ms is None else f"({-wanted.until_ms}"
        high = "+inf" if wanted.since_ms is None else str(-wanted.since_ms)
        skipped = 0  # of those at the page's first time, the ones that were seen
        while True:
            words = ("ZRANGEBYSCORE", key, low, high, "WITHSCORES", "LIMIT", skipped, self._page_size)
            found = self._ask("read", *words)
            ids, times = [alert_id.decode() for alert_id in found[::2]], found[1::2]
            yield ids
            if len(ids) < self._page_size:
                return
            # By time and not by rank, which an alert that is raised meanwhile would move.
            last = times[-1].decode()
            skipped = times.count(times[-1]) + (skipped if low == last else 0)
            low = last

    def _passing(self, ids: Sequence[str], wanted: AlertFilter) -> list[str]:
        """Return the keys of those that pass, without reading their pictures."""
        asked = {"entry": wanted.entry_id, "camera": wanted.camera_id, "state": wanted.state}
        held = {name: value.encode() for name, value in asked.items() if value is not None}
        keys = [_ALERT + alert_id for alert_id in ids]
        if not held:
            return keys
        found = self._ask_many("read", [("HMGET", key, *held) for key in keys])
        return [key for key, values in zip(keys, found, strict=True) if values == list(held.values())]


def _index(**held: str) -> str:
    return f"{_BY_TIME}:{urlencode(held, quote_via=quote, safe='')}" if held else _BY_TIME


def _indexes(alert: Alert) -> tuple[str, ...]:
    """Return the indexes where an alert belongs."""
    pair = {"entry": alert.entry_id, "camera": alert.camera_id}
    single = (_index(entry=alert.entry_id), _index(camera=alert.camera_id), _index(state=alert.state))
    return (_index(), *single, _index(**pair))


def _narrowest_index(wanted: AlertFilter) -> str:
    """Return the index with the fewest alerts among those that have all that is wanted."""
    if wanted.entry_id is not None:
        where = {} if wanted.camera_id is None else {"camera": wanted.camera_id}
        return _index(entry=wanted.entry_id, **where)
    if wanted.state is not None:
        return _index(state=wanted.state)
    return _index() if wanted.camera_id is None else _index(camera=wanted.camera_id)
