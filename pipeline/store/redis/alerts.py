"""The alerts on a Redis server.

| key | holds |
|---|---|
| ``lookout:alert:ID`` | a hash: ``value``, the number of its ``version``, and its ``entry``, ``camera`` and ``state`` |
| ``lookout:alerts:by-time`` | a sorted set of alert ids by capture time; the **indexes** are this one |
| ``lookout:alerts:by-time:entry=E`` | and the same of one entry, |
| ``lookout:alerts:by-time:camera=C`` | of one camera, |
| ``lookout:alerts:by-time:entry=E&camera=C`` | of one entry on one camera, |
| ``lookout:alerts:by-time:state=S`` | and of one state |
| ``lookout:alerts:by-raising`` | a sorted set of alert ids by the time of raising |
| ``lookout:reviews:ID`` | a list of what was said of an alert, oldest first |

Scores of indexes are capture times below zero, so that equal times come in the order of ids under newest first. In the
names of indexes, ids are percent-encoded.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
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
_BY_RAISING = f"{PREFIX}alerts:by-raising"

# KEYS: alert, reviews, by-raising, the indexes that it leaves, those where it belongs. ARGV: the version that was
# read, value, entry, camera, state, score, id, raised_at_ms, how many indexes it leaves, the review if there is one.
_WRITE = """
if (redis.call('HGET', KEYS[1], 'version') or '0') ~= ARGV[1] then return false end
redis.call('HSET', KEYS[1], 'version', ARGV[1] + 1, 'value', ARGV[2],
  'entry', ARGV[3], 'camera', ARGV[4], 'state', ARGV[5])
