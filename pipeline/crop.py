"""Crop: what of a tracklet is worth an embedding, judged before the embedding is paid for."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from detectors.base import Detections
from pipeline.errors import SettingsError
from pipeline.records import Box, Crop, Frame
from pipeline.track import Seen

Vector = npt.NDArray[np.float32]  # (D,)
Image = npt.NDArray[np.uint8]  # (h, w, 3) BGR

_JUDGED_HEIGHT_PX = 96  # larger crops are made smaller before sharpness is judged, so that size does not count twice
_HALF_SHARP = 0.15  # variance of the Laplacian over that of the picture, at which sharpness is a half
_GRAIN = 25.0  # variance of grey levels that is camera noise rather than picture
_EDGE_SHARE = 0.04  # of the box's side: nearer to the frame's edge, part of the person may be outside
_EDGE_WORTH = 0.5  # of a crop at the very edge
_BEHIND = 0.5  # how much an overlap counts with somebody who stands behind
_JPEG_QUALITIES = (90, 80, 70, 60, 50, 40, 30)


@dataclass(frozen=True, slots=True)
class CropSettings:
    """Which crops are taken and how many are kept."""

    least_height_px: int = 40  # smaller people are not embedded
    full_height_px: int = 160  # from which more pixels say nothing more
    good_quality: float = 0.25  # 0..1; below it nothing is embedded
    most_kept: int = 5  # crops pooled for one tracklet
    apart_s: float = 1.0  # kept crops are at least so far apart in time
    clearly_better: float = 1.15  # a kept crop gives way to one whose quality is so many times its own
    jpeg_bytes: int = 30_000  # what travels with a sighting, at most

    def __post_init__(self) -> None:
        """Refuse what makes no sense.

        Raises:
            SettingsError: a number is out of range.
        """
        if not 8 <= self.least_height_px <= self.full_height_px or self.most_kept < 1:
            raise SettingsError(
                "crops need 8 <= least_height_px <= full_height_px and most_kept of 1 or more, "
                f"but got {self.least_height_px}, {self.full_height_px} and {self.most_kept}"
            )
        if not 0.0 <= self.good_quality <= 1.0 or self.clearly_better < 1.0 or self.apart_s < 0.0:
            raise SettingsError(
                "crops need good_quality within 0..1, clearly_better of 1 or more and apart_s of 0 or more, "
                f"but got {self.good_quality}, {self.clearly_better} and {self.apart_s}"
            )


def cut_crops(frame: Frame, detections: Detections, seen: Sequence[Seen], settings: CropSettings) -> list[Crop]:
    """Return the crops of a frame's tracklets that are good enough for an embedding, in the order of ``seen``."""
    clear = wholeness(detections.xyxy, frame.size_wh)
    crops = []
    for one in seen:
        image = _cut(frame.image, detections.xyxy[one.row])
        if image.shape[0] < settings.least_height_px or image.shape[1] < 4:
            continue
        confidence = float(detections.confidence[one.row])
        quality = float(clear[one.row]) * _looks(image, confidence, settings)
        if quality >= settings.good_quality:
            crops.append(_crop(frame, one.tracklet_id, detections.xyxy[one.row], image, (confidence, quality)))
    return crops


def wholeness(xyxy: npt.NDArray[np.float32], frame_size_wh: tuple[int, int]) -> npt.NDArray[np.float32]:
    """Return how much of each person is likely to be seen, (n,) 0..1.

    Less where a box comes near the frame's edge, and where another box covers it: in full when the other's feet are
    nearer, by half when they are farther away.

    Args:
        xyxy: (n, 4) float32 px: every box of the frame.
        frame_size_wh: of the frame, px.
    """
    if not len(xyxy):
        return np.zeros(0, np.float32)
    return np.asarray(_inside(xyxy, frame_size_wh) * _uncovered(xyxy), np.float32)


