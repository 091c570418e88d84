"""The fast ranking agrees with a naive one, and nothing about ties, skips or chunks can flatter."""

import math
import tracemalloc
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from reid.errors import ConfigurationError, ReidError
from reid.evaluation.metrics import QueryFigures, rank_embeddings, rank_similarities


def naive(
    similarity: npt.NDArray[Any], queries: list[int], gallery: list[int], exclude: npt.NDArray[np.bool_]
) -> list[tuple[int, float, float]]:
    """Sort each row, wrong images before right ones where they tie, and walk down the list."""
    figures = []
    for row, person in enumerate(queries):
        columns = [column for column in range(len(gallery)) if not exclude[row, column]]
        columns.sort(key=lambda c: (-similarity[row, c], gallery[c] == person))
        hits, precisions, last, first = 0, [], 0, 0
        for rank, column in enumerate(columns, 1):
            if gallery[column] == person:
                hits, last, first = hits + 1, rank, first or rank
                precisions.append(hits / rank)
        figures.append((first, sum(precisions) / hits, hits / last) if hits else (0, math.nan, math.nan))
    return figures


def assert_same(found: QueryFigures, expected: list[tuple[int, float, float]]) -> None:
    """Compare all three figures of every query."""
    assert found.first_rank.tolist() == [first for first, _, _ in expected]
    np.testing.assert_allclose(found.average_precision, [ap for _, ap, _ in expected])
    np.testing.assert_allclose(found.inverse_negative_penalty, [inp for _, _, inp in expected])


@st.composite
def searches(draw: st.DrawFn) -> tuple[npt.NDArray[Any], list[int], list[int], npt.NDArray[np.bool_]]:
    """Draw few people and few levels of similarity, so that ties, several images and no match all occur."""
    queries = draw(st.lists(st.integers(0, 4), min_size=1, max_size=9))
    gallery = draw(st.lists(st.integers(0, 4), min_size=1, max_size=12))
    shape = (len(queries), len(gallery))
    levels = draw(arrays.arrays(np.int64, shape, elements=st.integers(-3, 3)))
    exclude = draw(arrays.arrays(np.bool_, shape))
    return levels / 4, queries, gallery, exclude


@given(searches(), st.integers(1, 10))
def test_ranking_agrees_with_a_naive_one(search: Any, chunk_size: int) -> None:
    """Whatever the ties, the exclusions and the chunk size."""
    similarity, queries, gallery, exclude = search
    found = rank_similarities(similarity, queries, gallery, exclude, chunk_size)
    assert_same(found, naive(similarity, queries, gallery, exclude))
    by_function = rank_similarities(similarity, queries, gallery, lambda rows: exclude[rows], chunk_size)
    assert_same(by_function, naive(similarity, queries, gallery, exclude))


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_embeddings_rank_as_their_similarities_do(seed: int, chunk_size: int) -> None:
    """Chunked float32 products of float32 and float16 vectors find the same order, ties included."""
    rng = np.random.default_rng(seed)
    left, right = rng.integers(-3, 4, (30, 16)), rng.integers(-3, 4, (50, 16))  # exact, with many ties
    queries, gallery = rng.integers(0, 12, 30).tolist(), rng.integers(0, 12, 50).tolist()
    halves, singles = right.astype(np.float16), left.astype(np.float32)
    found = rank_embeddings(singles, halves, queries, gallery, None, chunk_size)
    assert_same(found, naive(left @ right.T, queries, gallery, np.zeros((30, 50), bool)))


def test_a_ranking_worked_out_by_hand() -> None:
    """Matches at ranks 1, 3 and 6 of 6."""
    figures = rank_similarities(np.array([[9.0, 8, 7, 6, 5, 4]]), ["a"], ["a", "b", "a", "c", "d", "a"])
    assert figures.first_rank.tolist() == [1]
    assert figures.average_precision[0] == pytest.approx((1 / 1 + 2 / 3 + 3 / 6) / 3)
    assert figures.inverse_negative_penalty[0] == pytest.approx(3 / 6)


