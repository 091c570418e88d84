"""Ranks a folder of crops by a sentence: the smallest use of the embedder."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from reid.crops import SMALLEST_HW
from reid.embedder import Embedder
from reid.errors import CropError, DatasetError

_ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
_BATCH = 64  # crops at a time: a folder may hold more than memory does


def rank_folder(embedder: Embedder, sentence: str, folder: Path) -> list[tuple[float, Path]]:
    """Return (similarity, path) of every image in ``folder``, most alike first.

    Raises:
        DatasetError: the folder is missing, has no image, or an image cannot be read.
        CropError: an image is too small.
        SentenceError: the sentence cannot be embedded.
    """
    if not folder.is_dir():
        raise DatasetError(f"{folder} is not a folder; give a folder of person crops")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in _ENDINGS)
    if not paths:
        raise DatasetError(f"{folder} holds no image; expected files ending in {', '.join(sorted(_ENDINGS))}")
    text = embedder.encode_text([sentence])[0]
    similarities = _embed(embedder, paths) @ text
    order = (-similarities).argsort(kind="stable")
    return [(float(similarities[index]), paths[index]) for index in order]


def _embed(embedder: Embedder, paths: Sequence[Path]) -> npt.NDArray[np.float32]:
    batches = (paths[start : start + _BATCH] for start in range(0, len(paths), _BATCH))
    return np.concatenate([embedder.encode_image([_read(path) for path in batch]) for batch in batches])


def _read(path: Path) -> npt.NDArray[np.uint8]:
    try:
        content = np.fromfile(path, np.uint8)  # not imread, which crashes on a name that is no UTF-8
    except OSError as error:
        raise DatasetError(f"{path} is not a readable image: {error.strerror}") from error
    image = cv2.imdecode(content, cv2.IMREAD_COLOR) if len(content) else None
    if image is None:
        raise DatasetError(f"{path} is not a readable image")
    height, width = image.shape[:2]
    if height < SMALLEST_HW[0] or width < SMALLEST_HW[1]:
        least = "x".join(map(str, SMALLEST_HW))
        raise CropError(f"{path} is {height}x{width} px (height, width); the smallest that can be embedded is {least}")
    return np.asarray(image, np.uint8)
