"""Average precision agrees with a naive one, and questions without an answer are left out."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reid.datasets.sample import ImageRef, Sample
from reid.errors import ReidError
from reid.evaluation.attributes import average_precision, evaluate_questions
from reid.evaluation.intervals import resample_people
from reid.evaluation.questions import Question

RED = Question("a person in a red top", ("upperBodyRed",))
LONG = Question("a woman with long hair", ("personalFemale", "hairLong"))


def sample(number: int, *attributes: str, person: int | None = None) -> Sample:
    """Return a crop of a person of their own, unless told otherwise."""
    name = f"P{number if person is None else person}"
    return Sample(f"{number}", ImageRef(Path("x")), name, "val", "X", attributes=frozenset(attributes))


def naive(scores: list[float], labels: list[bool]) -> float:
    """Sort, wrong ones before right ones where they tie, and take the precision at each right one."""
    ranked = sorted(zip(scores, labels, strict=True), key=lambda pair: (-pair[0], pair[1]))
    precisions = [
        sum(label for _, label in ranked[:rank]) / rank for rank in range(1, len(ranked) + 1) if ranked[rank - 1][1]
    ]
    return 100 * sum(precisions) / len(precisions)


@given(
    st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=1, max_size=30).filter(
        lambda p: any(b for _, b in p)
    )
)
def test_average_precision_agrees_with_a_naive_one(pairs: list[tuple[int, bool]]) -> None:
    """Few levels of score, so that ties are common."""
    scores, labels = zip(*pairs, strict=True)
    found = average_precision(np.array(scores, float), np.array(labels))
    assert found == pytest.approx(naive(list(scores), list(labels)))


@given(st.integers(1, 40), st.integers(1, 40))
def test_a_constant_score_is_at_most_chance(right: int, wrong: int) -> None:
    """Saying the same of everybody earns no credit."""
    labels = np.array([True] * right + [False] * wrong)
    assert average_precision(np.zeros(right + wrong), labels) <= 100 * labels.mean() + 1e-9


def test_scores_that_are_not_finite_or_do_not_fit_are_refused() -> None:
    """And so is a question that is true of nobody."""
    with pytest.raises(ReidError, match="finite"):
        average_precision(np.array([0.1, np.nan]), np.array([True, False]))
    with pytest.raises(ReidError, match=r"\(2,\) and \(3,\)"):
        average_precision(np.ones(2), np.ones(3, bool))
    with pytest.raises(ReidError, match="at least one"):
        average_precision(np.ones(2), np.zeros(2, bool))


def crops(count: int) -> list[Sample]:
    """Return crops of which every third is in red and every fifth a woman with long hair."""
    return [
        sample(
            n,
            *(["upperBodyRed"] if n % 3 == 0 else []),
            *(["personalFemale", "hairLong"] if n % 5 == 0 else ["personalFemale"]),
        )
        for n in range(count)
    ]


def test_questions_are_answered_by_their_column() -> None:
    """A perfect column scores 100, a perfectly wrong one less than chance, the share it is true of."""
    samples = crops(60)
    scores = np.array([[n % 3 == 0, n % 5 != 0] for n in range(60)], float)
    report = evaluate_questions(scores, samples, (RED, LONG), resamples=50)
    red, long_hair = report.answers
    assert (red.average_precision, red.positives) == (100, 20)
    assert red.chance == pytest.approx(100 / 3)
    assert red.interval == (100, 100)
    assert long_hair.average_precision < long_hair.chance == pytest.approx(20)
    assert report.mean_average_precision == pytest.approx((red.average_precision + long_hair.average_precision) / 2)
    assert report.mean_chance == pytest.approx((100 / 3 + 20) / 2)


def test_all_attributes_of_a_question_must_hold() -> None:
    """A woman with short hair is no woman with long hair."""
    assert LONG.holds({"personalFemale", "hairLong", "x"})
    assert not LONG.holds({"personalFemale"})
    assert LONG.name == "personalFemale+hairLong"


def test_a_question_that_is_true_or_false_of_too_few_is_skipped() -> None:
    """Four crops say nothing; neither does a sentence that is true of nearly everybody."""
    samples = crops(12)
    everybody = Question("a woman", ("personalFemale",))
    report = evaluate_questions(np.zeros((12, 2)), samples, (RED, everybody))
    assert report.answers == ()
    assert report.skipped == (RED, everybody)
    assert math.isnan(report.mean_average_precision)
    assert report.to_dict()["mAP"] is None


def test_the_interval_draws_people_and_agrees_with_copying_their_crops() -> None:
    """People with several crops are drawn with all of them."""
    rng = np.random.default_rng(4)
    people = rng.integers(0, 15, 80)
    samples = [
        sample(n, *(["upperBodyRed"] if rng.random() < 0.4 else []), person=int(p)) for n, p in enumerate(people)
    ]
    scores = rng.integers(0, 6, 80) / 6
    labels = np.array([bool(s.attributes) for s in samples])
    names = np.unique([s.person_id for s in samples])
    owners = np.array([s.person_id for s in samples])
    expected = []
    for times in resample_people(len(names), 60, seed=9):
        rows = np.concatenate(
            [np.tile(np.flatnonzero(owners == name), k) for name, k in zip(names, times, strict=True)]
        )
        rows = rows.astype(int)
        expected.append(naive(scores[rows].tolist(), labels[rows].tolist()))
    (answer,) = evaluate_questions(scores[:, None], samples, (RED,), resamples=60, seed=9).answers
    assert answer.interval == pytest.approx(tuple(np.percentile(expected, [2.5, 97.5])))


def test_a_report_is_plain_json() -> None:
    """Every question is there under its attributes."""
    report = evaluate_questions(np.random.default_rng(0).random((60, 2)), crops(60), (RED, LONG), resamples=20)
    told: dict[str, Any] = json.loads(json.dumps(report.to_dict()))
    assert told == report.to_dict()
    assert list(told["questions"]) == ["upperBodyRed", "personalFemale+hairLong"]
    assert set(told["questions"]["upperBodyRed"]) == {"sentence", "AP", "chance", "positives", "interval"}
    assert told["images"] == 60


def test_scores_must_have_a_column_for_each_question() -> None:
    """The message has both shapes."""
    with pytest.raises(ReidError, match=r"shape \(12, 2\), but got \(12, 3\)"):
        evaluate_questions(np.zeros((12, 3)), crops(12), (RED, LONG))
