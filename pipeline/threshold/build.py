"""Builds a background: from a data set, one crop a person and evenly over its sources, or from a folder of crops."""

from collections.abc import Sequence
from hashlib import blake2b
from itertools import chain, zip_longest
from pathlib import Path

import numpy as np

from pipeline.errors import BackgroundError
from pipeline.threshold.background import LEAST_PEOPLE, Background
from reid.datasets.load import detect_format, load_dataset
from reid.datasets.sample import ImageRef, Sample
from reid.embedder import Embedder
from reid.errors import DatasetError
from reid.evaluation.embed import Progress, embed_samples

PEOPLE = 3000  # of 512 numbers each: just below 3 MiB
_ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})


def find_crops(folder: Path) -> list[Sample]:
    """Return the samples of a data set, or of a folder of images, each then a person of their own.

    Raises:
        BackgroundError: it is neither.
        DatasetError: the data set is damaged.
    """
    images = sorted(path for path in folder.glob("*") if path.suffix.lower() in _ENDINGS)
    if images:
        return [Sample(path.name, ImageRef(path), path.name, "train", folder.name) for path in images]
    try:
        dataset_format = detect_format(folder)
    except DatasetError as error:
        raise BackgroundError(f"expected a folder of crops ({', '.join(sorted(_ENDINGS))}) or {error}") from error
    return load_dataset(folder, dataset_format)


def choose_people(samples: Sequence[Sample], people: int) -> list[Sample]:
    """Return at most so many samples: one a person, as evenly over the sources as they allow.

    Who is chosen depends on keys alone: the same for every run and order of samples.
    """
    by_source: dict[str, dict[str, Sample]] = {}
    for sample in sorted(samples, key=_digest):
        by_source.setdefault(sample.source, {}).setdefault(sample.person_id, sample)
    in_turn = chain.from_iterable(zip_longest(*(by_source[source].values() for source in sorted(by_source))))
    return [sample for sample in in_turn if sample is not None][:people]


def build_background(
    embedder: Embedder, samples: Sequence[Sample], words: str, progress: Progress = lambda _: None
) -> Background:
    """Embed a background.

    Args:
        embedder: of the weights that it is for.
        samples: the people, one crop each.
        words: who they are, to be read as "3,000 people of ...".
        progress: called with the number of crops done since the last call.

    Raises:
        BackgroundError: there are too few.
        DatasetError: a crop cannot be read.
    """
    if len(samples) < LEAST_PEOPLE:
        raise BackgroundError(f"a background needs {LEAST_PEOPLE} people or more, but there are {len(samples)}")
    vectors = embed_samples(embedder, samples, progress).astype(np.float16)
    return Background(vectors, embedder.model_id, words)


def _digest(sample: Sample) -> bytes:
    return blake2b(sample.key.encode(), digest_size=8).digest()
