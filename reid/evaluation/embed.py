"""A data set's crops and captions to vectors."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from reid.datasets.sample import Sample
from reid.embedder import Embedder
from reid.errors import CropError, DatasetError, SentenceError

BATCH = 64
Crop = npt.NDArray[np.uint8]  # (h, w, 3) BGR
Progress = Callable[[int], None]  # called with the number of images done since the last call


def embed_samples(
    embedder: Embedder,
    samples: Sequence[Sample],
    progress: Progress = lambda _: None,
    change: Callable[[Crop], Crop] = lambda crop: crop,
) -> npt.NDArray[np.float32]:
    """Return (n, embedding_dim) float32, one row for each sample's crop after ``change``.

    Raises:
        DatasetError: an image cannot be decoded or is too small; the message names it.
    """
    rows = []
    for start in range(0, len(samples), BATCH):
        part = samples[start : start + BATCH]
        try:
            rows.append(embedder.encode_image([change(_decode(sample)) for sample in part]))
        except CropError as error:
            raise DatasetError(f"in {part[0].key} … {part[-1].key}: {error}") from error
        progress(len(part))
    return np.concatenate(rows) if rows else np.empty((0, embedder.embedding_dim), np.float32)


def embed_captions(embedder: Embedder, samples: Sequence[Sample]) -> npt.NDArray[np.float32]:
    """Return (c, embedding_dim) float32, one row for each caption of each sample in order.

    A caption in which the network knows no word has the zero vector, which is equally unlike every crop.
    """
    rows = [_embed_caption(embedder, caption) for sample in samples for caption in sample.captions]
    return np.stack(rows) if rows else np.empty((0, embedder.embedding_dim), np.float32)


def _embed_caption(embedder: Embedder, caption: str) -> npt.NDArray[np.float32]:
    try:
        vector: npt.NDArray[np.float32] = embedder.encode_text([caption])[0]
    except SentenceError:
        return np.zeros(embedder.embedding_dim, np.float32)
    return vector


def _decode(sample: Sample) -> Crop:
    image = cv2.imdecode(np.frombuffer(sample.image.read(), np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise DatasetError(f"{sample.key}: {sample.image.path} does not hold a readable image")
    return np.asarray(image, np.uint8)
