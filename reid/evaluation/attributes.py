"""Average precision of sentences whose truth is known from a person's attributes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from reid.datasets.sample import Sample
from reid.errors import ReidError
from reid.evaluation.intervals import Interval, percentile_interval, resample_people
from reid.evaluation.metrics import BoolArray, FloatArray
from reid.evaluation.questions import QUESTIONS, Question

LEAST_ANSWERS = 5  # images a question must be true of, and false of, for its figure to mean anything


@dataclass(frozen=True, slots=True)
class Answer:
    """How well one question was answered; average precision, chance and interval in percent."""

    question: Question
    average_precision: float
    chance: float  # the share of images the sentence is true of: what guessing scores
    positives: int
    interval: Interval | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the figures under the names that reports use."""
        return {
            "sentence": self.question.sentence,
            "AP": self.average_precision,
            "chance": self.chance,
            "positives": self.positives,
            "interval": None if self.interval is None else list(self.interval),
        }


@dataclass(frozen=True, slots=True)
class AttributeReport:
    """The answers to all questions over one set of images; ``skipped`` had too few images to tell."""

    answers: tuple[Answer, ...]
    skipped: tuple[Question, ...]
    images: int

    @property
    def mean_average_precision(self) -> float:
        """The mean over questions, in percent; NaN where none could be asked."""
        return float(np.mean([answer.average_precision for answer in self.answers])) if self.answers else float("nan")

    @property
    def mean_chance(self) -> float:
        """The mean chance over questions, in percent; NaN where none could be asked."""
        return float(np.mean([answer.chance for answer in self.answers])) if self.answers else float("nan")

    def to_dict(self) -> dict[str, Any]:
        """Return the figures under the names that reports use."""
        return {
            "mAP": self.mean_average_precision if self.answers else None,
            "chance": self.mean_chance if self.answers else None,
            "images": self.images,
            "questions": {answer.question.name: answer.to_dict() for answer in self.answers},
            "skipped": [question.name for question in self.skipped],
        }


def average_precision(scores: FloatArray, labels: BoolArray) -> float:
    """Return the average precision in percent of ranking by ``scores`` (n,), best first; ties count against.

    Raises:
        ReidError: the shapes differ, a score is not finite, or no label is true.
    """
    return 100.0 * _precision_of_order(labels[_worst_order(scores, labels)])


def evaluate_questions(
    scores: FloatArray,
    samples: Sequence[Sample],
    questions: Sequence[Question] = QUESTIONS,
    resamples: int = 1000,
    seed: int = 0,
) -> AttributeReport:
    """Compare how images score for each question's sentence with whom it is true of.

    Args:
        scores: (images, questions), higher is more alike.
        samples: the images, with their attributes.
        questions: the questions in the order of the columns.
        resamples: how many times people are drawn anew for the intervals; 0 for none.
        seed: the same seed gives the same intervals.

    Raises:
        ReidError: shapes do not fit, or a score is not finite.
        ConfigurationError: the number of resamples is negative.
    """
    if scores.shape != (len(samples), len(questions)):
        raise ReidError(f"scores must have shape {(len(samples), len(questions))}, but got {scores.shape}")
    people = np.unique(np.array([s.person_id for s in samples], dtype=np.str_), return_inverse=True)[1]
    count = int(people.max(initial=-1)) + 1
    drawn = list(resample_people(count, resamples, seed)) if count > 1 else []
    answers, skipped = [], []
    for question, column in zip(questions, scores.T, strict=True):
        labels = np.array([question.holds(sample.attributes) for sample in samples], bool)
        if min(labels.sum(), (~labels).sum()) < LEAST_ANSWERS:
            skipped.append(question)
        else:
            answers.append(_answer(question, column, labels, people, drawn))
    return AttributeReport(tuple(answers), tuple(skipped), len(samples))


def _answer(
    question: Question,
    scores: FloatArray,
    labels: BoolArray,
    people: npt.NDArray[np.intp],
    drawn: list[npt.NDArray[np.int64]],
) -> Answer:
    order = _worst_order(scores, labels)
    labels, people = labels[order], people[order]
    again = [np.repeat(labels, times[people]) for times in drawn]
    precisions = [100.0 * _precision_of_order(each) for each in again if each.any()]
    return Answer(
        question=question,
        average_precision=100.0 * _precision_of_order(labels),
        chance=100.0 * float(labels.mean()),
        positives=int(labels.sum()),
        interval=percentile_interval(precisions) if precisions else None,
    )


def _worst_order(scores: FloatArray, labels: BoolArray) -> npt.NDArray[np.intp]:
    """Return the order from best to worst score in which, of equal scores, wrong images come first."""
    if scores.ndim != 1 or scores.shape != labels.shape:
        raise ReidError(f"scores and labels must have one shape (n,), but got {scores.shape} and {labels.shape}")
    if not np.isfinite(scores).all():
        raise ReidError("scores must be finite, but some are NaN or infinite; check the embeddings")
    return np.lexsort((labels, -scores))


def _precision_of_order(labels: BoolArray) -> float:
    """Return the mean precision (0..1) at the true ones of ``labels``, which are in ranked order."""
    ranks = np.flatnonzero(labels) + 1
    if not ranks.size:
        raise ReidError("average precision needs at least one image the sentence is true of")
    return float(np.mean(np.arange(1, ranks.size + 1) / ranks))
