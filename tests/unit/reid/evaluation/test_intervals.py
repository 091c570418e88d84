"""Intervals come from drawing people, and are the same for the same seed."""

import numpy as np
import pytest

from reid.errors import ConfigurationError
from reid.evaluation.intervals import mean_intervals, resample_people


def test_intervals_agree_with_naive_resampling() -> None:
    """Weighting people's sums is the same as copying the rows of the people drawn."""
    rng = np.random.default_rng(3)
    people = rng.integers(10, 22, 60)
    values = rng.normal(50, 20, (60, 2))
    names = np.unique(people)
    means = []
    for times in resample_people(len(names), 200, seed=7):
        rows = [
            row
            for name, count in zip(names, times, strict=True)
            for row in np.flatnonzero(people == name).tolist() * count
        ]
        means.append(values[rows].mean(axis=0))
    expected = np.percentile(means, [2.5, 97.5], axis=0).T
    np.testing.assert_allclose(mean_intervals(values, people, 200, seed=7), expected)


def test_the_same_seed_gives_the_same_interval() -> None:
    """Reports can be repeated to the last digit, and another seed gives another draw."""
    values, people = np.arange(40.0).reshape(20, 2), np.arange(20)
    assert mean_intervals(values, people, 100, 1) == mean_intervals(values, people, 100, 1)
    assert mean_intervals(values, people, 100, 1) != mean_intervals(values, people, 100, 2)


def test_captions_of_one_person_stand_and_fall_together() -> None:
    """Ten copies of each caption are no new evidence: the interval stays as wide."""
    rng = np.random.default_rng(0)
    values = rng.choice([0.0, 100.0], (50, 1))
    once = mean_intervals(values, np.arange(50), 500, 0)
    often = mean_intervals(np.repeat(values, 10, axis=0), np.repeat(np.arange(50), 10), 500, 0)
    np.testing.assert_allclose(once, often)


def test_the_interval_covers_the_true_mean_about_as_often_as_it_says() -> None:
    """Of 200 samples of 100 people, some 95 % have the truth in their interval."""
    rng = np.random.default_rng(5)
    inside = 0
    for trial in range(200):
        ((low, high),) = mean_intervals(rng.normal(40, 10, (100, 1)), np.arange(100), 200, trial)
        inside += low <= 40 <= high
    assert 180 <= inside <= 199


def test_one_person_or_no_resamples_give_no_interval() -> None:
    """An interval of no width would claim a certainty nobody has."""
    assert mean_intervals(np.ones((3, 2)), np.array(["a", "a", "a"]), 100, 0) == []
    assert mean_intervals(np.ones((3, 2)), np.array(["a", "b", "c"]), 0, 0) == []
    with pytest.raises(ConfigurationError, match="0 or more, but got -1"):
        mean_intervals(np.ones((3, 2)), np.array(["a", "b", "c"]), -1, 0)
