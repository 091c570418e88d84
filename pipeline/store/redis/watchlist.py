"""The watchlist on a Redis server.

| key | holds |
|---|---|
| ``lookout:watchlist:entry:ID`` | a hash: ``value``, its ``version``, and the ``edit`` and ``revision`` that wrote it |
| ``lookout:watchlist:entries`` | a set of the entry ids |
| ``lookout:watchlist:changes`` | a stream: change ``N-0`` is revision N, with its ``entry`` and a random ``edit`` |

The newest change is the revision, so the two cannot contradict each other. A server that lost its past numbers other
edits as it did those it forgot; their ``edit`` tells them apart.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Self
from uuid import uuid4

from pipeline.errors import StoreError, UnknownEntryError
from pipeline.records import WatchlistEntry
from pipeline.store.base import Changes, Snapshot
from pipeline.store.encoding import decode_entries, decode_entry, encode
from pipeline.store.redis.address import RedisAddress
from pipeline.store.redis.connection import ANSWER_S, PREFIX, RedisStore, Word

MOST_CHANGES = 10_000  # remembered; who has not asked for longer gets a snapshot
_WAIT_S = ANSWER_S / 3  # at most, before looking whether the history is still the same
_PAGE = 500  # entries read at once
_ENTRY = f"{PREFIX}watchlist:entry:"
_ENTRIES = f"{PREFIX}watchlist:entries"
_CHANGES = f"{PREFIX}watchlist:changes"

_NEWEST = """
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
local revision, edit = 0, ''
if newest then revision, edit = tonumber(string.match(newest[1], '^%d+')), newest[2][4] end
"""
# Of a change that cannot be written nothing is: it comes first. KEYS: changes, entries, entry. ARGV: most changes,
# entry id, edit, then for a put the stored version and the value.
_CHANGE = """
redis.call('XADD', KEYS[1], 'MAXLEN', ARGV[1], (revision + 1) .. '-0', 'entry', ARGV[2], 'edit', ARGV[3])
"""
_PUT = f"""
local known = redis.call('HMGET', KEYS[3], 'edit', 'revision', 'version')
if known[1] == ARGV[3] then return tonumber(known[2]) end
if (known[3] or '0') ~= ARGV[4] then return false end
{_NEWEST}{_CHANGE}
redis.call('HSET', KEYS[3], 'value', ARGV[5], 'version', ARGV[4] + 1, 'edit', ARGV[3], 'revision', revision + 1)
redis.call('SADD', KEYS[2], ARGV[2])
return revision + 1
"""
_REMOVE = f"""
if redis.call('EXISTS', KEYS[3]) + redis.call('SISMEMBER', KEYS[2], ARGV[2]) == 0 then return false end
{_NEWEST}{_CHANGE}
redis.call('DEL', KEYS[3])
redis.call('SREM', KEYS[2], ARGV[2])
return revision + 1
"""
# KEYS: changes, entries, and those that have expired. ARGV: most changes, then of each of those its id, the edit that
# wrote it as it was read, and the edit that removes it. One that somebody has written since then stays.
_REMOVE_EXPIRED = f"""
{_NEWEST}
local removed = 0
for key = 3, #KEYS do
  local id, read, edit = ARGV[3 * key - 7], ARGV[3 * key - 6], ARGV[3 * key - 5]
  local stored = redis.call('EXISTS', KEYS[key]) == 1 and (redis.call('HGET', KEYS[key], 'edit') or '')
  if stored == read then
    revision, removed = revision + 1, removed + 1
    redis.call('XADD', KEYS[1], 'MAXLEN', ARGV[1], revision .. '-0', 'entry', id, 'edit', edit)
    redis.call('DEL', KEYS[key])
    redis.call('SREM', KEYS[2], id)
  end
