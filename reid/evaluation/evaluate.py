"""Runs the runtime embedder over a data set's split and measures it; what ``lookout evaluate`` prints."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from reid.datasets.sample import Sample
from reid.embedder import Embedder
from reid.errors import ReidError
from reid.evaluation.attributes import AttributeReport, evaluate_questions
from reid.evaluation.degraded import Degraded, evaluate_degraded
from reid.evaluation.embed import Progress, embed_captions, embed_samples
from reid.evaluation.protocols import (
    Embedded,
    RetrievalResult,
    cross_view_text_to_image,
    image_to_image,
    text_to_image,
)
from reid.evaluation.questions import QUESTIONS

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything that could be measured on a split; None where the data set lacks what it takes."""

    model_id: str
    text_to_image: RetrievalResult | None
    cross_view: RetrievalResult | None
    image_to_image: RetrievalResult | None
    attributes: AttributeReport | None
    degraded: Degraded | None

    def to_dict(self) -> dict[str, Any]:
        """Return the text-to-image figures at the top, as published figures are, and the rest below them."""
        report: dict[str, Any] = {} if self.text_to_image is None else self.text_to_image.to_dict()
        report["model_id"] = self.model_id
        for name in ("cross_view", "image_to_image", "attributes", "degraded"):
            part = getattr(self, name)
            report[name] = None if part is None else part.to_dict()
        return report


def evaluate(embedder: Embedder, samples: Sequence[Sample], progress: Progress = lambda _: None) -> Evaluation:
    """Embed every crop and caption of ``samples`` and search as each protocol says.

    Captions in which the network knows no word count as failed searches: they get the zero vector, which is
    equally unlike every crop.

    Raises:
        DatasetError: an image cannot be decoded.
        ReidError: the samples have neither captions nor attributes, or the vectors are no numbers.
    """
    if not any(sample.captions or sample.attributes for sample in samples):
        raise ReidError("nothing to ask: these samples have neither captions nor attributes")
    vectors = embed_samples(embedder, samples, progress)
    if not np.isfinite(vectors).all():
        raise ReidError(f"{embedder.model_id} gives vectors that are no numbers; export it without --half, or anew")
    images = Embedded.of_images(vectors, samples)
    captions = Embedded.of_captions(embed_captions(embedder, samples), samples)
    unit = Embedded.of_images(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), samples)
    return Evaluation(
        model_id=embedder.model_id,
        text_to_image=_if_possible(lambda: text_to_image(captions, images)),
        cross_view=_if_possible(lambda: cross_view_text_to_image(captions, images)),
        image_to_image=_if_possible(lambda: image_to_image(unit)),
        attributes=_ask(embedder, vectors, samples),
        degraded=_if_possible(lambda: evaluate_degraded(embedder, samples)),
    )


def _if_possible(measure: Callable[[], Result]) -> Result | None:
    try:
        return measure()
    except ReidError:
        return None  # the samples lack what it takes: no query has a match, or no colour is worn


def _ask(embedder: Embedder, vectors: npt.NDArray[np.float32], samples: Sequence[Sample]) -> AttributeReport | None:
    if not any(sample.attributes for sample in samples):
        return None
    answerable = [question for question in QUESTIONS if _is_known(embedder, question.sentence)]
    texts = embedder.encode_text([question.sentence for question in answerable])
    return evaluate_questions(vectors @ texts.T, samples, answerable)


def _is_known(embedder: Embedder, sentence: str) -> bool:
    try:
        embedder.explain_text(sentence)
    except ReidError:
        return False
    return True
