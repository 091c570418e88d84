import math
import random

import pytest

from pipeline.sources.arrivals import Arrivals
from pipeline.sources.times import Sampler

HOUR_MS = 3_600_000.0
START_MS = 1_700_000_000_000.0


def test_without_times_arrival_counts() -> None:
    """Where a stream has no times, a frame is from when it arrived, each later than the one before."""
    arrivals = Arrivals(has_times=False)
    assert [arrivals.at(at_ms, 0.0) for at_ms in (1000.0, 1040.0, 1040.2, 900.0)] == [1000, 1040, 1041, 1042]
    assert arrivals.spread_ms is None


def test_bursts_are_spread_out() -> None:
    """Frames that were held up on the way and arrive together get the times at which they were taken."""
    arrivals = Arrivals(has_times=True)
    rng = random.Random(1)
    for index in range(500):
        taken_ms = START_MS + 40.0 * index
        late_ms = 600.0 - 40.0 * (index % 15) if index // 15 % 3 == 2 else 5.0 * rng.random()
        told_ms = arrivals.at(taken_ms + 20.0 + late_ms, 40.0 * index)
        assert index < 100 or abs(told_ms - taken_ms - 20.0) <= 2.0
    assert 590 <= arrivals.spread_ms <= 610


def test_clocks_that_drift_apart_are_followed() -> None:
    """A camera's clock that is slow by 50 parts in a million is off by no more after a day than after a minute."""
    arrivals = Arrivals(has_times=True)
    for second in range(24 * 3600):
        at_ms = START_MS + 1000.0 * second
        told_ms = arrivals.at(at_ms, 1000.0 * second * (1.0 - 50e-6))
        assert abs(told_ms - at_ms) <= 4.0


@pytest.mark.parametrize("jump_ms", [-HOUR_MS, HOUR_MS])
def test_a_stream_that_jumps_begins_anew(jump_ms: float) -> None:
    """Whichever way the stream's times jump, frames keep the times of their arrival."""
    arrivals = Arrivals(has_times=True)
    for index in range(200):
        at_ms = START_MS + 40.0 * index
        told_ms = arrivals.at(at_ms, HOUR_MS + 40.0 * index + (jump_ms if index >= 100 else 0.0))
        assert abs(told_ms - at_ms) <= 1.0


@pytest.mark.parametrize("has_times", [True, False])
@pytest.mark.parametrize("step_ms", [-HOUR_MS, -5_000.0, -500.0, 5_000.0, HOUR_MS])
def test_a_wall_clock_that_is_set_is_followed(step_ms: float, has_times: bool) -> None:  # noqa: FBT001 - a parameter
    """A correction of this machine's clock takes hold at once or within the window, and frames are chosen all along."""
    arrivals, sampler, chosen, before_ms, backwards = Arrivals(has_times=has_times), Sampler(5.0), 0, 0, 0
    for index in range(4000):
        at_ms = START_MS + 40.0 * index + (step_ms if index >= 1000 else 0.0)
        told_ms = arrivals.at(at_ms, 40.0 * index)
        backwards += told_ms <= before_ms
        before_ms = told_ms
        chosen += sampler.takes(told_ms - int(START_MS))
    assert abs(told_ms - at_ms) <= 1.0
    assert backwards == (step_ms < -1000.0)
    assert 795 <= chosen <= 802


def test_a_cameras_slow_clock_leaves_no_gap() -> None:
    """While a camera's own clock begins to be believed, frames are chosen as before."""
    arrivals, sampler, chosen = Arrivals(has_times=True), Sampler(5.0), 0
    for index in range(1000):
        at_ms = START_MS + 40.0 * index
        chosen += sampler.takes(arrivals.at(at_ms, 40.0 * index) - int(START_MS))
        if index == 100:
            arrivals.refer(at_ms - 8000.0, 40.0 * index)
    assert arrivals.believes
    assert 199 <= chosen <= 201


def test_the_cameras_own_clock_is_believed_when_it_makes_sense() -> None:
    """A camera that says that its frames took 120 ms is believed, one that is hours off is told as that."""
    arrivals = Arrivals(has_times=True)
    arrivals.at(START_MS, 0.0)
    assert not arrivals.believes
    arrivals.refer(START_MS - 120.0, 0.0)
    assert arrivals.believes
    assert arrivals.refers
    assert arrivals.at(START_MS + 1000.0, 1000.0) == START_MS + 880.0
    arrivals = Arrivals(has_times=True)
    arrivals.at(START_MS, 0.0)
    arrivals.refer(START_MS + HOUR_MS, 0.0)
    assert arrivals.refers
    assert not arrivals.believes
    assert arrivals.skew_ms == HOUR_MS
    assert arrivals.at(START_MS + 1000.0, 1000.0) == START_MS + 1000.0


def test_nonsense_is_borne() -> None:
    """A time that is no number changes nothing."""
    arrivals = Arrivals(has_times=True)
    assert arrivals.at(START_MS, math.nan) == START_MS
    arrivals.refer(START_MS, 0.0)
    assert not arrivals.refers
    assert arrivals.at(START_MS + 40.0, 0.0) == START_MS + 40.0
