"""Who came nearest to each entry, and at which false match rate they would have matched.

For whoever gets no alert: a similarity below a threshold tells an operator nothing, a rate to try does.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.records import Sighting, WatchlistEntry
from pipeline.threshold.background import Background, threshold
from pipeline.threshold.site import Sentences, Site, site_thresholds
from pipeline.threshold.sites import Placed, against
from pipeline.threshold.tail import LEAST_EXPECTED

_HIGHEST_RATE = 0.5  # whoever only a higher one lets through is near to nobody
_STEPS = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)


@dataclass(frozen=True, slots=True)
class Nearest:
    """The sighting that came nearest to an entry's threshold."""

    entry: WatchlistEntry
    sighting: Sighting
    similarity: float
    threshold: float
    raising_rate: float | None  # the least round false match rate at which it matches; None where none up to 0.5 does


@dataclass(frozen=True, slots=True)
class _Found:
    placed: Placed
    similarity: float
    threshold: float


def find_nearest(entries: Sequence[WatchlistEntry], placed: Iterable[Placed], shipped: Background) -> list[Nearest]:
    """Return, entry by entry, who came nearest to its threshold; an entry that counted for nobody is left out.

    Args:
        entries: of the background's model.
        placed: the sightings, in the order of the log.
        shipped: the background that the entries' thresholds were set on.
    """
    if not entries:
        return []
    best: dict[int, _Found] = {}
    for row, found in _candidates(entries, placed, shipped):
        if row not in best or found.similarity - found.threshold > best[row].similarity - best[row].threshold:
            best[row] = found
    return [_nearest(entries[row], best[row], shipped) for row in sorted(best)]


def _candidates(
    entries: Sequence[WatchlistEntry], placed: Iterable[Placed], shipped: Background
) -> Iterator[tuple[int, _Found]]:
    """Yield each sighting with each entry's row that counts for it."""
    for each, similarities, thresholds in against(placed, _sentences(entries), shipped):
        sighting, _ = each
        for row, entry in enumerate(entries):
            if entry.counts(sighting.camera_id, sighting.captured_at_ms):
                yield row, _Found(each, float(similarities[row]), float(thresholds[row]))


def _nearest(entry: WatchlistEntry, found: _Found, shipped: Background) -> Nearest:
    sighting, site = found.placed
    passing = (rate for rate in _rates(shipped) if found.similarity >= _threshold_at(rate, entry, site, shipped))
    return Nearest(entry, sighting, found.similarity, found.threshold, next(passing, None))


def _threshold_at(rate: float, entry: WatchlistEntry, site: Site | None, shipped: Background) -> float:
    """Return the threshold that an entry would have had at a site, had another rate been asked for."""
    asked = replace(entry, threshold=threshold(shipped, entry.vector, rate).similarity, false_match_rate=rate)
    return float(site_thresholds(_sentences([asked]), site, shipped)[0])


def _rates(shipped: Background) -> Iterator[float]:
    """Yield the round rates that a background can tell, from the least on."""
    power = int(np.floor(np.log10(LEAST_EXPECTED / len(shipped))))
    for exponent in range(power, 1):
        for step in _STEPS:
            rate = float(f"{step:g}e{exponent}")
            if rate * len(shipped) >= LEAST_EXPECTED and rate <= _HIGHEST_RATE:
                yield rate


def _sentences(entries: Sequence[WatchlistEntry]) -> Sentences:
    return Sentences(
        np.stack([entry.vector for entry in entries]).astype(np.float32),
        np.array([entry.threshold for entry in entries]),
        np.array([entry.false_match_rate for entry in entries]),
    )
