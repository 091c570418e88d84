"""What becomes of colour sentences when the crops have no colour to show: grey-scale, or night.

A camera that sees grey must not raise alarms for "a person in a red top". So each colour sentence gets the threshold
that one crop in a hundred of all passes, and is then asked of the crops it is true of: as they are, grey, dark.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from reid.datasets.sample import Sample
from reid.embedder import Embedder
from reid.errors import ReidError
from reid.evaluation.attributes import LEAST_ANSWERS
from reid.evaluation.embed import Crop, embed_samples
from reid.evaluation.questions import QUESTIONS, Question

NIGHT_LIGHT = 0.08  # of the light there was
FALSE_MATCH_RATE = 0.01
_COLOURS = {"Blue", "Brown", "Green", "Orange", "Pink", "Purple", "Red", "Yellow"}  # grey has the others


@dataclass(frozen=True, slots=True)
class Degraded:
    """Share of crops in percent that pass their colour's sentence at a 1 % false-match rate, by how they are shown."""

    passes: Mapping[str, float]
    questions: int
    crops: int

    def to_dict(self) -> dict[str, object]:
        """Return the figures under the names that reports use."""
        return {"passes": dict(self.passes), "questions": self.questions, "crops": self.crops}


def to_grey(crop: Crop) -> Crop:
    """Return the crop without its colours."""
    return np.asarray(cv2.cvtColor(cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)


def to_night(crop: Crop) -> Crop:
    """Return the crop as 8 % of its light would show it, rounded to whole values as a sensor does."""
    return np.asarray(np.rint(crop * NIGHT_LIGHT), np.uint8)


def colour_questions() -> list[Question]:
    """Return the questions about one colour that grey does not have."""
    return [
        question
        for question in QUESTIONS
        if len(question.attributes) == 1
        and question.attributes[0].startswith(("upperBody", "lowerBody"))
        and question.attributes[0][9:] in _COLOURS
    ]


def evaluate_degraded(embedder: Embedder, samples: Sequence[Sample]) -> Degraded:
    """Ask each colour sentence of the crops it is true of, as they are, in grey and in the dark.

    Args:
        embedder: the weights in question.
        samples: crops and their attributes.

    Raises:
        DatasetError: an image cannot be decoded.
        ReidError: too few crops have an attribute of colour.
    """
    questions = [q for q in colour_questions() if sum(q.holds(s.attributes) for s in samples) >= LEAST_ANSWERS]
    if not questions:
        raise ReidError(f"no colour is worn in {LEAST_ANSWERS} of these {len(samples)} crops: nothing to ask")
    texts = embedder.encode_text([question.sentence for question in questions])
    shown: dict[str, Callable[[Crop], Crop]] = {"as it is": lambda crop: crop, "grey": to_grey, "night": to_night}
    scores = {name: embed_samples(embedder, samples, change=change) @ texts.T for name, change in shown.items()}
    true_of = np.array([[question.holds(sample.attributes) for question in questions] for sample in samples])
    limits = np.quantile(scores["as it is"], 1 - FALSE_MATCH_RATE, axis=0)  # (questions,)
    passes = {name: 100 * float((table > limits)[true_of].mean()) for name, table in scores.items()}
    return Degraded(passes, len(questions), int(true_of.any(axis=1).sum()))
