"""What every watchlist store holds to; the same tests for each adapter."""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
import redis

from pipeline.errors import StoreError, UnknownEntryError
from pipeline.records import Schedule, WatchlistEntry
from pipeline.store.base import Changes, WatchlistStore
from pipeline.store.encoding import encode
from pipeline.store.open import open_watchlist
from pipeline.watchlist import WatchlistView
from tests.newer import put_newer
from tests.waiting import until

Open = Callable[[], WatchlistStore]


@pytest.fixture(params=["sqlite", "redis"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of an empty store of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    url: str = request.getfixturevalue("redis_url")
    return url


@pytest.fixture
def store(address: str) -> Iterator[WatchlistStore]:
    """Return a store."""
    with open_watchlist(address) as opened:
        yield opened


def entry(entry_id: str, description: str = "a man in red") -> WatchlistEntry:
    """Return an entry with everything in it."""
    return WatchlistEntry(
        entry_id=entry_id,
        description=description,
        vector=np.random.default_rng(len(entry_id)).normal(size=16).astype(np.float32),
        model_id="tiny-1",
        threshold=0.31,
        false_match_rate=0.01,
        background="100 people of a test",
        version=0,
        created_at_ms=1_700_000_000_000,
        cameras=("gate", "hall"),
        schedule=Schedule(22 * 60, 6 * 60),
        expires_at_ms=1_800_000_000_000,
    )


def same(one: WatchlistEntry, other: WatchlistEntry) -> bool:
    """Return whether entries agree, versions aside."""
    empty = np.empty(0, np.float32)
    return np.array_equal(one.vector, other.vector) and replace(one, vector=empty, version=0) == replace(
        other, vector=empty, version=0
    )


def heard(changes: Changes | None) -> Changes:
    """Return changes that must be known."""
    assert changes is not None
    return changes


def test_an_entry_comes_back_as_it_was_put(store: WatchlistStore) -> None:
    """Every field of an entry, its vector included, survives the store."""
    store.put(entry("a"))
    assert same(store.get("a"), entry("a"))


def test_versions_count_edits(store: WatchlistStore) -> None:
    """The store numbers an entry's versions from 1, whatever the entry says."""
    for version in (1, 2, 3):
        store.put(replace(entry("a"), version=99))
        assert store.get("a").version == version


def test_revisions_grow(store: WatchlistStore) -> None:
    """Every edit has a higher revision than the one before, a removal too."""
    revisions = [store.put(entry("a")), store.put(entry("b")), store.remove("a"), store.put(entry("a"))]
    assert revisions == sorted(set(revisions))


def test_what_is_not_there_is_named(store: WatchlistStore) -> None:
    """Getting or removing an unknown entry is an error with its id."""
    with pytest.raises(UnknownEntryError, match="'lost'"):
        store.get("lost")
    with pytest.raises(UnknownEntryError, match="'lost'"):
        store.remove("lost")


def test_a_snapshot_is_everything(store: WatchlistStore) -> None:
    """A snapshot has every entry in the order of ids, and the revision of the last edit."""
    store.put(entry("b"))
    revision = store.put(entry("a"))
    snapshot = store.snapshot()
    assert [each.entry_id for each in snapshot.entries] == ["a", "b"]
    assert snapshot.revision == revision


def test_changes_are_told_once_each_as_they_are_now(store: WatchlistStore) -> None:
    """Of many edits of an entry the last is told, and a removed entry as removed."""
    start = store.put(entry("a"))
    store.put(entry("b"))
    store.put(replace(entry("a"), description="a woman in blue"))
    store.remove("b")
    changes = heard(store.changes(start, 0))
    assert [each.description for each in changes.put] == ["a woman in blue"]
    assert changes.removed == ("b",)
    assert changes.revision == store.snapshot().revision


def test_nothing_new_is_no_change(store: WatchlistStore) -> None:
    """Without edits, changes come back empty after the time given, at the same revision."""
    revision = store.put(entry("a"))
    started = time.monotonic()
    assert heard(store.changes(revision, 0.3)) == Changes(revision, (), ())
    assert time.monotonic() - started >= 0.25


def test_waiting_ends_with_an_edit(address: str, store: WatchlistStore) -> None:
    """Who waits for changes hears of another process's edit within a second."""
    revision = store.put(entry("a"))
    code = f"from pipeline.store.open import open_watchlist as o; s = o({address!r}); s.remove('a')"
    other = subprocess.Popen([sys.executable, "-c", code])
    changes = heard(store.changes(revision, 20))
    assert changes.removed == ("a",)
    assert other.wait(20) == 0


def test_a_future_that_never_was_needs_a_snapshot(store: WatchlistStore) -> None:
    """A revision that the store has not reached, as after a restored backup, is answered with None."""
    revision = store.put(entry("a"))
    assert store.changes(revision + 5, 0) is None


def test_writers_lose_nothing(address: str) -> None:
    """Four writers at once leave as many versions as they wrote."""

    def write(name: str) -> None:
        with open_watchlist(address) as mine:
            for _ in range(10):
                mine.put(entry("shared"))
                mine.put(entry(name))

    writers = [Thread(target=write, args=(f"own-{number}",)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with open_watchlist(address) as store:
        assert store.get("shared").version == 40
        assert [store.get(f"own-{number}").version for number in range(4)] == [10] * 4
        assert store.snapshot().revision == 80


def test_edits_at_once_are_all_kept(address: str, store: WatchlistStore) -> None:
    """Four who add to the same field of an entry at once lose nothing of each other's."""
    store.put(replace(entry("a"), cameras=()))

    def add(name: str) -> None:
        with open_watchlist(address) as mine:
            for number in range(10):
                camera = f"{name}-{number}"
                mine.edit("a", lambda stored, camera=camera: replace(stored, cameras=(*stored.cameras, camera)))  # type: ignore[misc]

    editors = [Thread(target=add, args=(f"c-{number}",)) for number in range(4)]
    for editor in editors:
        editor.start()
    for editor in editors:
        editor.join()
    edited = store.get("a")
    assert sorted(edited.cameras) == sorted(f"c-{one}-{two}" for one in range(4) for two in range(10))
    assert (edited.version, edited.description) == (41, "a man in red")


def test_an_edit_that_fails_writes_nothing(store: WatchlistStore) -> None:
    """An edit of an unknown entry, and one that changes its mind, leave the watchlist as it was."""
    revision = store.put(entry("a"))

    def refuse(stored: WatchlistEntry) -> WatchlistEntry:
        raise ValueError(f"not version {stored.version}")

    with pytest.raises(ValueError, match="not version 1"):
        store.edit("a", refuse)
    with pytest.raises(UnknownEntryError, match="'lost'"):
        store.edit("lost", refuse)
    assert (store.snapshot().revision, store.get("a").version) == (revision, 1)


def test_every_revision_is_exact(address: str, store: WatchlistStore) -> None:
    """While somebody edits, each snapshot and each run of changes is the watchlist as it was at its revision."""
    edits = [(f"e-{number % 7}", number % 5 != 4) for number in range(120)]  # the id, and whether it is put or removed
    there: dict[str, str] = {}
    history = [dict(there)]
    for number, (name, put) in enumerate(edits):
        there = (
            there | {name: str(number)} if put or name not in there else {k: v for k, v in there.items() if k != name}
        )
        history.append(there)

    def write() -> None:
        with open_watchlist(address) as mine:
            for number, (name, put) in enumerate(edits):
                if put or name not in history[number]:
                    mine.put(entry(name, str(number)))
                else:
                    mine.remove(name)

    writer = Thread(target=write)
    writer.start()
    followed, revision = dict[str, str](), 0
    while revision < len(edits):
        snapshot = store.snapshot()
        assert {each.entry_id: each.description for each in snapshot.entries} == history[snapshot.revision]
        changes = heard(store.changes(revision, 20))
        followed |= {each.entry_id: each.description for each in changes.put}
        followed = {name: said for name, said in followed.items() if name not in changes.removed}
        revision = changes.revision
        assert followed == history[revision]
    writer.join()


def test_edits_outlive_the_process(address: str) -> None:
    """What was put is there when the store is opened again."""
    with open_watchlist(address) as first:
        first.put(entry("a"))
    with open_watchlist(address) as second:
        assert same(second.get("a"), entry("a"))


def test_a_closed_store_says_so(address: str) -> None:
    """Using a store after it was closed is an error."""
    store = open_watchlist(address)
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.snapshot()


def test_a_view_follows_without_being_asked(address: str, store: WatchlistStore) -> None:
    """The watchlist in memory comes to show another opener's edits and removals."""
    store.put(entry("a"))
    with WatchlistView(store, 16) as view, open_watchlist(address) as other:
        assert [each.entry_id for each in view().entries] == ["a"]
        other.put(entry("b"))
        other.remove("a")
        until(lambda: [each.entry_id for each in view().entries] == ["b"])
        np.testing.assert_array_equal(view().vectors, [entry("b").vector])
        assert view().revision == other.snapshot().revision


def expiring(entry_id: str, expires_at_ms: int | None) -> WatchlistEntry:
    """Return an entry that expires at that time."""
    return replace(entry(entry_id), expires_at_ms=expires_at_ms)


def there(store: WatchlistStore) -> list[str]:
    """Return the ids of the entries that are there."""
    return [each.entry_id for each in store.snapshot().entries]


def test_entries_that_have_expired_go(store: WatchlistStore) -> None:
    """Of the entries that are named, those go that had expired at the time; changes tell of them as of any removal."""
    for entry_id, expires_at_ms in (("a", 1000), ("b", 2000), ("c", None), ("d", 1000), ("e", 1001)):
        store.put(expiring(entry_id, expires_at_ms))
    start = store.snapshot().revision
    assert store.remove_expired(["a", "b", "c", "a", "lost", "e"], 1000) == 1
    assert there(store) == ["b", "c", "d", "e"]
    assert heard(store.changes(start, 0)) == Changes(start + 1, (), ("a",))
    assert store.remove_expired(["d", "e"], 1001) == 2
    assert heard(store.changes(start, 0)) == Changes(start + 3, (), ("a", "d", "e"))
    assert store.remove_expired(["a", "d"], 1001) == store.remove_expired([], 1001) == 0
    assert store.snapshot().revision == start + 3
    store.put(expiring("a", 3000))
    assert (there(store), store.get("a").version) == (["a", "b", "c"], 1)


def test_an_entry_that_was_renewed_stays(store: WatchlistStore) -> None:
    """Whoever thinks that an entry has expired, which somebody has renewed since, removes nothing."""
    store.put(expiring("a", 1000))
    revision = store.edit("a", lambda stored: replace(stored, expires_at_ms=5000))
    assert store.remove_expired(["a"], 2000) == 0
    assert heard(store.changes(revision, 0)) == Changes(revision, (), ())
    assert store.get("a").expires_at_ms == 5000


def test_who_renews_at_the_same_moment_wins(address: str, store: WatchlistStore) -> None:
    """While two let expired entries go, each goes once, and none that its owner was told is renewed."""
    ids = [f"e-{number:02}" for number in range(60)]
    for entry_id in ids:
        store.put(expiring(entry_id, 1000))
    start = store.snapshot().revision
    removed, renewed = list[int](), list[str]()

    def let_go() -> None:
        with open_watchlist(address) as mine:
            removed.extend(mine.remove_expired(ids[first : first + 3], 1000) for first in range(0, len(ids), 3))

    def renew() -> None:
        with open_watchlist(address) as mine:
            for entry_id in reversed(ids):
                with suppress(UnknownEntryError):
                    mine.edit(entry_id, lambda stored: replace(stored, expires_at_ms=5000))
                    renewed.append(entry_id)

    threads = [Thread(target=deed) for deed in (let_go, renew, let_go)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert there(store) == sorted(renewed)
    assert sum(removed) == len(ids) - len(renewed)
    assert store.snapshot().revision == start + len(ids)


def damage(address: str, entry_id: str, value: bytes) -> None:
    """Put something else in the place of an entry's record."""
    if address.startswith("sqlite"):
        with closing(sqlite3.connect(address.removeprefix("sqlite:///"), isolation_level=None)) as connection:
            connection.execute("UPDATE entries SET value = ? WHERE entry_id = ?", (value, entry_id))
    else:
        with redis.Redis.from_url(address) as client:
            client.hset(f"lookout:watchlist:entry:{entry_id}", "value", value)


def test_a_damaged_entry_keeps_no_other_from_going(address: str, store: WatchlistStore) -> None:
    """An entry of which nobody can tell when it expires stays, and those beside it go."""
    for entry_id in "ab":
        store.put(expiring(entry_id, 1000))
    damage(address, "a", b"\x01\xff")
    assert store.remove_expired(["a", "b"], 2000) == 1
    with pytest.raises(StoreError, match="damaged"):
        store.get("a")


def test_entries_that_cannot_be_read_stand_apart(address: str, store: WatchlistStore) -> None:
    """Snapshot and changes hold every entry that can be read, and say of each other by id what is wrong and to do."""
    start = store.put(entry("z"))
    for entry_id in "abcd":
        store.put(entry(entry_id))
    damage(address, "a", b"\x01\xff")
    damage(address, "b", b"\x02in a format to come")
    damage(address, "c", encode(entry("d", "a man who is in the wrong place")))
    snapshot, changes = store.snapshot(), heard(store.changes(start, 0))
    assert [each.entry_id for each in snapshot.entries] == ["d", "z"]
    assert [(each.entry_id, each.description) for each in changes.put] == [("d", "a man in red")]
    assert (changes.removed, changes.revision) == ((), snapshot.revision)
    assert snapshot.damaged == changes.damaged
    for entry_id, words in (("a", "is damaged"), ("b", "found version 2"), ("c", "is that of entry 'd'")):
        assert words in changes.damaged[entry_id]
        assert f"entry {entry_id}" in changes.damaged[entry_id]
        assert f"lookout watch remove {entry_id}" in changes.damaged[entry_id]
        with pytest.raises(StoreError, match=f"entry {entry_id}"):
            store.edit(entry_id, lambda stored: stored)


def test_an_entry_that_cannot_be_read_is_mended(address: str, store: WatchlistStore) -> None:
    """Putting it anew, or removing it, mends an entry that cannot be read, and changes tell of that."""
    for entry_id in "ab":
        store.put(entry(entry_id))
        damage(address, entry_id, b"junk")
    broken = store.snapshot().revision
    store.put(entry("a", "a woman in blue"))
    store.remove("b")
    changes = heard(store.changes(broken, 0))
    assert [each.description for each in changes.put] == ["a woman in blue"]
    assert (changes.removed, dict(changes.damaged)) == (("b",), {})
    assert (there(store), dict(store.snapshot().damaged)) == (["a"], {})
    assert store.get("a").version >= 1


def test_a_view_follows_past_an_entry_that_cannot_be_read(
    address: str, store: WatchlistStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While an entry that a newer version wrote is out of the watchlist in memory, later edits are heard of."""
    store.put(entry("a"))
    with open_watchlist(address) as other, WatchlistView(other, 16) as view:
        put_newer(monkeypatch, store, entry("a"))
        revision = store.put(entry("b"))
        until(lambda: view().revision == revision)
        assert [each.entry_id for each in view().entries] == ["b"]
        assert list(view().damaged) == ["a"]
        store.put(entry("a"))
        until(lambda: [each.entry_id for each in view().entries] == ["a", "b"] and view.trouble is None)


def test_an_entry_that_was_removed_is_not_left_in_the_file(tmp_path: Path) -> None:
    """In a file nothing of a removed entry can be read any more, once nobody has it open."""
    path, sentence = tmp_path / "store.db", "a man whom somebody described at length " * 40
    with open_watchlist(f"sqlite:///{path}") as store:
        store.put(replace(expiring("a", 1000), description=sentence))
        store.put(entry("b"))
    assert sentence.encode() in path.read_bytes()
    with open_watchlist(f"sqlite:///{path}") as store:
        assert store.remove_expired(["a"], 1000) == 1
    assert sentence[:40].encode() not in path.read_bytes()
