"""Person crops of any size to the fixed-size batch the image graph takes."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from reid.errors import CropError

SMALLEST_HW = (8, 4)  # below this nothing of a person is left


def stack_crops(crops: Sequence[npt.NDArray[np.uint8]], size_hw: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """Resize crops into one array.

    Args:
        crops: n arrays (h, w, 3) uint8, BGR, of any size from 8x4 px.
        size_hw: height and width of the result, px.

    Returns:
        (n, H, W, 3) uint8, BGR.

    Raises:
        CropError: a crop is too small, or of another type or shape; the message names which.
    """
    height, width = size_hw
    out = np.empty((len(crops), height, width, 3), np.uint8)
    for index, crop in enumerate(crops):
        _check(crop, index)
        shrinking = crop.shape[0] > height or crop.shape[1] > width
        method = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
        cv2.resize(crop, (width, height), dst=out[index], interpolation=method)
    return out


def _check(crop: object, index: int) -> None:
    if not isinstance(crop, np.ndarray) or crop.ndim != 3 or crop.shape[2] != 3:
        found = f"shape {crop.shape}" if isinstance(crop, np.ndarray) else type(crop).__name__
        raise CropError(f"crop {index} must be an array (h, w, 3) in BGR, but got {found}")
    if crop.dtype != np.uint8:
        raise CropError(f"crop {index} must hold uint8 values 0..255, but got {crop.dtype}")
    if crop.shape[0] < SMALLEST_HW[0] or crop.shape[1] < SMALLEST_HW[1]:
        raise CropError(
            f"crop {index} is {crop.shape[0]}x{crop.shape[1]} px; the smallest that can be embedded is "
            f"{SMALLEST_HW[0]}x{SMALLEST_HW[1]}"
        )
