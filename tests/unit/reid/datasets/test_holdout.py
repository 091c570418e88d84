"""A val split made out of train takes whole people, always the same ones."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reid.datasets.holdout import hold_out_people
from reid.datasets.sample import ImageRef, Sample
from reid.errors import ConfigurationError


def samples_of(people: list[int]) -> list[Sample]:
    """Return one train sample for each entry, and one person of test."""
    train = [Sample(f"{row}", ImageRef(Path("x")), f"X/{person}", "train", "X") for row, person in enumerate(people)]
    return [*train, Sample("t", ImageRef(Path("x")), "X/test", "test", "X")]


@given(st.lists(st.integers(0, 40), min_size=1, max_size=80), st.randoms())
def test_people_are_held_out_whole_and_independently_of_order(people: list[int], random: Random) -> None:
    """Nobody is in train and val, test is untouched, and shuffling the samples changes nothing."""
    samples = samples_of(people)
    made = hold_out_people(samples, 0.2)
    train = {s.person_id for s in made if s.split == "train"}
    val = {s.person_id for s in made if s.split == "val"}
    assert not train & val
    assert len(val) == max(1, round(0.2 * len(set(people))))
    assert [s.key for s in made] == [s.key for s in samples]
    assert made[-1] == samples[-1]
    shuffled = random.sample(samples, len(samples))
    assert {s.person_id for s in hold_out_people(shuffled, 0.2) if s.split == "val"} == val


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1])
def test_a_share_that_leaves_nobody_is_an_error(share: float) -> None:
    """Both splits need people."""
    with pytest.raises(ConfigurationError, match="between 0 and 1"):
        hold_out_people(samples_of([1, 2]), share)
