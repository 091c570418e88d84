"""A data set made ready for training: decoded crops, attribute table, sentences."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from reid.datasets.sample import Sample
from reid.errors import DatasetError

LEAST_PEOPLE = 20  # an attribute that fewer crops have cannot be learned and only adds noise


@dataclass(frozen=True, slots=True)
class Material:
    """N crops in memory.

    Attributes:
        images: (N, h, w, 3) uint8, RGB.
        attributes: (N, A) bool.
        attribute_names: the A names.
        persons: (N,) int64, contiguous from 0.
        captions: each crop's sentences.
        keys: each crop's name in its data set.
    """

    images: npt.NDArray[np.uint8]
    attributes: npt.NDArray[np.bool_]
    attribute_names: tuple[str, ...]
    persons: npt.NDArray[np.int64]
    captions: tuple[tuple[str, ...], ...]
    keys: tuple[str, ...]


def decode(sample: Sample, size_hw: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """Return a crop as (h, w, 3) uint8 RGB.

    Raises:
        DatasetError: the file is not an image.
    """
    image = cv2.imdecode(np.frombuffer(sample.image.read(), np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise DatasetError(f"{sample.key}: {sample.image.path} does not hold a readable image")
    height, width = size_hw
    shrinking = image.shape[0] > height
    method = cv2.INTER_AREA if shrinking else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, (width, height), interpolation=method)[:, :, ::-1])


def load_material(
    samples: Sequence[Sample], size_hw: tuple[int, int], attribute_names: Sequence[str] | None = None
) -> Material:
    """Decode every crop and table its attributes.

    Args:
        samples: at least one.
        size_hw: the size crops are kept at.
        attribute_names: the attributes to table; by default those frequent enough to learn.

    Raises:
        DatasetError: there is no sample, or an image cannot be decoded.
    """
    if not samples:
        raise DatasetError(
            "there is no crop to train on; check the path, the split, and that what is held out is not all there is"
        )
    if attribute_names is None:
        counts = Counter(name for sample in samples for name in sample.attributes)
        attribute_names = sorted(name for name, count in counts.items() if count >= LEAST_PEOPLE)
    with ThreadPoolExecutor(4) as pool:
        images = np.stack(list(pool.map(lambda sample: decode(sample, size_hw), samples)))
    table = np.array([[name in sample.attributes for name in attribute_names] for sample in samples], bool)
    numbers = {person: number for number, person in enumerate(dict.fromkeys(s.person_id for s in samples))}
    return Material(
        images,
        table.reshape(len(samples), len(attribute_names)),
        tuple(attribute_names),
        np.array([numbers[sample.person_id] for sample in samples]),
        tuple(sample.captions for sample in samples),
        tuple(sample.key for sample in samples),
    )
