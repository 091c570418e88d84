"""The watchlist in memory, and what the matcher keeps of watchlists that are no more."""

import gc
import weakref
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.matching.camera_thresholds import CameraThresholds
from pipeline.matching.rows import Rows
from pipeline.records import WatchlistEntry
from pipeline.store.base import Changes
from pipeline.store.sqlite import SqliteWatchlist
from pipeline.threshold.background import Background
from pipeline.watchlist import WatchlistMatrix, WatchlistView
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
