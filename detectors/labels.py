"""Folders of images with boxes around their people: ``boxes.json`` beside the images, file name → list of xyxy.

``ignore.json``, of the same form, may name boxes of which nobody can say whether they hold a person: training learns
nothing there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import msgspec
import numpy as np

from detectors.base import Float32, Frame
from detectors.errors import DetectorDatasetError

BOXES_FILE = "boxes.json"
IGNORE_FILE = "ignore.json"
IMAGE_ENDINGS = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".webp"})

Box = tuple[float, float, float, float]
BoxesByFile = dict[str, list[Box]]


@dataclass(frozen=True, slots=True)
class LabelledImage:
    """One image file and what is known of it."""

    path: Path
    xyxy: Float32  # (n, 4) px, the people
    ignore_xyxy: Float32  # (m, 4) px, nobody knows


def read_boxes(path: Path) -> BoxesByFile:
    """Read a file of boxes.

    Raises:
        DetectorDatasetError: it is missing, no JSON, or not file name → list of xyxy with left < right, top < bottom.
    """
    try:
        boxes = msgspec.json.decode(path.read_bytes(), type=BoxesByFile)
    except OSError as error:
        raise DetectorDatasetError(f"there are no boxes at {path}: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise DetectorDatasetError(
            f"{path} must map each file name to a list of [left, top, right, bottom] px: {error}"
        ) from error
    for name, listed in boxes.items():
        for box in listed:
            if not (np.isfinite(box).all() and box[0] < box[2] and box[1] < box[3]):
                raise DetectorDatasetError(f"{path}: '{name}' has a box {list(box)}; left < right and top < bottom")
    return boxes


def write_boxes(path: Path, boxes: Mapping[str, Sequence[Sequence[float]]]) -> None:
    """Write a file of boxes, rounded to a tenth of a px."""
    rounded = {name: [[round(float(side), 1) for side in box] for box in listed] for name, listed in boxes.items()}
    path.write_bytes(msgspec.json.encode(rounded) + b"\n")


def read_folder(folder: Path, boxes_file: Path | None = None) -> list[LabelledImage]:
    """Return every image that the boxes name, in their order.

    Args:
        folder: holds the images.
        boxes_file: the boxes; by default ``boxes.json`` in the folder.

    Raises:
        DetectorDatasetError: the boxes cannot be read, name no image, or an image that is not there.
    """
    boxes_file = boxes_file or folder / BOXES_FILE
    boxes = read_boxes(boxes_file)
    if not boxes:
        raise DetectorDatasetError(f"{boxes_file} must name at least one image of {folder}, but names none")
    ignored = read_boxes(folder / IGNORE_FILE) if (folder / IGNORE_FILE).exists() else {}
    missing = [name for name in boxes if not (folder / name).is_file()]
    if missing:
        raise DetectorDatasetError(
            f"{folder} must hold the {len(boxes)} images that {boxes_file} names, but {len(missing)} are not there: "
            f"{', '.join(missing[:3])}"
        )
    return [LabelledImage(folder / name, as_array(listed), as_array(ignored.get(name, ()))) for name, listed in
            boxes.items()]  # fmt: skip


def without_small(image: LabelledImage, least_px: float) -> LabelledImage:
    """Return an image whose people of less than ``least_px`` in height are neither people nor background."""
    tall = image.xyxy[:, 3] - image.xyxy[:, 1] >= least_px
    return replace(image, xyxy=image.xyxy[tall], ignore_xyxy=np.concatenate([image.ignore_xyxy, image.xyxy[~tall]]))


def read_image(path: Path) -> Frame:
    """Return an image (H, W, 3) uint8 BGR.

    Raises:
        DetectorDatasetError: it is missing or cannot be decoded.
    """
    image = cv2.imread(str(path))
    if image is None:
        raise DetectorDatasetError(f"{path} cannot be read as an image; remove it or copy it again")
    return np.asarray(image, np.uint8)


def as_array(boxes: Sequence[Box]) -> Float32:
    """Return boxes as (n, 4) float32."""
    return np.asarray(boxes, np.float32).reshape(-1, 4)
