"""The searches a network is measured on: a sentence among images, across cameras, an image among images.

Queries and gallery are the words of offline evaluation: a query is a caption or an image with a known person,
the gallery is every image of the split.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from reid.datasets.sample import Sample
from reid.errors import ReidError
from reid.evaluation.intervals import Interval, mean_intervals
from reid.evaluation.metrics import CHUNK, BoolArray, Exclude, FloatArray, rank_embeddings

FIGURES = ("rank1", "rank5", "rank10", "mAP", "mINP")


@dataclass(frozen=True, slots=True)
class EvaluationSettings:
    """How much memory, how many bootstrap resamples (0: no intervals), and which random numbers."""

    chunk_size: int = CHUNK
    resamples: int = 1000
    seed: int = 0


@dataclass(frozen=True, slots=True)
class RetrievalResult:
    """What a protocol measured; figures and intervals in percent.

    Attributes:
        rank1: queries whose best image shows the person; rank5 and rank10 likewise for the best five and ten.
        mean_average_precision: mAP.
        mean_inverse_negative_penalty: mINP, which looks at the match that was hardest to find.
        queries: how many queries count.
        gallery: how many images there are.
        skipped: queries left out because no image of the person is in their gallery.
        intervals: by JSON name of the figure, where 95 % of resampled test people put it.
    """

    rank1: float
    rank5: float
    rank10: float
    mean_average_precision: float
    mean_inverse_negative_penalty: float
    queries: int
    gallery: int
    skipped: int = 0
    intervals: dict[str, Interval] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the figures under the names that reports use."""
        return {
            "rank1": self.rank1,
            "rank5": self.rank5,
            "rank10": self.rank10,
            "mAP": self.mean_average_precision,
            "mINP": self.mean_inverse_negative_penalty,
            "queries": self.queries,
            "gallery": self.gallery,
            "skipped": self.skipped,
            "intervals": {name: list(interval) for name, interval in self.intervals.items()},
        }


@dataclass(frozen=True, slots=True, eq=False)
class Embedded:
    """Embeddings and what is known of the images they are of, or describe.

    Attributes:
        vectors: (n, d).
        samples: for each row, the image it is of; of a caption, the image it describes.
    """

    vectors: FloatArray
    samples: tuple[Sample, ...]

    def __post_init__(self) -> None:
        """Refuse rows without a sample.

        Raises:
            ReidError: naming both numbers.
        """
        if self.vectors.ndim != 2 or len(self.vectors) != len(self.samples):
            raise ReidError(f"expected embeddings of shape ({len(self.samples)}, d), but got {self.vectors.shape}")

    @classmethod
    def of_images(cls, vectors: FloatArray, samples: Sequence[Sample]) -> "Embedded":
        """``vectors``: (n, d), one for each sample in order."""
        return cls(vectors, tuple(samples))

    @classmethod
    def of_captions(cls, vectors: FloatArray, samples: Sequence[Sample]) -> "Embedded":
        """``vectors``: (c, d), for all captions of the first sample, then of the second, and so on."""
        return cls(vectors, tuple(sample for sample in samples for _ in sample.captions))

    @property
    def person_ids(self) -> npt.NDArray[np.str_]:
        """(n,) who each row is about."""
        return np.array([sample.person_id for sample in self.samples], dtype=np.str_)


def text_to_image(captions: Embedded, images: Embedded, settings: EvaluationSettings | None = None) -> RetrievalResult:
    """Search every image with every caption, as published figures do: the described image itself counts.

    Raises:
        ReidError: no caption has its person in the gallery, or vectors do not fit together.
    """
    return _search(captions, images, None, settings or EvaluationSettings())


def cross_view_text_to_image(
    captions: Embedded, images: Embedded, settings: EvaluationSettings | None = None
) -> RetrievalResult:
    """Search with every caption for other views: without the described image and its camera's other views.

    Raises:
        ReidError: no caption has another view of its person, or vectors do not fit together.
    """
    return _search(captions, images, _same_view(captions, images), settings or EvaluationSettings())


def image_to_image(images: Embedded, settings: EvaluationSettings | None = None) -> RetrievalResult:
    """Search with every image for the others of its person: without itself and its camera's other views.

    Raises:
        ReidError: no image has another view of its person, or a value is not finite.
    """
    return _search(images, images, _same_view(images, images), settings or EvaluationSettings())


def _same_view(queries: Embedded, images: Embedded) -> Exclude:
    """Leave out the query's own image, and its person's images by the same camera where cameras are known.

    Other people's images by that camera stay: taking them out would only make the search easier.
    """
    keys = _numbers([s.key for s in queries.samples], [s.key for s in images.samples])
    views = _numbers([_view(s) for s in queries.samples], [_view(s) for s in images.samples])

    def rows(chosen: slice) -> BoolArray:
        own: BoolArray = keys[0][chosen, None] == keys[1][None, :]
        view: BoolArray = views[0][chosen, None] == views[1][None, :]
        return own | view

    return rows


def _view(sample: Sample) -> str:
    """Name person and camera; where the camera is unknown, the image alone."""
    return f"{sample.person_id}\n{sample.camera_id}" if sample.camera_id else f"\n\n{sample.key}"


def _numbers(left: list[str], right: list[str]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return both lists as numbers that are equal where the texts are."""
    numbers = np.unique(np.array([*left, *right], dtype=np.str_), return_inverse=True)[1]
    return numbers[: len(left)], numbers[len(left) :]


def _search(
    queries: Embedded, images: Embedded, exclude: Exclude | None, settings: EvaluationSettings
) -> RetrievalResult:
    people = queries.person_ids
    ranked = rank_embeddings(queries.vectors, images.vectors, people, images.person_ids, exclude, settings.chunk_size)
    used = ranked.used
    if not used.any():
        raise ReidError(
            f"none of {len(people)} queries has an image of its person among {len(images.samples)} images; "
            "check that both come from the same split and that people have several images"
        )
    first = ranked.first_rank[used]
    within = [first <= limit for limit in (1, 5, 10)]
    columns = [*within, ranked.average_precision[used], ranked.inverse_negative_penalty[used]]
    values = 100.0 * np.stack(columns, axis=1).astype(np.float64)  # (used, 5)
    rank1, rank5, rank10, mean_ap, mean_inp = values.mean(axis=0).tolist()
    intervals = mean_intervals(values, people[used], settings.resamples, settings.seed)
    return RetrievalResult(
        rank1=rank1,
        rank5=rank5,
        rank10=rank10,
        mean_average_precision=mean_ap,
        mean_inverse_negative_penalty=mean_inp,
        queries=len(values),
        gallery=len(images.samples),
        skipped=len(people) - len(values),
        intervals=dict(zip(FIGURES, intervals, strict=False)),
    )
