"""Dyes a garment: a crop of someone in white becomes a crop of someone in green, and its label follows.

Street clothes are black, white, grey and blue; a network that has seen a hundred yellow tops has mostly seen who
wore them. Dyeing spreads the rare colours over people, cameras and shapes of garment.
"""

from collections.abc import Set
from dataclasses import dataclass
from random import Random

import cv2
import numpy as np
import numpy.typing as npt

# Hue in OpenCV's 0..180, with how far it may wander; saturation and value ranges 0..255.
_DYES: dict[str, tuple[float, float, tuple[int, int], tuple[float, float]]] = {
    "Red": (0, 5, (150, 235), (0.45, 0.9)),
    "Orange": (13, 3, (170, 245), (0.7, 1.0)),
    "Yellow": (27, 4, (130, 240), (0.8, 1.05)),
    "Green": (65, 17, (80, 210), (0.35, 0.9)),
    "Blue": (112, 9, (90, 220), (0.35, 0.95)),
    "Purple": (143, 8, (70, 180), (0.4, 0.8)),
    "Pink": (168, 7, (60, 150), (0.85, 1.1)),
    "Brown": (13, 4, (70, 150), (0.3, 0.6)),
}
_DYEABLE = ("White", "Grey", "Red", "Blue", "Green", "Yellow", "Pink", "Purple", "Orange", "Brown")
# Rows and columns of the crop (as shares) that surely show the garment, and those that may.
_SURE = {"upperBody": (0.22, 0.42, 0.36, 0.64), "lowerBody": (0.56, 0.74, 0.36, 0.64)}
_MAY = {"upperBody": (0.13, 0.56, 0.08, 0.92), "lowerBody": (0.46, 0.92, 0.12, 0.88)}
_MOST_SPREAD, _LEAST_LIGHT, _MOST_SPILL = 0.10, 70, 0.4


@dataclass(frozen=True, slots=True)
class Dyed:
    """A crop after dyeing and the attribute that changed."""

    image: npt.NDArray[np.uint8]
    was: str
    now: str


def dye(image: npt.NDArray[np.uint8], attributes: Set[str], rng: Random) -> Dyed | None:
    """Dye the one-coloured top or bottom of a crop, or return None where that cannot be done well.

    Args:
        image: (h, w, 3) uint8, RGB.
        attributes: the crop's PETA attributes.
        rng: chooses garment, colour and shade.
    """
    region = rng.choice(("upperBody", "upperBody", "lowerBody"))
    colours = [name for name in (*_DYES, "Black", "White", "Grey") if region + name in attributes]
    patterned = any(region + word in attributes for word in ("Plaid", "ThinStripes", "ThickStripes", "Logo"))
    if len(colours) != 1 or colours[0] not in _DYEABLE or patterned:
        return None
    mask = _garment_mask(image, region)
    if mask is None:
        return None
    target = rng.choice([name for name in _DYES if name != colours[0]])
    return Dyed(_apply(image, mask, target, rng), region + colours[0], region + target)


def _garment_mask(image: npt.NDArray[np.uint8], region: str) -> npt.NDArray[np.float32] | None:
    """Return (h, w) 0..1: pixels coloured like the middle of the garment, or None where it is dark or mixed."""
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.float32)
    height, width = image.shape[:2]
    top, bottom, left, right = _SURE[region]
    middle = lab[int(top * height) : int(bottom * height), int(left * width) : int(right * width)].reshape(-1, 3)
    usual = np.median(middle, axis=0)
    spread = np.abs(middle - usual).mean() / 128
    if usual[0] < _LEAST_LIGHT or spread > _MOST_SPREAD:
        return None
    distance = ((lab - usual) ** 2 * np.array([0.25, 1, 1], np.float32)).sum(axis=2)
    alike = np.exp(-distance / (2 * 16.0**2))
    window = np.zeros((height, width), np.float32)
    top, bottom, left, right = _MAY[region]
    window[int(top * height) : int(bottom * height), int(left * width) : int(right * width)] = 1
    soft_window = cv2.GaussianBlur(window, (0, 0), width * 0.04)
    soft = cv2.GaussianBlur(np.asarray(alike * soft_window, np.float32), (0, 0), 1.0)
    mask = np.asarray(np.clip(soft * 1.4, 0, 1), np.float32)
    return None if _spills(mask, _MAY[region]) else mask


def _spills(mask: npt.NDArray[np.float32], may: tuple[float, float, float, float]) -> bool:
    """Return whether the background beside the garment would be dyed with it."""
    height, width = mask.shape
    rows = slice(int(may[0] * height), int(may[1] * height))
    left, right = int((may[2] + 0.04) * width), int((may[3] - 0.04) * width)
    edges = np.concatenate([mask[rows, left : left + 4], mask[rows, right - 4 : right]], axis=1)
    return bool(edges.mean() > _MOST_SPILL)


def _apply(
    image: npt.NDArray[np.uint8], mask: npt.NDArray[np.float32], target: str, rng: Random
) -> npt.NDArray[np.uint8]:
    hue, wander, saturation, value = _DYES[target]
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV).astype(np.float32)
    dyed = np.empty_like(hsv)
    dyed[:, :, 0] = (hue + rng.uniform(-wander, wander)) % 180
    dyed[:, :, 1] = rng.uniform(*saturation) * (0.85 + 0.15 * hsv[:, :, 2] / 255)
    dyed[:, :, 2] = np.clip(hsv[:, :, 2] * rng.uniform(*value), 0, 255)
    colour = cv2.cvtColor(dyed.clip(0, 255).astype(np.uint8), cv2.COLOR_HSV2RGB).astype(np.float32)
    blended = image * (1 - mask[:, :, None]) + colour * mask[:, :, None]
    return np.asarray(blended.clip(0, 255).astype(np.uint8))
