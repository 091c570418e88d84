"""How sure a figure is: 95 % intervals from drawing the people anew (bootstrap)."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from reid.errors import ConfigurationError

Interval = tuple[float, float]
_TAILS = (2.5, 97.5)  # percent


def resample_people(people: int, resamples: int, seed: int) -> Iterator[npt.NDArray[np.int64]]:
    """Yield how often each of ``people`` is drawn, (people,) int64, once for each resample.

    People are drawn, not images or captions: those of one person stand and fall together.

    Raises:
        ConfigurationError: the number of resamples is negative.
    """
    if resamples < 0:
        raise ConfigurationError(f"resamples must be 0 or more, but got {resamples}")
    rng = np.random.default_rng(seed)
    for _ in range(resamples):
        yield np.bincount(rng.integers(0, people, people), minlength=people)


def percentile_interval(figures: npt.ArrayLike) -> Interval:
    """Return the middle 95 % of resampled figures."""
    low, high = np.percentile(np.asarray(figures), _TAILS)
    return float(low), float(high)


def mean_intervals(
    values: npt.NDArray[np.float64], people: npt.NDArray[Any], resamples: int, seed: int
) -> list[Interval]:
    """Return one interval for the mean of each column of ``values`` (n, k).

    Args:
        values: a row for each query.
        people: (n,) who each row is about.
        resamples: how many times people are drawn anew.
        seed: the same seed gives the same intervals.

    Returns:
        k intervals; none where there are fewer than two people or no resamples, which say nothing.

    Raises:
        ConfigurationError: the number of resamples is negative.
    """
    numbers = np.unique(people, return_inverse=True)[1]
    count = int(numbers.max(initial=-1)) + 1
    sizes = np.bincount(numbers, minlength=count)
    sums = np.stack([np.bincount(numbers, column, count) for column in values.T], axis=1)  # (people, k)
    means = [(drawn @ sums) / (drawn @ sizes) for drawn in resample_people(count, resamples, seed)]
    if count < 2 or not means:
        return []
    return [percentile_interval(column) for column in np.stack(means, axis=1)]
