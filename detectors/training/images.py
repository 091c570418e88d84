"""The images of a recipe's folders in memory, and the share with which each folder is drawn from."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from detectors.base import Float32, Frame
from detectors.errors import DetectorDatasetError
from detectors.labels import LabelledImage, read_folder, read_image, without_small
from detectors.training.recipe import Source

_LONGEST_PX = 640  # images are kept no larger: training looks at less


@dataclass(frozen=True, slots=True)
class TrainingImage:
    """An image in memory."""

    image: Frame  # (H, W, 3) uint8 BGR
    xyxy: Float32  # (n, 4) px, the people
    ignore_xyxy: Float32  # (m, 4) px, nobody knows


@dataclass(frozen=True, slots=True)
class Pool:
    """All images to draw from, folder by folder."""

    folders: tuple[tuple[TrainingImage, ...], ...]
    shares: tuple[float, ...]  # of the draws, adding up to 1

    def draw(self, rng: np.random.Generator) -> TrainingImage:
        """Return an image by chance: first a folder by its share, then one of its images."""
        folder = self.folders[int(rng.choice(len(self.folders), p=self.shares))]
        return folder[int(rng.integers(len(folder)))]

    def draw_person(self, rng: np.random.Generator) -> tuple[TrainingImage, int] | None:
        """Return an image by chance and the number of one of its people; None when it has none."""
        image = self.draw(rng)
        return (image, int(rng.integers(len(image.xyxy)))) if len(image.xyxy) else None


def load_pool(sources: Sequence[Source]) -> Pool:
    """Read every image of the folders.

    Raises:
        DetectorDatasetError: a folder or an image cannot be read.
    """
    total = sum(source.share for source in sources)
    folders = tuple(tuple(map(_load, chosen(source))) for source in sources)
    return Pool(folders, tuple(source.share / total for source in sources))


def chosen(source: Source) -> list[LabelledImage]:
    """Return the images of a folder that a recipe takes.

    Raises:
        DetectorDatasetError: the folder cannot be read, or none of its images is left.
    """
    images = [without_small(image, source.least_px) for image in read_folder(source.path)]
    taken = [image for number, image in enumerate(images) if _is_taken(number % source.of, source)]
    if not taken:
        raise DetectorDatasetError(f"of the {len(images)} images of {source.path}, skip and only leave none")
    return taken


def _is_taken(turn: int, source: Source) -> bool:
    return turn < source.only if source.only else turn >= source.skip


def _load(labelled: LabelledImage) -> TrainingImage:
    image = read_image(labelled.path)
    scale = min(1.0, _LONGEST_PX / max(image.shape[:2]))
    if scale < 1.0:
        image = np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    factor = np.float32(scale)
    return TrainingImage(image, labelled.xyxy * factor, labelled.ignore_xyxy * factor)
