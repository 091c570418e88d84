"""Puts people of labelled photos side by side: small groups, whole and near, to measure detectors on."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from detectors.base import Float32, Frame
from detectors.boxes import areas
from detectors.errors import DetectorDatasetError
from detectors.labels import LabelledImage, read_image
from detectors.teach import LabelWriter

_SIZE_WH = (500, 400)
_LEAST_SOURCE_PX = 200.0  # of a person in a photo; smaller ones would be blown up
_LEAST_PX = 90.0  # of a person in a group who is to be found
_SEEN = 0.6  # share of a person that must be in the picture to be one who is to be found
_HEIGHTS = (0.5, 0.92)  # of people, as shares of the picture's
_MOST_MARGIN = 0.25  # of a photo beside its person, as a share of the person's width
_GAPS_PX = (-8, 40)  # between two people's photos; below 0 the next one covers a little of the last


def draw_groups(photos: Sequence[LabelledImage], folder: Path, images: int, seed: int) -> int:
    """Write pictures of groups and their boxes.

    Args:
        photos: of people; of each, the tallest is taken with what stands around.
        folder: is made; receives the pictures, ``boxes.json`` and ``ignore.json``.
        images: how many.
        seed: decides who stands where.

    Returns:
        How many people are to be found.

    Raises:
        DetectorDatasetError: no photo has anybody tall enough, one cannot be read, or one does not hold its person.
    """
    rng, writer = np.random.default_rng(seed), LabelWriter(folder)
    usable = [
        photo for photo in photos if len(photo.xyxy) and _tallest(photo)[3] - _tallest(photo)[1] > _LEAST_SOURCE_PX
    ]
    if not usable:
        raise DetectorDatasetError(f"none of {len(photos)} photos has a person taller than {_LEAST_SOURCE_PX:.0f} px")
    for number in range(images):
        group = _Group(_backdrop(usable[int(rng.integers(len(usable)))]))
        for _ in range(int(rng.integers(2, 5))):
            group.add(usable[int(rng.integers(len(usable)))], rng)
        writer.add(f"group-{number:04d}.jpg", group.image, group.boxes, group.ignored)
    writer.close()
    return sum(map(len, writer.boxes.values()))


class _Group:
    """A picture that is filled from left to right."""

    def __init__(self, backdrop: Frame) -> None:
        self.image = backdrop
        self.boxes: list[list[float]] = []
        self.ignored: list[list[float]] = []
        self._left = 0

    def add(self, photo: LabelledImage, rng: np.random.Generator) -> None:
        """Stand the photo's tallest person beside the others, where there is room.

        Raises:
            DetectorDatasetError: the photo cannot be read, or does not hold that person.
        """
        person, height = _tallest(photo), self.image.shape[0]
        scale = float(rng.uniform(*_HEIGHTS)) * height / float(person[3] - person[1])
        margin = float(rng.uniform(0.0, _MOST_MARGIN)) * float(person[2] - person[0])
        part = read_image(photo.path)[:, max(0, int(person[0] - margin)) : max(0, int(person[2] + margin))]
        if round(part.shape[1] * scale) < 1 or round(part.shape[0] * scale) < 1:
            raise DetectorDatasetError(f"{photo.path}: next to nothing of its tallest box {person.tolist()} is in it")
        how = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR
        part = np.asarray(cv2.resize(part, None, fx=scale, fy=scale, interpolation=how), np.uint8)[:height]
        right = self._left + part.shape[1]
        if right > self.image.shape[1]:
            return
        top = int(rng.integers(0, height - part.shape[0] + 1))
        self.image[top : top + part.shape[0], self._left : right] = part
        origin = np.array([self._left - max(0, int(person[0] - margin)) * scale, top], np.float32)
        window = np.array([self._left, top, right, top + part.shape[0]], np.float32)
        self._note(photo.xyxy * np.float32(scale) + np.tile(origin, 2), window, known=True)
        self._note(photo.ignore_xyxy * np.float32(scale) + np.tile(origin, 2), window, known=False)
        self._left = max(0, right + int(rng.integers(*_GAPS_PX)))

    def _note(self, xyxy: Float32, window: Float32, *, known: bool) -> None:
        """Take down what of boxes (n, 4) px of the picture lies in the window that was painted."""
        inside = np.asarray(xyxy.clip(np.tile(window[:2], 2), np.tile(window[2:], 2)), np.float32)
        for box, share in zip(inside, areas(inside) / np.maximum(areas(xyxy), 1e-6), strict=True):
            if min(box[2] - box[0], box[3] - box[1]) < 2.0:
                continue
            counts = known and share > _SEEN and box[3] - box[1] >= _LEAST_PX
            (self.boxes if counts else self.ignored).append([float(side) for side in box])


def _tallest(photo: LabelledImage) -> Float32:
    return np.asarray(photo.xyxy[np.argmax(photo.xyxy[:, 3] - photo.xyxy[:, 1])], np.float32)


def _backdrop(photo: LabelledImage) -> Frame:
    """Return what is above the person of a photo, stretched over a whole picture and blurred."""
    above = read_image(photo.path)[: max(8, min(40, int(_tallest(photo)[1])))]
    return np.asarray(cv2.GaussianBlur(cv2.resize(above, _SIZE_WH), (0, 0), 3), np.uint8)