def sharpness(image: Image) -> float:
    """Return how sharp a crop is, 0..1: the Laplacian's variance over the picture's own, at a common size."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    height, width = grey.shape
    if height > _JUDGED_HEIGHT_PX:
        size_wh = max(8, round(width * _JUDGED_HEIGHT_PX / height)), _JUDGED_HEIGHT_PX
        grey = cv2.resize(grey, size_wh, interpolation=cv2.INTER_AREA)
    detail = float(cv2.Laplacian(grey, cv2.CV_32F).var()) / (float(grey.var()) + _GRAIN)
    return detail / (detail + _HALF_SHARP)


def encode_jpeg(image: Image, most_bytes: int) -> bytes:
    """Return a crop as a JPEG of at most ``most_bytes``: coarser first, then smaller, never below 16 px of height."""
    while True:
        for quality in _JPEG_QUALITIES:
            coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
            if len(coded) <= most_bytes:
                return coded.tobytes()
        if image.shape[0] < 32:
            return coded.tobytes()
        half_wh = max(1, image.shape[1] // 2), image.shape[0] // 2
        image = np.asarray(cv2.resize(image, half_wh, interpolation=cv2.INTER_AREA), np.uint8)


@dataclass(frozen=True, slots=True)
class _Kept:
    captured_at_ms: int
    quality: float
    vector: Vector


class KeptCrops:
    """The vectors of one tracklet's best crops, spread over time, and the best crop itself."""

    def __init__(self, settings: CropSettings) -> None:
        """Begin with none."""
        self._settings = settings
        self._kept: list[_Kept] = []
        self._best: Crop | None = None  # the others' images are not needed again

    def __len__(self) -> int:
        """Return how many crops are kept."""
        return len(self._kept)

    @property
    def best(self) -> Crop | None:
        """Return the crop of the highest quality, the earliest of several."""
        return self._best

    def wants(self, crop: Crop) -> bool:
        """Return whether a crop is worth an embedding: it adds a moment, or is clearly better than one that is kept."""
        return self._place(crop) is not None

    def keep(self, crop: Crop, vector: Vector) -> None:
        """Keep a crop that ``wants`` agreed to, in place of one that is worse where there is no room."""
        place = self._place(crop)
        if place is None:
            return
        self._kept[place : place + 1] = [_Kept(crop.captured_at_ms, crop.quality, vector)]
        self._kept.sort(key=lambda kept: kept.captured_at_ms)
        if self._best is None or crop.quality > self._best.quality:
            self._best = crop

    def pooled(self) -> Vector:
        """Return the mean of the kept crops' vectors, weighted by quality: (D,) float32."""
        weights = np.array([kept.quality for kept in self._kept], np.float32)
        vectors = np.stack([kept.vector for kept in self._kept])  # (n, D)
        return np.asarray(weights @ vectors / weights.sum(), np.float32)

    def _place(self, crop: Crop) -> int | None:
        """Return where in the list a crop belongs, its length for a new place, or None for nowhere."""
        gaps_s = [abs(crop.captured_at_ms - kept.captured_at_ms) / 1000.0 for kept in self._kept]
        if gaps_s and min(gaps_s) < self._settings.apart_s:
            rival = gaps_s.index(min(gaps_s))
        elif len(self._kept) < self._settings.most_kept:
            return len(self._kept)
        else:
            rival = min(range(len(self._kept)), key=lambda place: self._kept[place].quality)
        return rival if crop.quality >= self._settings.clearly_better * self._kept[rival].quality else None


def _looks(image: Image, confidence: float, settings: CropSettings) -> float:
    size = min(1.0, image.shape[0] / settings.full_height_px)
    return float((size * sharpness(image) * confidence) ** (1 / 3))


def _cut(image: Image, xyxy: npt.NDArray[np.float32]) -> Image:
    height, width = image.shape[:2]
    left, top = max(0, round(float(xyxy[0]))), max(0, round(float(xyxy[1])))
    right, bottom = min(width, round(float(xyxy[2]))), min(height, round(float(xyxy[3])))
    return image[top : max(top, bottom), left : max(left, right)]


def _crop(
    frame: Frame, tracklet_id: str, xyxy: npt.NDArray[np.float32], image: Image, worth: tuple[float, float]
) -> Crop:
    left, top, right, bottom = (float(side) for side in xyxy)
    box: Box = (left, top, right, bottom)
    # A copy, for a view would keep the whole frame in memory as long as the tracklet lives.
    return Crop(
        tracklet_id, frame.camera_id, frame.captured_at_ms, frame.clock, box, frame.size_wh, image.copy(), *worth
    )


def _inside(xyxy: npt.NDArray[np.float32], frame_size_wh: tuple[int, int]) -> npt.NDArray[np.float32]:
    sides = np.maximum(xyxy[:, 2:] - xyxy[:, :2], 1.0)  # (n, 2)
    gaps = np.concatenate([xyxy[:, :2], np.array(frame_size_wh, np.float32) - xyxy[:, 2:]], axis=1)  # (n, 4)
    free = np.clip(gaps / (_EDGE_SHARE * np.tile(sides, 2)), 0.0, 1.0)
    return np.asarray((_EDGE_WORTH + (1.0 - _EDGE_WORTH) * free).min(axis=1), np.float32)


def _uncovered(xyxy: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    corner = np.maximum(xyxy[:, None, :2], xyxy[None, :, :2])
    shared = np.clip(np.minimum(xyxy[:, None, 2:], xyxy[None, :, 2:]) - corner, 0.0, None).prod(axis=2)  # (n, n)
    areas = np.maximum((xyxy[:, 2:] - xyxy[:, :2]).prod(axis=1), 1.0)
    nearer = xyxy[None, :, 3] >= xyxy[:, None, 3]
    covered = shared / areas[:, None] * np.where(nearer, 1.0, _BEHIND)
    np.fill_diagonal(covered, 0.0)
    return np.asarray(1.0 - np.clip(covered.max(axis=1), 0.0, 1.0), np.float32)
