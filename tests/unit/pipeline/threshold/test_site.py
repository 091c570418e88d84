"""Thresholds at a site: corrected as soon as the camera has seen people of its own."""

import numpy as np
import pytest

from pipeline.threshold.background import Background, threshold
from pipeline.threshold.site import Sentences, Site, site_thresholds, site_words

DIM = 32
RATE = 0.01


def crowd(count: int, seed: int, shift: float = 0.0, scale: float = 1.0) -> np.ndarray:
    """Return people of a place: with a look in common, and more or less alike."""
    look = np.random.default_rng(7).standard_normal(DIM)
    vectors = scale * np.random.default_rng(seed).standard_normal((count, DIM)) + shift * look
    return (vectors / 12).astype(np.float16)


def sentences(count: int, background: Background, rate: float = RATE) -> Sentences:
    """Return random sentences with the thresholds they get on a background."""
    vectors = np.random.default_rng(5).standard_normal((count, DIM))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    limits = np.array([threshold(background, vector, rate).similarity for vector in vectors])
    return Sentences(vectors, limits, np.full(count, rate))


def realised(asked: Sentences, limits: np.ndarray, people: np.ndarray) -> float:
    """Return the share of pairs of sentence and person that pass."""
    return float((asked.vectors @ people.T.astype(np.float32) >= limits[:, None]).mean())


@pytest.fixture(scope="module")
def shipped() -> Background:
    """Return people of other places."""
    return Background(crowd(3000, 1), "m", "other places")


@pytest.mark.parametrize(("shift", "scale"), [(0.5, 0.6), (-0.5, 0.6), (0.4, 1.3), (0.0, 0.5)])
@pytest.mark.parametrize(("count", "factor"), [(8, 4.0), (32, 2.0), (128, 1.5), (1024, 1.3)])
def test_the_rate_holds_at_a_site_that_looks_different(
    shipped: Background, shift: float, scale: float, count: int, factor: float
) -> None:
    """Where scores are moved and compressed or stretched, the asked rate holds within a factor that shrinks."""
    asked, people = sentences(200, shipped), crowd(4000, 3, shift, scale)
    site = Site(crowd(count, 2, shift, scale))
    rate = realised(asked, site_thresholds(asked, site, shipped), people)
    assert RATE / factor < rate < RATE * factor
    assert abs(np.log(rate / RATE)) < abs(np.log(max(realised(asked, asked.thresholds, people), 1e-6) / RATE))


def test_too_few_people_change_nothing(shipped: Background) -> None:
    """Without a site, or with fewer than 8 people, the shipped thresholds stand."""
    asked = sentences(5, shipped)
    for site in (None, Site(crowd(7, 2))):
        np.testing.assert_array_equal(site_thresholds(asked, site, shipped), asked.thresholds)


def test_each_rate_gets_its_own_tail(shipped: Background) -> None:
    """Sentences of different rates are told apart: the stricter one asks for more at the same site."""
    one = sentences(1, shipped)
    both = Sentences(np.repeat(one.vectors, 2, 0), np.repeat(one.thresholds, 2), np.array([0.02, 0.05]))
    strict, loose = site_thresholds(both, Site(crowd(512, 2, 0.5, 0.6)), shipped)
    assert strict > loose


def test_thresholds_do_not_depend_on_company(shipped: Background) -> None:
    """A sentence's threshold at a site is the same alone and among thousands."""
    asked, site = sentences(30, shipped), Site(crowd(256, 2, 0.5, 0.6))
    many = Sentences(np.tile(asked.vectors, (100, 1)), np.tile(asked.thresholds, 100), np.tile(asked.rates, 100))
    together = site_thresholds(many, site, shipped).reshape(100, 30)
    for row in range(30):
        alone = site_thresholds(asked[slice(row, row + 1)], site, shipped)
        np.testing.assert_array_equal(together[:, row], np.repeat(alone, 100))


def test_words_follow_the_site(shipped: Background) -> None:
    """It is told which people a threshold rests on, and how many they are."""
    assert site_words(None, RATE, shipped) == "3,000 people of other places"
    assert "moved and scaled to the last 64 of this camera" in site_words(Site(crowd(64, 2)), RATE, shipped)
    assert site_words(Site(crowd(128, 2)), RATE, shipped) == "the last 128 people of this camera"
