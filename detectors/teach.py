"""Labels images with a detector that already knows people, so that another can learn from it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import cv2

from detectors.base import Detections, Frame, ThresholdDetector
from detectors.errors import DetectorDatasetError
from detectors.labels import BOXES_FILE, IGNORE_FILE, write_boxes

SURE = 0.45  # from here on a box is taken for a person
DOUBTFUL = 0.12  # from here on nothing is learned about it
_LEAST_HEIGHT_PX = 16.0  # smaller people are nobody's business: they cannot be described


@dataclass(slots=True)
class LabelWriter:
    """Writes images and their boxes into a folder; ``close`` writes the boxes.

    Raises:
        DetectorDatasetError: of ``add``: the name was given before, or the image cannot be written.
    """

    folder: Path
    boxes: dict[str, list[list[float]]] = field(default_factory=dict)
    ignore: dict[str, list[list[float]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the folder."""
        self.folder.mkdir(parents=True, exist_ok=True)

    def add(self, name: str, image: Frame, boxes: list[list[float]], ignore: list[list[float]]) -> None:
        """Write an image under ``name`` and remember its boxes, xyxy px."""
        if name in self.boxes:
            raise DetectorDatasetError(f"two images would be called {self.folder / name}; rename one of them")
        if not cv2.imwrite(str(self.folder / name), image, [cv2.IMWRITE_JPEG_QUALITY, 95]):
            raise DetectorDatasetError(f"cannot write {self.folder / name}; see that the folder may be written to")
        self.boxes[name], self.ignore[name] = boxes, ignore

    def close(self) -> None:
        """Write the boxes of all images."""
        write_boxes(self.folder / BOXES_FILE, self.boxes)
        write_boxes(self.folder / IGNORE_FILE, self.ignore)


def label(detector: ThresholdDetector, images: Iterable[tuple[str, Frame]], folder: Path) -> int:
    """Write images and the boxes that a detector sees in them.

    Args:
        detector: the teacher.
        images: file names to give, and images.
        folder: is made; receives the images, ``boxes.json`` and ``ignore.json``.

    Returns:
        How many people were found.

    Raises:
        DetectorDatasetError: there is no image, two have one name, or one cannot be written.
    """
    teacher, writer = detector.at(DOUBTFUL), LabelWriter(folder)
    for name, image in images:
        (seen,) = teacher.detect([image])
        certain = (seen.confidence >= SURE) & (seen.heights >= _LEAST_HEIGHT_PX)
        writer.add(name, image, _listed(seen[certain]), _listed(seen[~certain]))
    if not writer.boxes:
        raise DetectorDatasetError("there is no image to label; give a folder of images, or a film that can be read")
    writer.close()
    return sum(map(len, writer.boxes.values()))


def _listed(seen: Detections) -> list[list[float]]:
    return [[float(side) for side in box] for box in seen.xyxy]
