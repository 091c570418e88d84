"""How near the matcher's scoring comes to what NumPy can do at all: the bare product, compared with thresholds.

The bare loop turns the sightings' half-precision vectors into one float32 array, multiplies, compares with one
threshold an entry and finds what passes, in memory that lies ready. The matcher begins with sighting records of eight
cameras, keeps to each camera's own thresholds, scope and times, looks at what passes exactly, and ends with match
records. The product alone, on an array that is float32 already, is measured beside them. All take turns on the same
numbers in the same run, so that a busy machine slows all.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.bench.made_up import made_up_sighting
from pipeline.matching.scoring import Scorer, Seen
from pipeline.records import WatchlistEntry
from pipeline.threshold.background import Background
from pipeline.threshold.site import Site

SIZES = (100, 1_000, 10_000, 100_000)
BATCH = 500
TARGET = 0.8
_DIMENSIONS = 512
_CAMERAS = 8
_PEOPLE = 128  # of each camera, that its thresholds rest on
_MATCH_RATE = 1e-4  # of pairs: 5 matches a batch with 100 entries, 5,000 with 100,000
_ROUNDS = 5
_LEAST_S = 0.05  # of a round
_BLOCK = 4_000_000  # scores at once, as the matcher does


@dataclass(frozen=True, slots=True, eq=False)
class _Watchlist:
    """A watchlist in memory."""

    entries: tuple[WatchlistEntry, ...]
    vectors: npt.NDArray[np.float32]
    revision: int = 1


def bench_match(sizes: Sequence[int] = SIZES) -> dict[str, Any]:
    """Measure sightings/s against watchlists of several sizes.

    Returns:
        The batch, the target, and for each size the matches a batch, the sightings/s of matcher, bare loop and
        product alone, and the matcher's fraction of the other two.
    """
    return {"batch": BATCH, "target": TARGET, "sizes": {str(size): _bench_size(size) for size in sizes}}


def _bench_size(size: int) -> dict[str, float]:
    rng = np.random.default_rng(size)
    background = Background(_people(rng, 1000), "bench", "random vectors")
    vectors = _unit(rng, size)
    seen = _sightings(rng)
    halves = [each.sighting.vector for each in seen]
    limit = float(np.quantile(np.stack(halves[:200]).astype(np.float32) @ vectors[:2000].T, 1 - _MATCH_RATE))
    watchlist = _Watchlist(tuple(_entry(row, vector, limit) for row, vector in enumerate(vectors)), vectors)
    scorer = Scorer(background)
    bare = _Bare(vectors, limit)
    batch = _batch(halves)
    matcher_s, bare_s, product_s = _race(
        lambda: scorer(watchlist, seen), lambda: bare(_batch(halves)), lambda: bare(batch)
    )
    return {
        "matches": len(scorer(watchlist, seen)),
        "sightings_per_s": round(BATCH / matcher_s, 1),
        "bare_sightings_per_s": round(BATCH / bare_s, 1),
        "product_sightings_per_s": round(BATCH / product_s, 1),
        "fraction": round(bare_s / matcher_s, 3),
        "fraction_of_product": round(product_s / matcher_s, 3),
    }


class _Bare:
    """The limit: product, comparison, where it passes."""

    def __init__(self, vectors: npt.NDArray[np.float32], limit: float) -> None:
        self._entries = vectors.T
        self._limits = np.full(len(vectors), limit, np.float32)
        self._lines = min(BATCH, max(1, _BLOCK // len(vectors)))
        self._scores = np.empty((self._lines, len(vectors)), np.float32)
        self._passing = np.empty((self._lines, len(vectors)), np.bool_)

    def __call__(self, batch: npt.NDArray[np.float32]) -> int:
        found = 0
        for start in range(0, len(batch), self._lines):
            part = batch[start : start + self._lines]
            scores, passing = self._scores[: len(part)], self._passing[: len(part)]
            np.matmul(part, self._entries, out=scores)
            np.greater_equal(scores, self._limits, out=passing)
            found += len(np.flatnonzero(passing))
        return found


def _batch(halves: Sequence[npt.NDArray[np.float16]]) -> npt.NDArray[np.float32]:
    return np.concatenate(halves).astype(np.float32).reshape(len(halves), -1)


def _race(*calls: Callable[[], object]) -> list[float]:
    """Return the seconds that a call of each takes: medians of rounds in which all take turns."""
    calls[0]()  # works the thresholds out
    started = time.perf_counter()
    for call in calls:
        call()
    repeats = max(1, int(_LEAST_S * len(calls) / (time.perf_counter() - started)))
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(_ROUNDS):
        for call, into in zip(calls, times, strict=True):
            started = time.perf_counter()
            for _ in range(repeats):
                call()
            into.append((time.perf_counter() - started) / repeats)
    return [statistics.median(each) for each in times]


def _unit(rng: np.random.Generator, count: int) -> npt.NDArray[np.float32]:
    vectors = rng.standard_normal((count, _DIMENSIONS), np.float32)
    unit: npt.NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def _people(rng: np.random.Generator, count: int) -> npt.NDArray[np.float16]:
    return _unit(rng, count).astype(np.float16)


def _sightings(rng: np.random.Generator) -> list[Seen]:
    sites = [Site(_people(rng, _PEOPLE)) for _ in range(_CAMERAS)]
    vectors = _people(rng, BATCH)
    return [_seen(place, vectors[place], sites[place % _CAMERAS]) for place in range(BATCH)]


def _seen(place: int, vector: npt.NDArray[np.float16], site: Site) -> Seen:
    sighting = made_up_sighting(place, f"camera-{place % _CAMERAS}", vector, apart_ms=100)
    return Seen(sighting, f"bench[0]@{place}", site)


def _entry(row: int, vector: npt.NDArray[np.float32], limit: float) -> WatchlistEntry:
    return WatchlistEntry(
        entry_id=str(row),
        description="",
        vector=vector,
        model_id="bench",
        threshold=limit,
        false_match_rate=_MATCH_RATE,
        background="random vectors",
        version=1,
        created_at_ms=0,
    )
