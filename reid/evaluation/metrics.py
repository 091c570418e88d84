"""Retrieval figures from embeddings or similarities: Rank@1/5/10, mAP and mINP.

Ties count against the query: of equally similar images, the wrong ones are taken to come first. A network
that gives every image the same embedding therefore scores worse than chance, not better. Similarities made
here from embeddings count as equal within the rounding error of their arithmetic.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from reid.errors import ConfigurationError, ReidError

FloatArray = npt.NDArray[np.floating[Any]]
BoolArray = npt.NDArray[np.bool_]
Exclude = BoolArray | Callable[[slice], BoolArray]  # True: this image is not in this query's gallery
PersonIds = Sequence[str] | Sequence[int] | npt.NDArray[Any]

ROUNDING = 1e-6  # how far sums of 512 float32 products stray, relative to the vectors' lengths
CHUNK = 512  # queries ranked at a time: with 20,000 images, some 150 MB


@dataclass(frozen=True, slots=True, eq=False)
class QueryFigures:
    """What became of each of q queries; a query without a match in its gallery has rank 0 and is skipped.

    Attributes:
        first_rank: (q,) int64, the rank of the first match, from 1.
        average_precision: (q,) float64, 0..1, NaN where skipped.
        inverse_negative_penalty: (q,) float64, matches by rank of the last, 0..1, NaN where skipped.
    """

    first_rank: npt.NDArray[np.int64]
    average_precision: npt.NDArray[np.float64]
    inverse_negative_penalty: npt.NDArray[np.float64]

    @property
    def used(self) -> BoolArray:
        """(q,) bool: the queries that have a match."""
        return self.first_rank > 0


def rank_embeddings(
    queries: FloatArray,
    gallery: FloatArray,
    query_ids: PersonIds,
    gallery_ids: PersonIds,
    exclude: Exclude | None = None,
    chunk_size: int = CHUNK,
) -> QueryFigures:
    """Rank the gallery for every query by dot product; vectors are taken as they are, not normalised.

    Memory grows with ``chunk_size`` times the gallery, never with queries times gallery.

    Args:
        queries: (q, d).
        gallery: (g, d).
        query_ids: (q,) who each query is about.
        gallery_ids: (g,) who each image shows.
        exclude: (q, g) bool, or a function that returns those rows of it which a slice selects.
        chunk_size: queries ranked at a time.

    Raises:
        ReidError: shapes do not fit, or a value is not finite.
        ConfigurationError: the chunk size is below 1.
    """
    if queries.ndim != 2 or gallery.ndim != 2 or queries.shape[1] != gallery.shape[1]:
        raise ReidError(f"queries (q, d) and gallery (g, d) must share d, but got {queries.shape} and {gallery.shape}")
    left, right = queries.astype(np.float32, copy=False), gallery.astype(np.float32, copy=False)
    tie = ROUNDING * _longest(left) * _longest(right)
    task = _Task.of(query_ids, gallery_ids, exclude, (len(left), len(right)))
    return task.rank(lambda rows: left[rows] @ right.T, tie, chunk_size)


def rank_similarities(
    similarity: FloatArray,
    query_ids: PersonIds,
    gallery_ids: PersonIds,
    exclude: Exclude | None = None,
    chunk_size: int = CHUNK,
) -> QueryFigures:
    """Rank the gallery for every query by the rows of ``similarity`` (q, g); only equal values are ties.

    Raises:
        ReidError: shapes do not fit, or a value is not finite.
        ConfigurationError: the chunk size is below 1.
    """
    if similarity.ndim != 2:
        raise ReidError(f"similarity must have shape (q, g), but got {similarity.shape}")
    task = _Task.of(query_ids, gallery_ids, exclude, (similarity.shape[0], similarity.shape[1]))
    return task.rank(lambda rows: similarity[rows], 0.0, chunk_size)


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """Who is looked for among whom: person numbers of queries (q,) and gallery (g,), and what is left out."""

    queries: npt.NDArray[np.int64]
    gallery: npt.NDArray[np.int64]
    exclude: Exclude | None

    @classmethod
    def of(
        cls, query_ids: PersonIds, gallery_ids: PersonIds, exclude: Exclude | None, shape: tuple[int, int]
    ) -> "_Task":
        left, right = np.asarray(query_ids), np.asarray(gallery_ids)
        if (len(left), len(right)) != shape:
            raise ReidError(
                f"expected a person id for each of {shape[0]} queries and {shape[1]} images, "
                f"but got {len(left)} and {len(right)}"
            )
        if exclude is not None and not callable(exclude) and exclude.shape != shape:
            raise ReidError(f"exclude must have shape {shape}, but got {exclude.shape}")
        numbers = np.unique(np.concatenate([left, right]), return_inverse=True)[1].astype(np.int64)
        return cls(numbers[: len(left)], numbers[len(left) :], exclude)

    def rank(self, similarity: Callable[[slice], FloatArray], tie: float, chunk_size: int) -> QueryFigures:
        if chunk_size < 1:
            raise ConfigurationError(f"chunk_size must be at least 1, but got {chunk_size}")
        count = len(self.queries)
        figures = QueryFigures(np.zeros(count, np.int64), np.full(count, np.nan), np.full(count, np.nan))
        for start in range(0, count, chunk_size):
            rows = slice(start, min(count, start + chunk_size))
            for row, ranks in enumerate(self._match_ranks(rows, similarity(rows), tie), start):
                if ranks.size:
                    order = np.arange(1, ranks.size + 1)
                    figures.first_rank[row] = ranks[0]
                    figures.average_precision[row] = np.mean(order / ranks)
                    figures.inverse_negative_penalty[row] = ranks.size / ranks[-1]
        return figures

    def _match_ranks(self, rows: slice, similarity: FloatArray, tie: float) -> Iterator[npt.NDArray[np.int64]]:
        """Yield the ranks of each query's matches, best first; wrong images that tie come before them."""
        if not np.isfinite(similarity).all():
            raise ReidError("similarities must be finite, but some are NaN or infinite; check the embeddings")
        match = self.queries[rows, None] == self.gallery[None, :]
        wrong = ~match
        if self.exclude is not None:
            out = self.exclude(rows) if callable(self.exclude) else self.exclude[rows]
            match &= ~out
            wrong &= ~out
        others = np.where(wrong, similarity, -np.inf)
        others.sort(axis=1)
        for row in range(len(similarity)):
            hits = np.sort(similarity[row, match[row]])[::-1]
            ahead = others.shape[1] - np.searchsorted(others[row], hits - tie, side="left")
            yield ahead + np.arange(1, hits.size + 1)


def _longest(vectors: npt.NDArray[np.float32]) -> float:
    return float(np.linalg.norm(vectors, axis=1).max(initial=0.0))
