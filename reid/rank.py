"""Ranks a folder of crops by a sentence: the smallest use of the embedder."""

from pathlib import Path

import cv2
import numpy as np

from reid.embedder import Embedder
from reid.errors import DatasetError

_ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})


def rank_folder(embedder: Embedder, sentence: str, folder: Path) -> list[tuple[float, Path]]:
    """Return (similarity, path) of every image in ``folder``, most alike first.

    Raises:
        DatasetError: the folder is missing, has no image, or an image cannot be read.
        SentenceError: the sentence cannot be embedded.
    """
    if not folder.is_dir():
        raise DatasetError(f"{folder} is not a folder; give a folder of person crops")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in _ENDINGS)
    if not paths:
        raise DatasetError(f"{folder} holds no image; expected files ending in {', '.join(sorted(_ENDINGS))}")
    text = embedder.encode_text([sentence])[0]
    crops = []
    for path in paths:
        image = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if image is None:
            raise DatasetError(f"{path} is not a readable image")
        crops.append(np.asarray(image, np.uint8))
    similarities = embedder.encode_image(crops) @ text
    order = (-similarities).argsort(kind="stable")
    return [(float(similarities[index]), paths[index]) for index in order]