end
return removed
"""
# KEYS: changes. ARGV: the revision since when, its edit or nothing, and what the keys of entries begin with.
# Returns revision, edit, and id and value of what changed; without the third where the past is not known.
# With its first line and without the flag no-writes, a replica refuses it, as it refuses a write: one that has just
# been the primary, and hears of no edit any more, must not be believed. A primary that is full runs it all the same.
_SINCE = f"""#!lua flags=allow-oom
{_NEWEST}
local since = tonumber(ARGV[1])
if since == 0 and revision == 0 then return {{revision, edit, {{}}}} end
local oldest = math.max(since, 1) .. '-0'
local known = redis.call('XRANGE', KEYS[1], oldest, oldest)[1]
if since > revision or not known then return {{revision, edit}} end
if since > 0 and ARGV[2] ~= '' and known[2][4] ~= ARGV[2] then return {{revision, edit}} end
local told, changed = {{}}, {{}}
for _, change in ipairs(redis.call('XRANGE', KEYS[1], '(' .. since .. '-0', '+')) do
  local id = change[2][2]
  if not told[id] then
    told[id] = true
    changed[#changed + 1] = id
    changed[#changed + 1] = redis.call('HGET', ARGV[3] .. id, 'value')
  end
end
return {{revision, edit, changed}}
"""


class Revision(int):
    """A revision that remembers which edit made it, so that another edit of the same number is not taken for it."""

    edit: str

    def __new__(cls, number: int, edit: str) -> Self:
        """Return the number with its edit."""
        revision = super().__new__(cls, number)
        revision.edit = edit
        return revision


class RedisWatchlist(RedisStore):
    """A ``WatchlistStore`` on a server; as durable as the server's ``appendonly`` and ``appendfsync`` say."""

    def __init__(self, address: RedisAddress, most_changes: int = MOST_CHANGES) -> None:
        """Connect.

        Args:
            address: of the server.
            most_changes: how many the server remembers.

        Raises:
            StoreError: the server does not answer.
        """
        super().__init__(address)
        self._most_changes = most_changes

    def put(self, entry: WatchlistEntry) -> int:
        """Write an entry; see ``WatchlistStore.put``."""
        edit = uuid4().hex
        while True:  # whenever somebody else's edit came between, it is that edit's next version
            version = int(self._ask("read", "HGET", _ENTRY + entry.entry_id, "version") or 0)
            revision = self._put(entry, version, edit)
            if revision is not None:
                return revision

    def edit(self, entry_id: str, change: Callable[[WatchlistEntry], WatchlistEntry]) -> int:
        """Write what ``change`` makes of an entry; see ``WatchlistStore.edit``."""
        edit = uuid4().hex
        while True:
            stored = self.get(entry_id)
            revision = self._put(replace(change(stored), entry_id=entry_id), stored.version, edit)
            if revision is not None:
                return revision

    def remove(self, entry_id: str) -> int:
        """Remove an entry; see ``WatchlistStore.remove``."""
        edit = uuid4().hex
        keys, words = (_CHANGES, _ENTRIES, _ENTRY + entry_id), (self._most_changes, entry_id, edit)
        revision = self._run("write", _REMOVE, keys, words, again=False)  # a second time it would be unknown
        if revision is None:
            raise _unknown_entry(entry_id)
        return Revision(revision, edit)

    def remove_expired(self, entry_ids: Sequence[str], at_ms: int) -> int:
        """Remove entries that had expired at a time; see ``WatchlistStore.remove_expired``."""
        ids = list(dict.fromkeys(entry_ids))
        stored = self._ask_many("read", [("HMGET", _ENTRY + entry_id, "value", "edit") for entry_id in ids])
        keys, words = [_CHANGES, _ENTRIES], list[Word]([self._most_changes])
        for entry_id, (value, edit) in zip(ids, stored, strict=True):
            if value is not None and _has_expired(entry_id, value, at_ms):
                keys.append(_ENTRY + entry_id)
                words += (entry_id, edit or b"", uuid4().hex)
        removed = self._run("write", _REMOVE_EXPIRED, keys, words, again=False) if len(words) > 1 else 0
        return int(removed)

    def get(self, entry_id: str) -> WatchlistEntry:
        """Return an entry; see ``WatchlistStore.get``."""
        value = self._ask("read", "HGET", _ENTRY + entry_id, "value")
        if value is None:
            raise _unknown_entry(entry_id)
        return decode_entry(entry_id, value)

    def snapshot(self) -> Snapshot:
        """Return all entries; see ``WatchlistStore.snapshot``."""
        while True:
            start = self._newest()
            values = dict(self._values())
            # Those were read one after another, so what has changed meanwhile comes on top.
            revision, changed = self._since(start)
            if changed is not None:
                lost = {key: _lost(key) for key, value in values.items() if value is None and key not in changed}
                entries, damaged = _read(values | changed)
                return Snapshot(revision, entries, damaged | lost)

    def changes(self, since_revision: int, timeout_s: float) -> Changes | None:
        """Return what changed; see ``WatchlistStore.changes``."""
        until_s = time.monotonic() + timeout_s
        while True:
            revision, changed = self._since(since_revision)
            if changed is None:
                return None
            left_s = until_s - time.monotonic()
            if revision != since_revision or left_s <= 0:
                put, damaged = _read(changed)
                removed = tuple(sorted(key for key, value in changed.items() if value is None))
                return Changes(revision, put, removed, damaged)
            self._wait(since_revision, min(left_s, _WAIT_S))

    def _put(self, entry: WatchlistEntry, version: int, edit: str) -> Revision | None:
        """Write an entry over a version of it, 0 for none; return None where that is not the stored one."""
        keys = (_CHANGES, _ENTRIES, _ENTRY + entry.entry_id)
        value = encode(replace(entry, version=version + 1))
        # The edit is done once, however often the script runs, so it may be asked for again.
        words = (self._most_changes, entry.entry_id, edit, version, value)
        revision = self._run("write", _PUT, keys, words, again=True)
        return None if revision is None else Revision(revision, edit)

    def _newest(self) -> Revision:
        newest = self._ask("read", "XREVRANGE", _CHANGES, "+", "-", "COUNT", 1)
        if not newest:
            return Revision(0, "")
        place, change = newest[0]
        return Revision(int(place.partition(b"-")[0]), change[b"edit"].decode())

    def _values(self) -> Iterator[tuple[str, bytes | None]]:
        """Yield ids and values; None for one that was removed just now, or that the server threw away."""
        ids = sorted(key.decode() for key in self._ask("read", "SMEMBERS", _ENTRIES))
        for start in range(0, len(ids), _PAGE):
            keys = [_ENTRY + entry_id for entry_id in ids[start : start + _PAGE]]
            values = self._ask_many("read", [("HGET", key, "value") for key in keys])
            for key, value in zip(keys, values, strict=True):
                yield key.removeprefix(_ENTRY), value

    def _since(self, since: int) -> tuple[Revision, dict[str, bytes | None] | None]:
        """Return the revision and the values that changed, None where one was removed; None where that is lost."""
        edit = since.edit if isinstance(since, Revision) else ""
        number, newest, *changed = self._run("read", _SINCE, (_CHANGES,), (since, edit, _ENTRY), again=True)
        revision = Revision(number, newest.decode())
        if not changed:
            return revision, None
        ids = [key.decode() for key in changed[0][::2]]
        return revision, dict(zip(ids, changed[0][1::2], strict=True))

    def _wait(self, since_revision: int, seconds: float) -> None:
        """Wait for a change after a revision; this ends early when there is one."""
        wait_ms = max(1, round(seconds * 1000))  # 0 would be for ever
        command = ("XREAD", "BLOCK", wait_ms, "COUNT", 1, "STREAMS", _CHANGES, f"{since_revision:d}-0")
        self._ask("follow", *command)


def _read(values: Mapping[str, bytes | None]) -> tuple[tuple[WatchlistEntry, ...], dict[str, str]]:
    """Read the entries that are there; see ``decode_entries``."""
    return decode_entries((key, value) for key, value in sorted(values.items()) if value is not None)


def _has_expired(entry_id: str, value: bytes, at_ms: int) -> bool:
    with suppress(StoreError):  # nobody knows when a damaged entry expires
        return decode_entry(entry_id, value).has_expired(at_ms)
    return False


def _lost(entry_id: str) -> str:
    return (
        f"{_ENTRY}{entry_id} is gone, though nobody removed it; set maxmemory-policy noeviction, "
        "and put it again or remove it"
    )


def _unknown_entry(entry_id: str) -> UnknownEntryError:
    return UnknownEntryError(f"the watchlist has no entry {entry_id!r}; `lookout watch list` shows those it has")
