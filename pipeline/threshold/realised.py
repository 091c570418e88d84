"""Measures on footage what a false match rate lets through: sentences about nobody there, held against everybody."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.errors import BackgroundError
from pipeline.threshold.background import Background, check_rate
from pipeline.threshold.site import Sentences
from pipeline.threshold.sites import Placed, against
from pipeline.threshold.tail import tail_start

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
_WORST = 0.95


@dataclass(frozen=True, slots=True)
class Realised:
    """What an asked rate let through: shares of the tracklets, as means over the sentences."""

    rate: float  # asked
    tracklets: int
    matched: float
    matched_as_shipped: float  # had nothing been worked out from the camera's own people
    worst: float  # one sentence in twenty matched a larger share


def measure_realised(
    placed: Iterable[Placed], vectors: npt.NDArray[np.float32], rates: Sequence[float], shipped: Background
) -> list[Realised]:
    """Return, for each rate, what share of the footage's tracklets sentences matched, at any of their sightings.

    Args:
        placed: the footage's sightings, in the order of the log.
        vectors: (m, D) of sentences that are about nobody in it, but for chance.
        rates: to ask for.
        shipped: the background of the weights that both were embedded with.

    Raises:
        BackgroundError: a rate is one that this background cannot tell, or the footage shows nobody.
    """
    for rate in rates:
        check_rate(rate, len(shipped))
    sightings = list(placed)
    if not sightings:
        raise BackgroundError("the footage shows nobody, so there is nothing to measure; name a longer one")
    scores = vectors.astype(np.float64) @ shipped.vectors.astype(np.float64).T
    return [_at_rate(rate, sightings, _asked(vectors, scores, rate), shipped) for rate in rates]


def _asked(vectors: npt.NDArray[np.float32], scores: FloatArray, rate: float) -> Sentences:
    return Sentences(vectors, tail_start(scores, rate), np.full(len(vectors), rate))


def _at_rate(rate: float, sightings: Sequence[Placed], asked: Sentences, shipped: Background) -> Realised:
    matched: dict[str, BoolArray] = {}
    as_shipped: dict[str, BoolArray] = {}
    for (sighting, _), similarities, there in against(sightings, asked, shipped):
        for into, thresholds in ((matched, there), (as_shipped, asked.thresholds)):
            into[sighting.tracklet_id] = into.get(sighting.tracklet_id, False) | (similarities >= thresholds)
    shares = np.mean(list(matched.values()), axis=0)  # (m,)
    return Realised(
        rate,
        len(matched),
        float(shares.mean()),
        float(np.mean(list(as_shipped.values()))),
        float(np.quantile(shares, _WORST)),
    )
