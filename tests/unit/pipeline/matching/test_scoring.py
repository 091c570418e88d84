"""Scoring many at once against scoring one by one."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipeline.bench.match import bench_match
from pipeline.matching.scoring import Scorer, Seen
from pipeline.threshold.background import Background
from pipeline.threshold.site import Sentences, Site, site_thresholds

Make = Callable[..., Any]
DIM = 16


def unit(rng: np.random.Generator, count: int) -> np.ndarray:
    """Return random unit vectors."""
    vectors = rng.standard_normal((count, DIM))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class Matrix:
    """A watchlist in memory."""

    def __init__(self, entries: tuple[Any, ...], revision: int = 1) -> None:
        self.entries, self.revision = entries, revision
        self.vectors = np.array([entry.vector for entry in entries], np.float32).reshape(-1, DIM)


def naive(matrix: Matrix, seen: list[Seen], shipped: Background) -> list[tuple[str, str, float, float]]:
    """Match every pair on its own."""
    found = []
    for each in seen:
        for entry in matrix.entries:
            if entry.model_id != shipped.model_id:
                continue
            asked = Sentences(entry.vector[None], np.array([entry.threshold]), np.array([entry.false_match_rate]))
            limit = float(site_thresholds(asked, each.site, shipped)[0])
            product = float(each.sighting.vector.astype(np.float64) @ entry.vector.astype(np.float64))
            at_ms = each.sighting.captured_at_ms
            if round(product, 6) >= limit and entry.counts(each.sighting.camera_id, at_ms):
                found.append((each.sighting.tracklet_id, entry.entry_id, round(product, 6), limit))
    return found


def listed(matches: list[Any]) -> list[tuple[str, str, float, float]]:
    """Return matches as ``naive`` does."""
    return [(each.sighting.tracklet_id, each.entry.entry_id, each.similarity, each.threshold) for each in matches]


@pytest.mark.parametrize("seed", range(4))
def test_many_at_once_match_as_one_by_one(
    background: Background, make_entry: Make, make_sighting: Make, seed: int
) -> None:
    """The matches, their order, similarities and thresholds are those of a plain loop, through edits of the list."""
    rng = np.random.default_rng(seed)
    cameras = ("gate", "hall", "yard")
    people = [None, Site(unit(rng, 40).astype(np.float16)), Site(unit(rng, 200).astype(np.float16))]

    def entries(count: int, version: int) -> list[Any]:
        return [
            make_entry(
                str(n),
                vector=vector,
                version=version,
                threshold=float(rng.uniform(0, 0.4)),
                false_match_rate=float(rng.choice([0.01, 0.05])),
                cameras=() if n % 3 else (cameras[n % 2],),
                model_id="model-1" if n % 7 else "model-2",
                enabled=bool(n % 5),
                muted_until_ms=make_sighting(at_s=30).captured_at_ms if n % 4 == 0 else None,
            )
            for n, vector in enumerate(unit(rng, count).astype(np.float32))
        ]

    seen = [
        Seen(make_sighting(str(n), n, camera_id=cameras[n % 3], vector=vector), f"t[0]@{n}", people[n % 3])
        for n, vector in enumerate(unit(rng, 60).astype(np.float16))
    ]
    scorer = Scorer(background)
    first = entries(70, 1)
    edited = [*entries(80, 2)[:5], *first[10:], replace(first[5], version=9, threshold=0.0)]
    for revision, rows in enumerate((first, edited, edited[:1], [], first)):
        matrix = Matrix(tuple({entry.entry_id: entry for entry in rows}.values()), revision)
        assert listed(scorer(matrix, seen)) == naive(matrix, seen, background)
    assert listed(scorer(Matrix(tuple(first)), seen))


def test_a_pair_says_the_same_in_every_batch(background: Background, make_entry: Make, make_sighting: Make) -> None:
    """Similarities do not depend on who else is in the batch or on the watchlist."""
    rng = np.random.default_rng(1)
    entries = [make_entry(str(n), vector=v, threshold=-1.0) for n, v in enumerate(unit(rng, 33).astype(np.float32))]
    seen = [
        Seen(make_sighting(str(n), n, vector=vector), "t[0]@0", None)
        for n, vector in enumerate(unit(rng, 50).astype(np.float16))
    ]
    scorer = Scorer(background)
    together = dict.fromkeys(listed(scorer(Matrix(tuple(entries)), seen)))
    for one in seen[::7]:
        for entry in entries[::5]:
            (alone,) = listed(scorer(Matrix((entry,)), [one]))
            assert alone in together


@pytest.mark.parametrize("changes", [{"created_at_ms": 5}, {"threshold": 0.9}], ids=["re-used id", "lost past"])
def test_another_entry_of_the_same_id_and_version_has_its_own_threshold(
    background: Background, make_entry: Make, make_sighting: Make, changes: dict[str, Any]
) -> None:
    """An id that is used again, or an edit after a store lost one, is not held to the threshold of the former entry."""
    people = unit(np.random.default_rng(0), 40).astype(np.float16)
    seen = [Seen(make_sighting("a", vector=people[0]), "lookout.sightings[0]@9", Site(people))]
    former, later = make_entry(axis=0), make_entry(axis=1, **changes)
    score = Scorer(background)
    for entry in (former, later):
        score(Matrix((entry,)), seen)
        asked = Sentences(entry.vector[None], np.array([entry.threshold]), np.array([entry.false_match_rate]))
        held = score._thresholds("gate", seen[0].site, score.rows(Matrix((entry,)))).exact
        assert held.tolist() == site_thresholds(asked, seen[0].site, background).tolist()


def test_the_bench_reports_fractions_of_one_run() -> None:
    """The benchmark says, for each size, how much of the bare loop's speed the matcher has."""
    report = bench_match(sizes=(50,))
    figures = report["sizes"]["50"]
    assert report["target"] == 0.8
    assert figures["fraction"] == pytest.approx(figures["sightings_per_s"] / figures["bare_sightings_per_s"], abs=1e-2)
