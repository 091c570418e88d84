"""Each protocol searches the gallery it promises, and reports under the names that are promised."""

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from reid.datasets.sample import ImageRef, Sample
from reid.errors import ReidError
from reid.evaluation.protocols import (
    Embedded,
    EvaluationSettings,
    cross_view_text_to_image,
    image_to_image,
    text_to_image,
)


def sample(key: str, person: str, camera: str | None = None, captions: int = 1) -> Sample:
    """Return a test sample with so many captions."""
    return Sample(key, ImageRef(Path(key)), person, "test", "X", camera, ("a sentence",) * captions)


def unit(*angles: float) -> npt.NDArray[np.float32]:
    """Return unit vectors in the plane, angles in degrees."""
    radians = np.radians(angles)
    return np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32)


A1, A2, B1 = sample("a1", "A", captions=2), sample("a2", "A"), sample("b1", "B")


def test_every_caption_is_a_query_and_every_image_is_in_the_gallery() -> None:
    """Two captions of one image are two queries; the described image itself counts as found."""
    samples = [A1, A2, B1]
    images = Embedded.of_images(unit(0, 40, 90), samples)
    captions = Embedded.of_captions(unit(1, 88, 39, 91), samples)  # the second one is about a1 but closest to b1
    result = text_to_image(captions, images)
    assert (result.queries, result.gallery, result.skipped) == (4, 3, 0)
    assert result.rank1 == pytest.approx(75)
    assert result.rank5 == result.rank10 == pytest.approx(100)
    assert result.mean_average_precision == pytest.approx(100 * (1 + (1 / 2 + 2 / 3) / 2 + 1 + 1) / 4)
    assert result.mean_inverse_negative_penalty == pytest.approx(100 * (1 + 2 / 3 + 1 + 1) / 4)


def test_other_views_are_searched_without_the_described_image() -> None:
    """A caption that finds its own image has not found another view."""
    samples = [A1, A2, B1]
    images = Embedded.of_images(unit(0, 90, 45), samples)
    captions = Embedded.of_captions(unit(0, 0, 89, 45), samples)
    result = cross_view_text_to_image(captions, images)
    # a1's captions meet b1 before a2; so does a2's before a1; b1 has no other view
    assert (result.queries, result.skipped, result.rank1) == (3, 1, 0)
    assert text_to_image(captions, images).rank1 == 100


def test_the_same_camera_is_no_other_view_where_cameras_are_known() -> None:
    """The neighbouring frame of one camera is left out; other people's images of that camera stay."""
    samples = [
        sample("a1", "A", "c1"),
        sample("a2", "A", "c1"),
        sample("a3", "A", "c2"),
        sample("b1", "B", "c1"),
    ]
    images = Embedded.of_images(unit(0, 1, 30, 20), samples)
    captions = Embedded.of_captions(unit(0, 0, 30, 20), samples)
    result = cross_view_text_to_image(captions, images)
    # a1, a2 see b1 before a3; a3 sees b1 (10 degrees off) before a1, a2; b1 has no other view
    assert (result.queries, result.skipped, result.rank1, result.rank5) == (3, 1, 0, 100)


def test_an_unknown_camera_equals_no_other() -> None:
    """Two images of unknown cameras are two views."""
    samples = [sample("a1", "A"), sample("a2", "A")]
    images = Embedded.of_images(unit(0, 1), samples)
    assert image_to_image(images).queries == 2


def test_an_image_is_searched_among_the_others() -> None:
    """It does not find itself."""
    samples = [A1, A2, B1, sample("b2", "B")]
    result = image_to_image(Embedded.of_images(unit(0, 50, 10, 60), samples))
    assert (result.queries, result.gallery, result.rank1) == (4, 4, 0)
    assert image_to_image(Embedded.of_images(unit(0, 5, 90, 95), samples)).rank1 == 100


def test_the_chunk_size_changes_nothing() -> None:
    """Exclusions are made for the right rows of every chunk."""
    rng = np.random.default_rng(2)
    samples = [sample(f"{n}", f"P{n % 9}", f"c{n % 4}", n % 3) for n in range(70)]
    images = Embedded.of_images(rng.normal(size=(70, 6)), samples)
    captions = Embedded.of_captions(rng.normal(size=(sum(n % 3 for n in range(70)), 6)), samples)
    whole = cross_view_text_to_image(captions, images, EvaluationSettings(chunk_size=1_000))
    assert cross_view_text_to_image(captions, images, EvaluationSettings(chunk_size=7)) == whole


def test_a_report_has_the_promised_keys() -> None:
    """The keys are part of saved reports, and everything is plain JSON."""
    samples = [A1, A2, B1]
    told = text_to_image(
        Embedded.of_captions(unit(1, 88, 39, 91), samples), Embedded.of_images(unit(0, 40, 90), samples)
    ).to_dict()
    figures = ["rank1", "rank5", "rank10", "mAP", "mINP"]
    assert list(told) == [*figures, "queries", "gallery", "skipped", "intervals"]
    assert list(told["intervals"]) == figures
    assert json.loads(json.dumps(told)) == told
    for figure in figures:
        low, high = told["intervals"][figure]
        assert low <= told[figure] <= high


def test_intervals_can_be_left_out() -> None:
    """No resamples, no intervals."""
    images = Embedded.of_images(unit(0, 5, 90, 95), [A1, A2, B1, sample("b2", "B")])
    assert image_to_image(images, EvaluationSettings(resamples=0)).intervals == {}


def test_a_search_without_any_match_is_an_error() -> None:
    """A figure over no queries is not 0 and not 100."""
    images = Embedded.of_images(unit(0, 90), [A1, B1])
    with pytest.raises(ReidError, match="none of 2 queries has an image of its person among 2 images"):
        image_to_image(images)


def test_embeddings_must_match_their_samples() -> None:
    """Captions are counted, not images."""
    with pytest.raises(ReidError, match=r"shape \(4, d\), but got \(3, 2\)"):
        Embedded.of_captions(unit(0, 1, 2), [A1, A2, B1])


def test_a_constant_embedding_finds_nobody() -> None:
    """A collapsed network has no Rank@1 at all, on captions and on images."""
    samples = [sample(f"{n}", f"P{n % 10}") for n in range(50)]
    constant = np.tile(np.random.default_rng(0).normal(size=512).astype(np.float32), (50, 1))
    images = Embedded.of_images(constant, samples)
    assert text_to_image(Embedded.of_captions(constant, samples), images).rank10 == 0
    assert image_to_image(images).rank10 == 0
