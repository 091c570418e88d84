"""What a cheap camera makes of a picture: colour casts, softness, sharpening halos, noise, JPEG blocks."""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.scene.arrays import bound

Image = npt.NDArray[np.uint8]  # (h, w, 3) BGR

_SLACK = 61  # the noise is this much larger than the picture, and begins elsewhere in each frame


@dataclass(frozen=True, slots=True)
class Look:
    """The habits of one camera."""

    exposure: float = 1.0  # factor on gamma-encoded values
    balance: tuple[float, float, float] = (1.0, 1.0, 1.0)  # B, G, R
    contrast: float = 1.0
    saturation: float = 1.0
    blur_px: float = 0.0  # standard deviation, for a picture 640 px wide
    sharpen: float = 0.0  # height of the halos
    noise: float = 0.0  # standard deviation, of 255
    jpeg_quality: int = 95
    vignette: float = 0.0  # how much darker the corners are, 0..1


PLAIN = Look()


def random_look(rng: np.random.Generator, strength: float = 1.0) -> Look:
    """Return the look of some camera; at ``strength`` 0 all are perfect, at 1 as on a street, above that worse."""
    cast = rng.normal(0.0, 0.035 * strength, 3)
    tinted = rng.random() < 0.10 * strength
    if tinted:
        cast += rng.choice([(0.02, 0.12, -0.10), (-0.08, 0.0, 0.10), (0.10, 0.02, -0.06), (0.05, -0.06, 0.06)])
    return Look(
        exposure=bound(rng.normal(1.08, 0.09 * strength), 0.6, 1.5),
        balance=(1.0 + float(cast[0]), 1.0 + float(cast[1]), 1.0 + float(cast[2])),
        contrast=bound(rng.normal(1.03, 0.09 * strength), 0.7, 1.4),
        saturation=bound(rng.normal(0.86, 0.13 * strength), 0.3, 1.25),
        blur_px=float(min(abs(rng.normal(0.0, 0.45 * strength)), 1.2)),
        sharpen=float(max(rng.normal(0.35, 0.4), 0.0) * strength),
        noise=float(abs(rng.normal(0.0, 3.2 * strength)) + 1.0 * strength),
        jpeg_quality=int(bound(rng.normal(72.0, 14.0 * strength), 28, 96)),
        vignette=bound(rng.normal(0.12, 0.1), 0.0, 0.4) * strength,
    )


class Camera:
    """Develops pictures of one size with one look."""

    def __init__(self, look: Look, size_wh: tuple[int, int], seed: int) -> None:
        """Prepare what does not change from frame to frame.

        Args:
            look: the camera's habits.
            size_wh: of the pictures, px.
            seed: of the noise.
        """
        self._look = look
        self._matrix = _colour_matrix(look)
        self._curve = _contrast_curve(look.contrast)
        self._vignette = _vignette(size_wh, look.vignette) if look.vignette > 0.01 else None
        self._noise = _noise(size_wh, look.noise, np.random.default_rng(seed)) if look.noise > 0.05 else None
        self._blur_px = look.blur_px * max(size_wh[0] / 640.0, 0.5)

    def develop(self, image: Image, index: int) -> Image:
        """Return ``image`` as the camera delivers it as its frame number ``index``."""
        noise = None
        if self._noise is not None:
            top, left = (index * 37) % _SLACK, (index * 53 + 11) % _SLACK
            noise = self._noise[top : top + image.shape[0], left : left + image.shape[1]]
        toned = cv2.LUT(cv2.transform(image, self._matrix), self._curve)
        if self._vignette is not None:
            toned = cv2.multiply(toned, self._vignette, dtype=cv2.CV_8U)
        return _finished(np.asarray(toned, np.uint8), self._look, self._blur_px, noise)


def develop_once(image: Image, look: Look, rng: np.random.Generator) -> Image:
    """Return one small picture, at most 512 px high and wide, as a camera with ``look`` delivers it."""
    toned = cv2.LUT(cv2.transform(image, _colour_matrix(look)), _contrast_curve(look.contrast))
    height, width = image.shape[:2]
    bank = _noise_bank()
    top, left = int(rng.integers(bank.shape[0] - height + 1)), int(rng.integers(bank.shape[1] - width + 1))
    grain = bank[top : top + height, left : left + width] * np.float32(look.noise / _BANK_SPREAD)
    return _finished(np.asarray(toned, np.uint8), look, look.blur_px * 0.8, grain.astype(np.int16))


def _finished(image: Image, look: Look, blur_px: float, noise: npt.NDArray[np.int16] | None) -> Image:
    """Blur, add noise, sharpen, compress: in the order a camera does it."""
    out: cv2.typing.MatLike = image
    if blur_px > 0.15:
        out = cv2.GaussianBlur(out, (0, 0), blur_px)
    if noise is not None:
        out = cv2.add(out, noise, dtype=cv2.CV_8U)
    if look.sharpen > 0.05:
        out = cv2.addWeighted(out, 1.0 + look.sharpen, cv2.GaussianBlur(out, (0, 0), 1.1), -look.sharpen, 0.0)
    if look.jpeg_quality < 95:
        out = _compressed(np.asarray(out, np.uint8), look.jpeg_quality)
    return np.asarray(out, np.uint8)


_BANK_SPREAD = 20.0


@cache
def _noise_bank() -> npt.NDArray[np.int16]:
    """Return noise for single pictures, of a spread that loses little in whole numbers."""
    return _noise((_BANK_SIDE, _BANK_SIDE), _BANK_SPREAD, np.random.default_rng(22))


_BANK_SIDE = 540


def _colour_matrix(look: Look) -> npt.NDArray[np.float32]:
    grey = np.array([[0.114, 0.587, 0.299]] * 3)
    mixed = look.saturation * np.eye(3) + (1.0 - look.saturation) * grey
    return np.asarray(np.diag(look.balance) @ mixed * look.exposure, np.float32)


def _contrast_curve(contrast: float) -> npt.NDArray[np.uint8]:
    """Return a table of 256 values: steeper or flatter about the middle, and never quite black."""
    level = np.arange(256) / 255.0
    bent = 0.46 + (level - 0.46) * contrast
    lifted = 0.018 + 0.982 * np.clip(bent, 0.0, 1.0)
    return np.asarray(np.clip(lifted * 255.0 + 0.5, 0, 255), np.uint8)


def _vignette(size_wh: tuple[int, int], depth: float) -> npt.NDArray[np.float32]:
    x, y = np.linspace(-1.0, 1.0, size_wh[0]), np.linspace(-1.0, 1.0, size_wh[1])
    falloff = 1.0 - depth * np.minimum((x[None, :] ** 2 + y[:, None] ** 2) / 2.0, 1.0) ** 1.5
    return np.repeat(falloff.astype(np.float32)[:, :, None], 3, axis=2)


def _noise(size_wh: tuple[int, int], spread: float, rng: np.random.Generator) -> npt.NDArray[np.int16]:
    """Return noise with fine grain in brightness and coarser blotches in colour, as sensors and codecs leave."""
    shape = (size_wh[1] + _SLACK, size_wh[0] + _SLACK)
    grain = rng.standard_normal((*shape, 1), np.float32) * 0.8
    blotches = cv2.GaussianBlur(rng.standard_normal((*shape, 3), np.float32), (0, 0), 1.2) * 2.2
    return np.asarray(np.rint((grain + blotches) * spread), np.int16)


def _compressed(image: Image, quality: int) -> Image:
    _, code = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR), np.uint8)
