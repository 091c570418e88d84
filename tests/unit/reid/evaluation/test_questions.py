"""The questions ask in plain words for attributes that PETA has."""

import os
from pathlib import Path

import numpy as np
import pytest

from reid.datasets.load import load_dataset
from reid.datasets.sample import Sample
from reid.evaluation.attributes import evaluate_questions
from reid.evaluation.questions import QUESTIONS


@pytest.fixture(scope="module")
def peta() -> list[Sample]:
    """Return the real PETA crops, or skip."""
    default = Path(__file__).parents[5] / "shared" / "data"
    folder = Path(os.environ.get("LOOKOUT_DATA", default)) / "peta"
    if not folder.is_dir():
        pytest.skip(f"no PETA shards at {folder}; set LOOKOUT_DATA to where the shared data lies")
    return load_dataset(folder, "shards", None)


def test_no_question_is_asked_twice() -> None:
    """Names and sentences are both unique."""
    assert len({question.name for question in QUESTIONS}) == len(QUESTIONS)
    assert len({question.sentence for question in QUESTIONS}) == len(QUESTIONS)


def test_sentences_are_plain_english() -> None:
    """None contains a label such as upperBodyRed, and the article fits."""
    for question in QUESTIONS:
        assert question.sentence == question.sentence.lower()
        assert "body" not in question.sentence
        assert " a orange" not in question.sentence


@pytest.mark.parametrize("region", ["upperBody", "lowerBody", "footwear"])
def test_every_colour_of_clothes_is_asked_for(region: str) -> None:
    """Eleven colours of each region, one by one."""
    asked = {question.attributes[0] for question in QUESTIONS if len(question.attributes) == 1}
    colours = (
        "Black",
        "Blue",
        "Brown",
        "Green",
        "Grey",
        "Orange",
        "Pink",
        "Purple",
        "Red",
        "White",
        "Yellow",
    )
    assert asked >= {region + colour for colour in colours}


def test_every_attribute_occurs_in_peta(peta: list[Sample]) -> None:
    """A slip in a label would make a question that is true of nobody."""
    words = {word for sample in peta for word in sample.attributes}
    assert {word for question in QUESTIONS for word in question.attributes} <= words


def test_most_questions_can_be_asked_of_val(peta: list[Sample]) -> None:
    """And an all-knowing scorer answers every one of them perfectly."""
    val = [sample for sample in peta if sample.split == "val"]
    scores = np.array([[question.holds(s.attributes) for question in QUESTIONS] for s in val], float)
    report = evaluate_questions(scores, val, resamples=0)
    assert len(report.answers) > 70
    assert report.mean_average_precision == pytest.approx(100)
