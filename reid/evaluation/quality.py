"""What an evaluation says of a set of weights, for its card."""

from collections.abc import Sequence

import msgspec

from reid.card import Card
from reid.datasets.sample import Sample
from reid.evaluation.evaluate import Evaluation
from reid.evaluation.protocols import FIGURES, RetrievalResult


def quality(card: Card, measured: Evaluation, samples: Sequence[Sample]) -> Card:
    """Return the card with the figures of ``measured``; each name says what it was measured on."""
    where = "+".join(sorted({sample.source for sample in samples}))
    searches = {"text to image": measured.text_to_image, "text to image, other views": measured.cross_view}
    figures = {
        f"{where}, {search}: {figure}": value
        for search, result in searches.items()
        if result is not None
        for figure, value in _figures(result).items()
    }
    return msgspec.structs.replace(card, quality={**card.quality, **figures})


def _figures(result: RetrievalResult) -> dict[str, float]:
    told = result.to_dict()
    return {name: round(float(told[name]), 2) for name in (*FIGURES, "queries", "gallery")}