redis.call('ZADD', KEYS[3], ARGV[8], ARGV[7])
local left = 3 + ARGV[9]
for index = 4, left do redis.call('ZREM', KEYS[index], ARGV[7]) end
for index = left + 1, #KEYS do redis.call('ZADD', KEYS[index], ARGV[6], ARGV[7]) end
if ARGV[10] then redis.call('RPUSH', KEYS[2], ARGV[10]) end
return 1
"""

# KEYS: by-raising, and of each alert itself, its reviews and the indexes where it was when its version was read. ARGV:
# how many keys an alert has here, and of each its id and that version. Answers how many went, and who has changed.
# What is gone already leaves the indexes as well: otherwise it would be due for ever.
_REMOVE = """
local removed, changed = 0, {}
for alert = 1, (#ARGV - 1) / 2 do
  local id, first = ARGV[2 * alert], (alert - 1) * ARGV[1] + 2
  local version = redis.call('HGET', KEYS[first], 'version') or ''
  if version == ARGV[2 * alert + 1] then
    removed = removed + redis.call('DEL', KEYS[first])
    redis.call('DEL', KEYS[first + 1])
    redis.call('ZREM', KEYS[1], id)
    for index = first + 2, first + ARGV[1] - 1 do redis.call('ZREM', KEYS[index], id) end
  else
    changed[#changed + 1] = id
  end
end
return {removed, changed}
"""

# KEYS: by-time, by-raising. ARGV: the time now. Gives those that an earlier version wrote a time of raising.
_ADOPT = """
for _, id in ipairs(redis.call('ZDIFF', 2, KEYS[1], KEYS[2])) do redis.call('ZADD', KEYS[2], 'NX', ARGV[1], id) end
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
            keys = [_ALERT + each for each in self._passing(ids, wanted)[: wanted.limit - len(found)]]
            values = self._ask_many("read", [("HGET", key, "value") for key in keys])
            found += [decode(value, Alert, key) for key, value in zip(keys, values, strict=True) if value is not None]
            if len(found) >= wanted.limit:
                break
        return found

    def ids(self, wanted: AlertFilter) -> list[str]:
        """Return the ids of the alerts that pass; see ``AlertStore.ids``."""
        passing = (each for page in self._pages(wanted) for each in self._passing(page, wanted))
        return list(islice(passing, wanted.limit))

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

    def remove(self, alert_ids: Sequence[str]) -> int:
        """Remove alerts for good; see ``AlertStore.remove``."""
        removed, left = 0, list(dict.fromkeys(alert_ids))
        while left:  # those that somebody else wrote meanwhile are in other indexes
            page, left = left[: self._page_size], left[self._page_size :]
            gone, changed = self._remove(page)
            removed += gone
            left += changed
        return removed

    def expire(self, now_ms: int, keep_ms: int, most: int) -> int:
        """Remove alerts that were raised too long ago; see ``AlertStore.expire``."""
        due = ("ZRANGEBYSCORE", _BY_RAISING, "-inf", f"({now_ms - keep_ms}", "LIMIT", 0, most)
        found = self._ask("read", *due, again=False)  # whoever asks has other work to do, and asks later again
        alerts, raisings = self._ask_many("read", [("ZCARD", _BY_TIME), ("ZCARD", _BY_RAISING)])
        if alerts > raisings:
            self._run("write", _ADOPT, [_BY_TIME, _BY_RAISING], [now_ms], again=False)
        return self.remove([alert_id.decode() for alert_id in found])

    def _remove(self, alert_ids: Sequence[str]) -> tuple[int, list[str]]:
        """Remove alerts as they are now; return how many, and the ids of those that changed in between."""
        about = ("entry", "camera", "state", "version")
        told = self._ask_many("read", [("HMGET", _ALERT + each, *about) for each in alert_ids])
        keys, words = [_BY_RAISING], list[Word]()
        for alert_id, values in zip(alert_ids, told, strict=True):
            entry, camera, state, version = ((value or b"").decode() for value in values)  # empty where it is gone
            keys += (_ALERT + alert_id, _REVIEWS + alert_id, *_indexes(entry, camera, state))
            words += (alert_id, version)
        each = (len(keys) - 1) // len(alert_ids)
        removed, changed = self._run("write", _REMOVE, keys, [each, *words], again=False)
        return int(removed), [alert_id.decode() for alert_id in changed]

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
        indexes = _indexes(alert.entry_id, alert.camera_id, alert.state)
        before = () if stored is None else _indexes(stored.entry_id, stored.camera_id, stored.state)
        left = [index for index in before if index not in indexes]
        keys = (_ALERT + alert.alert_id, _REVIEWS + alert.alert_id, _BY_RAISING, *left, *indexes)
        about = (alert.entry_id, alert.camera_id, alert.state)
        places = (-alert.captured_at_ms, alert.alert_id, alert.raised_at_ms)
        # Not asked again: after an answer that was lost the version is another, and the review would stand twice.
        words: tuple[Word, ...] = (version, encode(alert), *about, *places, len(left), *review)
        return bool(self._run("write", _WRITE, keys, words, again=False))

    def _pages(self, wanted: AlertFilter) -> Iterator[list[str]]:
        """Yield the ids of the time that is wanted, newest first, a page at a time."""
        key = _narrowest_index(wanted)
        low = "-inf" if wanted.until_ms is None else f"({-wanted.until_ms}"
        high = "+inf" if wanted.since_ms is None else str(-wanted.since_ms)
        last, seen = b"", 0  # of those at the page's first time: the last one that was seen, and how many were
        while True:
            # By time and id, not by rank, which an alert that is raised or removed meanwhile would move.
            most = self._page_size + seen
            words = ("ZRANGEBYSCORE", key, low, high, "WITHSCORES", "LIMIT", 0, most)
            found = self._ask("read", *words)
            ids, times = found[::2], [time.decode() for time in found[1::2]]
            pairs = zip(ids, times, strict=True)
            yield [alert_id.decode() for alert_id, time in pairs if time != low or alert_id > last]
            if len(ids) < most:
                return
            low, last = times[-1], ids[-1]
            seen = times.count(low)

    def _passing(self, ids: Sequence[str], wanted: AlertFilter) -> list[str]:
        """Return those that pass, without reading their pictures."""
        asked = {"entry": wanted.entry_id, "camera": wanted.camera_id, "state": wanted.state}
        held = {name: value.encode() for name, value in asked.items() if value is not None}
        if not held:
            return list(ids)
        found = self._ask_many("read", [("HMGET", _ALERT + alert_id, *held) for alert_id in ids])
        return [alert_id for alert_id, values in zip(ids, found, strict=True) if values == list(held.values())]


def _index(**held: str) -> str:
    return f"{_BY_TIME}:{urlencode(held, quote_via=quote, safe='')}" if held else _BY_TIME


def _indexes(entry_id: str, camera_id: str, state: str) -> tuple[str, ...]:
    """Return the indexes where an alert belongs."""
    single = (_index(entry=entry_id), _index(camera=camera_id), _index(state=state))
    return (_index(), *single, _index(entry=entry_id, camera=camera_id))


def _narrowest_index(wanted: AlertFilter) -> str:
    """Return the index with the fewest alerts among those that have all that is wanted."""
    if wanted.entry_id is not None:
        where = {} if wanted.camera_id is None else {"camera": wanted.camera_id}
        return _index(entry=wanted.entry_id, **where)
    if wanted.state is not None:
        return _index(state=wanted.state)
    return _index() if wanted.camera_id is None else _index(camera=wanted.camera_id)
