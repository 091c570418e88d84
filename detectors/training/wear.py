"""Makes canvases look as if other cameras had taken them."""

import cv2
import numpy as np

from detectors.base import Frame
from detectors.training.recipe import Composition


def worn(image: Frame, settings: Composition, rng: np.random.Generator) -> Frame:
    """Return an image (H, W, 3) with other light, sometimes without colour, blurred or noisy."""
    out = cv2.LUT(image, _tones(rng))
    if rng.random() < settings.grey:
        out = cv2.cvtColor(cv2.cvtColor(out, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    if rng.random() < settings.blur:
        out = cv2.GaussianBlur(out, (0, 0), float(rng.uniform(0.5, 1.6)))
    if rng.random() < settings.noise:
        noise = np.empty(out.shape, np.int16)
        cv2.randn(noise, np.zeros(3), np.full(3, rng.uniform(2.0, 14.0)))
        out = (out + noise).clip(0, 255)
    return np.asarray(out, np.uint8)


def _tones(rng: np.random.Generator) -> Frame:
    """Return a table (1, 256, 3) of brightness, contrast, gamma and a slight tint of each channel."""
    levels = np.linspace(0.0, 1.0, 256)[:, None]  # (256, 1)
    tint = rng.uniform(0.85, 1.15, 3) * rng.uniform(0.75, 1.25)
    curved = levels ** float(np.exp(rng.uniform(-0.4, 0.4)))
    contrast = rng.uniform(0.7, 1.25)
    shifted = ((curved - 0.5) * contrast + 0.5) * tint + rng.uniform(-0.06, 0.06)
    return np.asarray((255.0 * shifted).clip(0, 255)[None], np.uint8)
