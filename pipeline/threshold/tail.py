"""Where the tail of a sentence's scores begins: the similarity that a given share of people reaches."""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

LEAST_EXPECTED = 0.1  # people of a background that pass; a smaller rate is beyond what the background can tell
_ENOUGH = 10.0  # so many passing people, and the order statistic itself is steady
_LEAST_FITTED = 10
_FITTED_PER_EXPECTED = 4


def tail_start(scores: FloatArray, rate: float) -> FloatArray:
    """Return, row by row, the least score above which no more than ``rate`` of the row lies.

    Where ten or more of a row may pass, that is an order statistic. Where fewer may, the top of the row is fitted
    by an exponential tail, which similarities (they are bounded) never outrun, so the error is on the quiet side;
    but never is it lower than the order statistic. ``score >= tail_start`` passes.

    Args:
        scores: (m, n), n >= 2: m sentences on the same n people.
        rate: above 0 and below 1; n * rate should be at least ``LEAST_EXPECTED``.

    Returns:
        (m,).
    """
    count = scores.shape[1]
    expected = count * rate
    allowed = min(count - 1, int(expected + 1e-9))
    fitted = min(count - 1, max(_LEAST_FITTED, int(np.ceil(_FITTED_PER_EXPECTED * expected))))
    depth = min(count - 1, max(allowed, fitted))
    top = -np.sort(np.partition(-scores, depth, axis=1)[:, : depth + 1], axis=1)  # (m, depth + 1), falling
    ordered: FloatArray = np.nextafter(top[:, allowed], np.inf)
    if expected >= _ENOUGH:
        return ordered
    floor = top[:, fitted]
    mean_excess = (top[:, :fitted] - floor[:, None]).mean(axis=1)
    exponential: FloatArray = floor + mean_excess * np.log(fitted / expected)
    return np.maximum(ordered, exponential)
