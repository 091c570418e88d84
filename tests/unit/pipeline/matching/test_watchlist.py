"""The watchlist in memory, and what the matcher keeps of watchlists that are no more."""

import gc
import logging
import weakref
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.matching.camera_thresholds import CameraThresholds
from pipeline.matching.rows import Rows
from pipeline.records import WatchlistEntry
from pipeline.store.base import Changes
from pipeline.store.sqlite import SqliteWatchlist
from pipeline.threshold.background import Background
from pipeline.watchlist import WatchlistMatrix, WatchlistView
from tests.newer import put_newer
from tests.waiting import until

DIMENSIONS = 4


def entry(entry_id: str, fill: float = 1.0, dimensions: int = DIMENSIONS) -> WatchlistEntry:
    """Return an entry whose vector has one number throughout."""
    vector = np.full(dimensions, fill, np.float32)
    return WatchlistEntry(entry_id, entry_id, vector, "tiny", 0.5, 0.01, "nobody", 1, 0)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 9)), min_size=1, max_size=6), max_size=5))
def test_a_view_is_what_the_store_holds(edits: list[list[tuple[str, int]]]) -> None:
    """Whatever is added, changed and removed, the rows are the store's entries in their order, each with its vector."""
    with SqliteWatchlist(Path(":memory:")) as store, WatchlistView(store, DIMENSIONS) as view:
        held: dict[str, int] = {}
        for together in edits:
            for key, fill in together:
                if fill == 0 and key in held:
                    del held[key]
                    store.remove(key)
                elif fill:
                    held[key] = fill
                    store.put(entry(key, fill))
            revision = store.snapshot().revision
            until(lambda revision=revision: view().revision == revision)
            assert [each.entry_id for each in view().entries] == sorted(held)
            assert view().vectors.dtype == np.float32
            np.testing.assert_array_equal(view().vectors, np.outer([held[key] for key in sorted(held)], np.ones(4)))


def test_a_batch_keeps_the_watchlist_that_it_began_with() -> None:
    """A matrix that somebody works with stays as it is when an entry is edited; one of another length has zeros."""
    with SqliteWatchlist(Path(":memory:")) as store:
        store.put(entry("a", 1.0))
        store.put(entry("b", 2.0))
        with WatchlistView(store, DIMENSIONS) as view:
            before = view()
            store.put(entry("b", 5.0, dimensions=7))
            until(lambda: view() is not before)
            np.testing.assert_array_equal(before.vectors[1], np.full(DIMENSIONS, 2.0))
            np.testing.assert_array_equal(view().vectors[1], np.zeros(DIMENSIONS))


def test_an_entry_that_cannot_be_read_matches_nobody(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It leaves the matrix with its vector and is told of once; the others are edited and followed, and it can come back."""
    caplog.set_level(logging.WARNING, "pipeline.watchlist")
    with SqliteWatchlist(Path(":memory:")) as store:
        for fill, key in enumerate("abc", 1):
            store.put(entry(key, fill))
        with WatchlistView(store, DIMENSIONS) as view:
            put_newer(monkeypatch, store, entry("b"))
            until(lambda: len(view().entries) == 2)
            revision = store.put(entry("c", 7))
            until(lambda: view().revision == revision)
            assert [each.entry_id for each in view().entries] == ["a", "c"]
            np.testing.assert_array_equal(view().vectors, np.outer([1, 7], np.ones(DIMENSIONS)))
            assert [each.message for each in caplog.records] == [f"{view().damaged['b']}; until then it matches nobody"]
            assert view.trouble is None
            store.put(entry("b", 5))
            until(lambda: len(view().entries) == 3 and not view().damaged)
            np.testing.assert_array_equal(view().vectors[1], np.full(DIMENSIONS, 5.0))


def test_a_watchlist_begins_with_what_can_be_read(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A view opens on a store of which much cannot be read, and names no more than it can show."""
    with SqliteWatchlist(Path(":memory:")) as store:
        store.put(entry("z"))
        for key in "abcdefghi":
            put_newer(monkeypatch, store, entry(key))
        with WatchlistView(store, DIMENSIONS) as view:
            assert [each.entry_id for each in view().entries] == ["z"]
            (words,) = [record.message for record in caplog.records if record.name == "pipeline.watchlist"]
            assert words.startswith("entry a: expected a record of version 1, but found version 2;")
            assert words.endswith("; damaged as well: b, c, d, e, f and 3 more")
            for key in "abcdefghi":
                store.remove(key)
            until(lambda: not view().damaged)


class Strange(SqliteWatchlist):
    """A store that fails as nobody reckoned with, when it is told to."""

    fails = False

    def changes(self, since_revision: int, timeout_s: float) -> Changes | None:
        """Return what changed, or fail."""
        if self.fails:
            raise RuntimeError("nobody reckoned with this")
        return super().changes(since_revision, timeout_s)


def test_a_view_outlives_what_nobody_reckoned_with() -> None:
    """An error that is none of the store's is told as trouble, and edits are heard again once it has gone."""
    with Strange(Path(":memory:")) as store, WatchlistView(store, DIMENSIONS) as view:
        store.fails = True
        until(lambda: "nobody reckoned with this" in (view.trouble or ""))
        store.fails = False
        store.put(entry("a"))
        until(lambda: len(view().entries) == 1 and view.trouble is None)


def test_a_silent_camera_keeps_no_former_watchlist() -> None:
    """The vectors of a revision go with it, though a camera has seen nobody since."""
    people = np.random.default_rng(1).standard_normal((100, DIMENSIONS)).astype(np.float16)
    thresholds = CameraThresholds(Background(people, "tiny", "random vectors"))
    former = _rows(1)
    gone = weakref.ref(former)
    thresholds("silent", None, former)
    thresholds("busy", None, former)
    del former
    thresholds("busy", None, _rows(2))
    gc.collect()
    assert gone() is None


def _rows(revision: int) -> Rows:
    entries = (entry("a"), entry("b"))
    return Rows.of(WatchlistMatrix(entries, np.stack([each.vector for each in entries]), revision), "tiny")
