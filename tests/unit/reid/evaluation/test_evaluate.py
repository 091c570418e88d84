"""The whole evaluation, against rank lists made by hand."""

import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from pipeline.scene.crops import random_crop
from pipeline.scene.outfit import describe_outfit, outfit_attributes
from reid.datasets.sample import ImageRef, Sample
from reid.embedder import Embedder
from reid.errors import DatasetError, ReidError
from reid.evaluation.evaluate import Evaluation, evaluate


def draw(folder: Path, people: int, *, captions: bool = True) -> list[Sample]:
    """Write two crops of each of some walkers, the second mirrored."""
    rng = np.random.default_rng(4)
    samples = []
    for person in range(people):
        crop, outfit = random_crop(rng, (64, 32))
        for view, image in enumerate((crop, crop[:, ::-1])):
            path = folder / f"{person}-{view}.png"
            cv2.imwrite(str(path), image)
            told = (describe_outfit(outfit),) if captions else ()
            worn = outfit_attributes(outfit)
            samples.append(Sample(path.name, ImageRef(path), str(person), "test", "drawn", str(view), told, worn))
    return samples


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> list[Sample]:
    """Return 24 crops of twelve walkers."""
    return draw(tmp_path_factory.mktemp("people"), 12)


@pytest.fixture(scope="module")
def embedder(tiny_weights: Path) -> Embedder:
    """Return tiny weights on the CPU."""
    return Embedder(tiny_weights, "cpu")


@pytest.fixture(scope="module")
def result(embedder: Embedder, people: list[Sample]) -> Evaluation:
    """Return what is measured on them."""
    return evaluate(embedder, people)


def ranks(embedder: Embedder, people: list[Sample], *, other_view: bool) -> list[int]:
    """Return for every caption the rank, from 1, of the first crop of its person; one crop at a time."""
    images = [embedder.encode_image([np.asarray(cv2.imread(str(s.image.path)), np.uint8)])[0] for s in people]
    found = []
    for number, sample in enumerate(people):
        text = embedder.encode_text([sample.captions[0]])[0]
        gallery = [n for n in range(len(people)) if not other_view or n != number]
        order = sorted(gallery, key=lambda n: -float(images[n] @ text))
        found.append(1 + next(place for place, n in enumerate(order) if people[n].person_id == sample.person_id))
    return found


def share(found: list[int], rank: int) -> float:
    """Return the percentage of ranks up to ``rank``."""
    return 100 * sum(each <= rank for each in found) / len(found)


def test_text_to_image_is_what_the_vectors_say(result: Evaluation, embedder: Embedder, people: list[Sample]) -> None:
    """Rank@1, 5 and 10 are those of a rank list made one dot product at a time."""
    found = ranks(embedder, people, other_view=False)
    told = result.to_dict()
    assert (told["queries"], told["gallery"]) == (24, 24)
    assert [told[f"rank{k}"] for k in (1, 5, 10)] == pytest.approx([share(found, k) for k in (1, 5, 10)])


def test_mean_figures_are_what_the_vectors_say(result: Evaluation, embedder: Embedder, people: list[Sample]) -> None:
    """The mAP and mINP are those of precisions written down hit by hit, caption by caption."""
    images = embedder.encode_image([np.asarray(cv2.imread(str(s.image.path)), np.uint8) for s in people])
    precisions, penalties = [], []
    for sample in people:
        similarity = images @ embedder.encode_text([sample.captions[0]])[0]
        order = sorted(range(len(people)), key=lambda n: -float(similarity[n]))
        places = [place for place, n in enumerate(order, 1) if people[n].person_id == sample.person_id]
        precisions.append(sum(hit / place for hit, place in enumerate(places, 1)) / len(places))
        penalties.append(len(places) / places[-1])
    told = result.to_dict()
    assert told["mAP"] == pytest.approx(100 * sum(precisions) / len(people), abs=1e-3)
    assert told["mINP"] == pytest.approx(100 * sum(penalties) / len(people), abs=1e-3)


def test_across_views_the_described_crop_is_dropped(
    result: Evaluation, embedder: Embedder, people: list[Sample]
) -> None:
    """The cross-view protocol ranks as if the described crop were not there."""
    found = ranks(embedder, people, other_view=True)
    told = result.to_dict()["cross_view"]
    assert [told[f"rank{k}"] for k in (1, 5, 10)] == pytest.approx([share(found, k) for k in (1, 5, 10)])


def test_the_report_is_json(result: Evaluation) -> None:
    """The report has the published names at its top and can be written as JSON."""
    told = json.loads(json.dumps(result.to_dict()))
    assert {"rank1", "rank5", "rank10", "mAP", "mINP", "queries", "gallery"} <= set(told)
    assert told["image_to_image"]["rank1"] is not None
    assert told["model_id"].startswith("tiny")


def test_without_captions_attributes_are_asked(embedder: Embedder, tmp_path: Path) -> None:
    """Crops that have attributes alone are asked single attributes, and searches by sentence are left out."""
    result = evaluate(embedder, draw(tmp_path, 12, captions=False))
    assert result.text_to_image is None
    assert result.attributes is not None
    assert result.attributes.images == 24


def test_a_caption_of_unknown_words_is_a_failed_search(embedder: Embedder, people: list[Sample]) -> None:
    """A caption without a known word counts as a query that found its person last, not as an error."""
    strange = Sample("x", people[0].image, "0", "test", "drawn", captions=("qqq zzz",), attributes=people[0].attributes)
    result = evaluate(embedder, [strange, *(Sample(s.key, s.image, s.person_id, "test", "drawn") for s in people[2:])])
    assert result.text_to_image is not None
    assert result.to_dict()["rank1"] == 0.0


def test_nothing_to_ask_is_an_error(embedder: Embedder, people: list[Sample]) -> None:
    """Samples without captions and attributes are refused."""
    bare = [Sample(s.key, s.image, s.person_id, "test", "drawn") for s in people]
    with pytest.raises(ReidError, match="nothing to ask"):
        evaluate(embedder, bare)


def test_a_damaged_crop_is_named(embedder: Embedder, people: list[Sample], tmp_path: Path) -> None:
    """A crop that cannot be decoded is an error that names it."""
    path = tmp_path / "half.png"
    path.write_bytes(b"\x89PNG")
    damaged = Sample("half.png", ImageRef(path), "99", "test", "drawn", captions=("a man",))
    with pytest.raises(DatasetError, match="half.png"):
        evaluate(embedder, [*people, damaged])


def test_vectors_that_are_no_numbers_are_an_error(tiny_weights: Path, people: list[Sample]) -> None:
    """Weights that overflow are reported, not taken for a data set that cannot be searched."""

    class Overflowing(Embedder):
        def encode_image(self, crops: Sequence[npt.NDArray[np.uint8]]) -> npt.NDArray[np.float32]:
            return np.full_like(super().encode_image(crops), np.nan)

    described = [Sample(s.key, s.image, s.person_id, "test", "drawn", captions=("a man",)) for s in people]
    with pytest.raises(ReidError, match="no numbers"):
        evaluate(Overflowing(tiny_weights, "cpu", threads=1), described)
