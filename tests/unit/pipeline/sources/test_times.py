"""Times of recorded frames."""

import math

import pytest

from pipeline.sources.times import Timeline


def told(*raw_ms: float) -> list[int]:
    """Return the times of frames with these timestamps, of 25 a second."""
    timeline = Timeline(25.0)
    return [timeline.at(each) for each in raw_ms]


def test_unequal_steps_are_kept() -> None:
    """Footage of a variable rate keeps its own times, counted from the first frame, gaps included."""
    assert told(7_000.0, 7_010.0, 7_500.0, 97_500.0) == [0, 10, 500, 90_500]


@pytest.mark.parametrize("stray_ms", [-9_000.0, 0.0, 1_000.0, 59_900.0, math.nan])
def test_one_stray_timestamp_moves_no_other(stray_ms: float) -> None:
    """A timestamp that is missing or goes back, however far, is replaced, and the frames after it keep their times."""
    assert told(0.0, 60_000.0, stray_ms, 60_080.0, 60_120.0) == [0, 60_000, 60_040, 60_080, 60_120]


def test_a_jump_back_is_a_new_beginning() -> None:
    """Footage whose timestamps begin anew goes on from where it was, and so do the gaps within it."""
    assert told(0.0, 60_000.0, 0.0, 40.0, 80.0, 30_080.0) == [0, 60_000, 60_040, 60_080, 60_120, 90_120]