@pytest.mark.parametrize("dim", [1, 7, 64, 512])
def test_a_constant_embedding_is_at_the_bottom(dim: int) -> None:
    """A collapsed network ties everything, so every wrong image comes first, in spite of rounding noise."""
    rng = np.random.default_rng(dim)
    constant = np.tile(rng.normal(size=dim).astype(np.float32), (997, 1))
    constant *= 1 + rng.normal(0, 1e-8, constant.shape).astype(np.float32)
    queries = rng.normal(size=(61, dim)).astype(np.float32)
    people = np.arange(997) % 100
    figures = rank_embeddings(queries, constant, np.arange(61), people, chunk_size=13)
    for row in range(61):
        assert figures.first_rank[row] == (people != row).sum() + 1


def test_the_order_of_the_gallery_does_not_matter() -> None:
    """No figure depends on which of two equal images was stored first."""
    rng = np.random.default_rng(1)
    similarity = rng.integers(0, 4, (20, 30)) / 4
    queries, gallery = rng.integers(0, 8, 20), rng.integers(0, 8, 30)
    shuffled = rng.permutation(30)
    one = rank_similarities(similarity, queries, gallery)
    other = rank_similarities(similarity[:, shuffled], queries, gallery[shuffled])
    np.testing.assert_array_equal(one.first_rank, other.first_rank)
    np.testing.assert_allclose(one.average_precision, other.average_precision)


def test_a_query_whose_only_match_is_excluded_is_skipped() -> None:
    """It is neither a hit nor a miss."""
    figures = rank_similarities(
        np.array([[1.0, 0.5], [1.0, 0.5]]), ["a", "b"], ["a", "b"], np.array([[True, False], [False, False]])
    )
    assert figures.used.tolist() == [False, True]
    assert figures.first_rank.tolist() == [0, 2]
    assert math.isnan(figures.average_precision[0])


def test_no_queries_and_no_gallery_are_no_accident() -> None:
    """Empty inputs give empty or skipped figures."""
    assert rank_embeddings(np.zeros((0, 4)), np.ones((3, 4)), [], ["a"] * 3).first_rank.shape == (0,)
    assert rank_embeddings(np.ones((2, 4)), np.zeros((0, 4)), ["a", "b"], []).first_rank.tolist() == [0, 0]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused(bad: float) -> None:
    """NaN compares as smaller than everything and would rank a broken network first."""
    vectors = np.ones((3, 4), np.float32)
    vectors[1, 2] = bad
    with pytest.raises(ReidError, match="must be finite"):
        rank_embeddings(np.ones((3, 4)), vectors, [0, 1, 2], [0, 1, 2])
    with pytest.raises(ReidError, match="must be finite"):
        rank_similarities(vectors, [0, 1, 2], [0, 1, 2, 3])


def test_shapes_that_do_not_fit_are_told_with_both_numbers() -> None:
    """Every mismatch is refused before anything is ranked."""
    two, three = np.ones((2, 4)), np.ones((3, 4))
    with pytest.raises(ReidError, match=r"\(2, 4\) and \(3, 5\)"):
        rank_embeddings(two, np.ones((3, 5)), [0, 1], [0, 1, 2])
    with pytest.raises(ReidError, match="2 queries and 3 images, but got 2 and 2"):
        rank_embeddings(two, three, [0, 1], [0, 1])
    with pytest.raises(ReidError, match=r"exclude must have shape \(2, 3\)"):
        rank_embeddings(two, three, [0, 1], [0, 1, 2], np.zeros((3, 2), bool))
    with pytest.raises(ReidError, match=r"\(q, g\)"):
        rank_similarities(np.ones(3), [0], [0, 1, 2])
    with pytest.raises(ConfigurationError, match="chunk_size must be at least 1, but got 0"):
        rank_embeddings(two, three, [0, 1], [0, 1, 2], None, 0)


def test_memory_stays_with_the_chunk() -> None:
    """Ranking 6,156 captions among 3,074 images never holds the whole matrix (75 MB)."""
    rng = np.random.default_rng(0)
    left = rng.normal(size=(6_156, 8)).astype(np.float32)
    right = rng.normal(size=(3_074, 8)).astype(np.float32)
    tracemalloc.start()
    rank_embeddings(left, right, np.arange(6_156) % 1_000, np.arange(3_074) % 1_000, chunk_size=128)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 15_000_000
