"""Sightings against the watchlist: one matrix product, each camera's thresholds, an exact look at what passes."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter

import numpy as np
import numpy.typing as npt

from pipeline.matching.camera_thresholds import AtCamera, CameraThresholds
from pipeline.matching.rows import Matrix, Rows
from pipeline.records import Match, Sighting
from pipeline.threshold.background import Background
from pipeline.threshold.site import Site, site_words

_SCORES = 4_000_000  # at once; bounds memory, not results
_PAIRS = 4096  # looked at exactly at once
_DECIMALS = 6  # so that a pair says the same in every batch, whatever the order of summation

Found = tuple[int, Match]  # with the sighting's place in its batch


@dataclass(frozen=True, slots=True)
class Seen:
    """A sighting, where it stands in the log, and the camera's own people at that place."""

    sighting: Sighting
    coordinates: str
    site: Site | None


class Scorer:
    """Holds sightings against one watchlist after another. Not thread-safe."""

    def __init__(self, shipped: Background) -> None:
        """Compare vectors of the background's model only."""
        self._model_id = shipped.model_id
        self._shipped = shipped
        self._thresholds = CameraThresholds(shipped)
        self._matrix: Matrix | None = None
        self._rows: Rows | None = None
        self._scores = np.empty((0, 0), np.float32)  # kept: fresh memory costs nearly as much as the product
        self._passing = np.empty((0, 0), np.bool_)

    def rows(self, matrix: Matrix) -> Rows:
        """Return what of a watchlist is compared with."""
        if self._rows is None or self._matrix is not matrix:
            self._matrix, self._rows = matrix, Rows.of(matrix, self._model_id)
        return self._rows

    def __call__(self, matrix: Matrix, seen: Sequence[Seen]) -> list[Match]:
        """Return the matches: in the order of the sightings, then of the entries.

        Camera scope, schedule, mute and expiry are kept to, by the time of capture.

        Args:
            matrix: the watchlist.
            seen: sightings of the background's model.
        """
        rows = self.rows(matrix)
        if not seen or not len(rows):
            return []
        found = list(chain.from_iterable(self._found(rows, seen)))
        return [match for _, match in sorted(found, key=itemgetter(0))]

    def _found(self, rows: Rows, seen: Sequence[Seen]) -> Iterator[list[Found]]:
        batch = self._sorted(rows, seen)
        self._make_room(min(len(seen), max(1, _SCORES // len(rows))), len(rows))
        most = len(self._scores)
        for start in range(0, len(seen), most):
            block = batch.vectors[start : start + most]
            scores = np.matmul(block, rows.sentences.vectors.T, out=self._scores[: len(block)])  # (b, n)
            passing = self._passing[: len(block)]
            for span, at in batch.spans:
                part = slice(max(span.start - start, 0), max(span.stop - start, 0))
                np.greater_equal(scores[part], at.lenient, out=passing[part])
            pairs = np.flatnonzero(passing)
            for first in range(0, len(pairs), _PAIRS):
                lines, columns = np.divmod(pairs[first : first + _PAIRS], len(rows))
                yield self._look(batch, rows, lines + start, columns)

    def _look(
        self, batch: "_Batch", rows: Rows, lines: npt.NDArray[np.intp], columns: npt.NDArray[np.intp]
    ) -> list[Found]:
        """Return the pairs that match when their product is taken alone, and when the entry counts."""
        products = np.einsum("kd,kd->k", batch.vectors[lines], rows.sentences.vectors[columns], dtype=np.float64)
        found = []
        for line, column, product in zip(lines.tolist(), columns.tolist(), products.tolist(), strict=True):
            similarity, threshold = round(product, _DECIMALS), float(batch.at(line).exact[column])
            place, entry = batch.places[line], rows.entries[column]
            seen = batch.seen[place]
            if similarity >= threshold and entry.counts(seen.sighting.camera_id, seen.sighting.captured_at_ms):
                people = site_words(seen.site, entry.false_match_rate, self._shipped)
                match = Match(seen.sighting, entry, similarity, threshold, seen.coordinates, people)
                found.append((place, match))
        return found

    def _sorted(self, rows: Rows, seen: Sequence[Seen]) -> "_Batch":
        groups: defaultdict[tuple[str, Site | None], list[int]] = defaultdict(list)
        for place, each in enumerate(seen):
            groups[each.sighting.camera_id, each.site].append(place)
        places = list(chain.from_iterable(groups.values()))
        vectors = np.concatenate([seen[place].sighting.vector for place in places]).astype(np.float32)
        spans, start = [], 0
        for (camera_id, site), members in groups.items():
            spans.append((slice(start, start + len(members)), self._thresholds(camera_id, site, rows)))
            start += len(members)
        return _Batch(seen, places, vectors.reshape(len(places), -1), spans)

    def _make_room(self, lines: int, columns: int) -> None:
        if self._scores.shape[0] < lines or self._scores.shape[1] != columns:
            self._scores = np.empty((lines, columns), np.float32)
            self._passing = np.empty((lines, columns), np.bool_)


@dataclass(frozen=True, slots=True, eq=False)
class _Batch:
    """Sightings put in an order in which those that share their thresholds stand beside each other.

    Attributes:
        seen: in the order they came.
        places: of each line, its place in ``seen``.
        vectors: (s, D) float32.
        spans: lines, and the thresholds that they share.
    """

    seen: Sequence[Seen]
    places: Sequence[int]
    vectors: npt.NDArray[np.float32]
    spans: Sequence[tuple[slice, AtCamera]]

    def at(self, line: int) -> AtCamera:
        """Return the thresholds of a line."""
        return next(at for span, at in self.spans if line < span.stop)
