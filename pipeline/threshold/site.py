"""A camera's own people, and what they make of the thresholds that were set on the shipped background.

Measured in docs/calibration.md: shifting a threshold by the site's mean alone lets far too few people pass, since
scores at a new site lie closer together. Shifting and scaling comes near the asked rate from 8 people on, provided that
a sentence's spread, which so few people tell badly, leans on how much less the site's people differ from each other
than the shipped ones do. The tail of the sentence's scores on the camera's own people is nearest once about one of
them may pass.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.threshold.background import Background
from pipeline.threshold.tail import tail_start

LEAST_PEOPLE = 8  # before, the shipped threshold stands as it is
OWN_TAIL_FROM = 1.0  # people that may pass: 100 people at a rate of 0.01
_PRIOR_PEOPLE = 16.0  # of the site, that the shipped background's spread counts as once it is scaled to the site
_ROWS = 2048  # entries scored at once; bounds memory, not results
_DECIMALS = 6  # so that the order of summation is not seen in a threshold

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """The people that one camera has seen last.

    Attributes:
        vectors: (n, D) float16, one row a tracklet.
    """

    vectors: npt.NDArray[np.float16]

    def __len__(self) -> int:
        """Return how many people there are."""
        return len(self.vectors)


@dataclass(frozen=True, slots=True, eq=False)
class Sentences:
    """What thresholds are set for.

    Attributes:
        vectors: (m, D) float32.
        thresholds: (m,), as set on the shipped background.
        rates: (m,), the false match rates that they were set at.
    """

    vectors: npt.NDArray[np.float32]
    thresholds: FloatArray
    rates: FloatArray

    def __len__(self) -> int:
        """Return how many sentences there are."""
        return len(self.vectors)

    def __getitem__(self, rows: slice | npt.NDArray[np.intp]) -> "Sentences":
        """Return some of them."""
        return Sentences(self.vectors[rows], self.thresholds[rows], self.rates[rows])


def site_thresholds(sentences: Sentences, site: Site | None, shipped: Background) -> FloatArray:
    """Return the thresholds that hold at a site, (m,); without one, or with too few people, as they were set."""
    if site is None or len(site) < LEAST_PEOPLE:
        return sentences.thresholds
    people = site.vectors.astype(np.float64)
    found = np.empty(len(sentences))
    for start in range(0, len(sentences), _ROWS):
        rows = slice(start, start + _ROWS)
        found[rows] = _block(sentences[rows], people, shipped)
    return np.round(found, _DECIMALS)


def site_words(site: Site | None, false_match_rate: float, shipped: Background) -> str:
    """Say which background an entry's threshold rests on at a site, and how large that is."""
    if site is None or len(site) < LEAST_PEOPLE:
        return f"{len(shipped):,} people of {shipped.words}"
    if len(site) * false_match_rate >= OWN_TAIL_FROM:
        return f"the last {len(site):,} people of this camera"
    return f"{len(shipped):,} people of {shipped.words}, moved and scaled to the last {len(site):,} of this camera"


def _block(sentences: Sentences, people: FloatArray, shipped: Background) -> FloatArray:
    vectors = sentences.vectors.astype(np.float64)
    scores = vectors @ people.T  # (m, n)
    found = _moved(vectors, sentences.thresholds, people, shipped)
    for rate in np.unique(sentences.rates):
        if rate * len(people) >= OWN_TAIL_FROM:
            rows = sentences.rates == rate
            found[rows] = tail_start(scores[rows], float(rate))
    return found


def _moved(vectors: FloatArray, thresholds: FloatArray, people: FloatArray, shipped: Background) -> FloatArray:
    """Put each threshold as many deviations above the site's mean score as it stood above the shipped one."""
    tiny = np.finfo(np.float64).tiny
    there = np.maximum(np.einsum("md,md->m", vectors @ shipped.covariance, vectors), tiny)  # (m,) variance of scores
    scores, count = vectors @ people.T, len(people)
    scatter = people.var(axis=0, ddof=1).sum() / max(np.trace(shipped.covariance), tiny)  # of people here and there
    here = (count * scores.var(axis=1, ddof=1) + _PRIOR_PEOPLE * scatter * there) / (count + _PRIOR_PEOPLE)
    moved: FloatArray = scores.mean(axis=1) + (thresholds - vectors @ shipped.mean) * np.sqrt(here / there)
    return moved
