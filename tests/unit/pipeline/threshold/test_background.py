"""A sentence's threshold: the tail of its own scores on people whom nobody looks for."""

import re
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.errors import BackgroundError
from pipeline.threshold.background import FILE_NAME, Background, threshold
from pipeline.threshold.tail import tail_start
from reid.card import SHIPPED_WEIGHTS, read_card


def people(count: int, seed: int = 0, dim: int = 16) -> np.ndarray:
    """Return so many random unit vectors, as a background holds them."""
    vectors = np.random.default_rng(seed).standard_normal((count, dim))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)


def sentence(seed: int, dim: int = 16) -> np.ndarray:
    """Return a random unit vector, as a sentence has one."""
    return people(1, seed, dim)[0].astype(np.float32)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 999), count=st.integers(100, 1500), rate=st.floats(0.002, 0.5))
def test_the_background_itself_keeps_to_the_rate(seed: int, count: int, rate: float) -> None:
    """No larger share of the background reaches a threshold than was asked for."""
    background, vector = Background(people(count, seed), "m", "nowhere"), sentence(seed + 1)
    found = threshold(background, vector, rate)
    scores = background.vectors.astype(np.float64) @ vector.astype(np.float64)
    assert (scores >= found.similarity).mean() <= rate + 1e-9


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 999), low=st.floats(0.002, 0.4), factor=st.floats(1.5, 2.5))
@example(seed=0, low=0.4, factor=2.4999999999)
def test_a_smaller_rate_asks_for_more(seed: int, low: float, factor: float) -> None:
    """The threshold never falls when the rate does."""
    background = Background(people(600, seed), "m", "nowhere")
    strict, loose = (threshold(background, sentence(seed), rate) for rate in (low, min(low * factor, 1 - 1e-12)))
    assert strict.similarity >= loose.similarity


@pytest.mark.parametrize("rate", [0.05, 0.01, 0.002, 0.0005])
def test_people_who_are_not_in_the_background_keep_to_the_rate(rate: float) -> None:
    """Over many sentences, other people of the same place pass at the asked rate or below it, but not never."""
    background, others = Background(people(3000), "m", "nowhere"), people(20_000, 1).astype(np.float64)
    realised = [
        (others @ sentence(seed) >= threshold(background, sentence(seed), rate).similarity).mean()
        for seed in range(10, 50)
    ]
    assert 0.3 * rate < np.mean(realised) < 1.25 * rate


def test_ties_do_not_pass_together() -> None:
    """Where many people score the same, none of them passes rather than all."""
    same = np.repeat(people(1), 150, axis=0)
    assert (np.ones((1, 150)) >= tail_start(np.ones((1, 150)), 0.1)[:, None]).sum() == 0
    found = threshold(Background(same, "m", "one face"), sentence(3), 0.1)
    assert (same.astype(np.float64) @ sentence(3) < found.similarity).all()


def test_a_rate_beyond_the_background_is_refused() -> None:
    """A rate that would need ten times the people is refused, with the number of people it needs."""
    background = Background(people(1000), "m", "nowhere")
    assert "would reach, by the tail" in threshold(background, sentence(1), 0.0001).words
    with pytest.raises(BackgroundError, match="10,000 people or more, but this one has 1,000"):
        threshold(background, sentence(1), 0.00001)
    with pytest.raises(BackgroundError, match="between 0 and 1"):
        threshold(background, sentence(1), 1.5)


def test_words_say_whose_scores_they_are() -> None:
    """A threshold says how large its background is, who is in it, and their share: as one in so many where few pass."""
    background = Background(people(3000), "m", "eight streets")
    for rate, share in ((0.01, "about 1 in 100"), (0.1, "about 1 in 10"), (0.4, "40%")):
        told = threshold(background, sentence(1), rate).words
        assert re.match(rf"{share} of 3,000 people of eight streets reach -?0\.\d{{3}};", told)


def test_a_background_comes_back_from_its_file(tmp_path: Path) -> None:
    """What was written is read again, and a few thousand people of 512 numbers stay below 3 MiB."""
    path = tmp_path / "background.npz"
    Background(people(3000, dim=512), "model-1", "eight streets").write(path)
    back = Background.read(path)
    assert path.stat().st_size <= 3 * 2**20
    assert (back.model_id, back.words, len(back)) == ("model-1", "eight streets", 3000)
    np.testing.assert_array_equal(back.vectors, people(3000, dim=512))
    assert [each.name for each in tmp_path.iterdir()] == ["background.npz"]


def test_a_missing_or_damaged_file_says_what_to_do(tmp_path: Path) -> None:
    """A background that is not there, or is no background, is an error that names the command to build one."""
    with pytest.raises(BackgroundError, match="lookout background build"):
        Background.read(tmp_path / "none.npz")
    for content in (b"", b"PK\x03\x04 no zip", b"words"):
        (tmp_path / "bad.npz").write_bytes(content)
        with pytest.raises(BackgroundError, match="cannot read the background"):
            Background.read(tmp_path / "bad.npz")


@pytest.mark.parametrize("mask", [0x01, 0xFF])
def test_no_damage_to_a_file_is_taken_for_anything_else(tmp_path: Path, mask: int) -> None:
    """Whichever byte is damaged, reading gives what was written or the error that says so."""
    path = tmp_path / "background.npz"
    vectors = np.random.default_rng(0).normal(size=(100, 2)).astype(np.float16)
    Background(vectors, "model-1", "nowhere").write(path)
    whole = path.read_bytes()
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= mask
        path.write_bytes(damaged)
        with suppress(BackgroundError):
            np.testing.assert_array_equal(Background.read(path).vectors, vectors)


def test_a_background_of_other_weights_is_refused(tmp_path: Path) -> None:
    """A background that lies beside weights which did not embed it is an error that names both."""
    for path in SHIPPED_WEIGHTS.iterdir():
        if path.name != FILE_NAME:
            (tmp_path / path.name).symlink_to(path)
    Background(people(200), "other-weights", "nowhere").write(tmp_path / FILE_NAME)
    with pytest.raises(BackgroundError, match=f"embedded by other-weights, .* {read_card(tmp_path).model_id}"):
        Background.beside(tmp_path)


def test_a_background_of_no_use_is_refused() -> None:
    """Too few people, another precision, or numbers that are none, are no background."""
    broken = people(200)
    broken[3, 3] = np.nan
    for vectors in (people(99), people(200).astype(np.float32), broken):
        with pytest.raises(BackgroundError):
            Background(vectors, "m", "nowhere")
