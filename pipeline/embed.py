"""Embed: the fourth stage. A tracklet's crops become vectors, and its vectors one sighting that grows better.

A tracklet is published when its first good crop is there (``open``), again when its evidence has clearly changed
(``update``), and when it ends (``close``). Each sighting holds all the evidence so far.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from pipeline.crop import CropSettings, KeptCrops, Vector, encode_jpeg
from pipeline.errors import SettingsError
from pipeline.records import Crop, Phase, Sighting


class ImageEmbedder(Protocol):
    """The visual half of ``reid.embedder.Embedder``."""

    @property
    def model_id(self) -> str:
        """Vectors are comparable only where this is equal."""
        ...

    def encode_image(self, crops: Sequence[npt.NDArray[np.uint8]]) -> npt.NDArray[np.float32]:
        """Return (n, D) float32 for n crops (h, w, 3) uint8 BGR."""
        ...


@dataclass(frozen=True, slots=True)
class SightingSettings:
    """When a tracklet is published again."""

    update_every_s: float = 2.0  # at most so often
    changed_below: float = 0.97  # cosine of the vectors, now and as published, below which the evidence has changed

    def __post_init__(self) -> None:
        """Refuse what makes no sense.

        Raises:
            SettingsError: a number is out of range.
        """
        if self.update_every_s < 0.0 or not -1.0 <= self.changed_below <= 1.0:
            raise SettingsError(
                "sightings need update_every_s of 0 or more and changed_below within -1..1, "
                f"but got {self.update_every_s} and {self.changed_below}"
            )


@dataclass(frozen=True, slots=True)
class _Published:
    at_ms: int
    quality: float
    vector: Vector


class Evidence:
    """All that is known of one tracklet, and what of it has been published."""

    def __init__(self, first_seen_at_ms: int, crops: CropSettings, sightings: SightingSettings) -> None:
        """Begin with a tracklet that has just been seen for the first time."""
        self.first_seen_at_ms = first_seen_at_ms
        self.last_seen_at_ms = first_seen_at_ms
        self._crops = crops
        self._sightings = sightings
        self._kept = KeptCrops(crops)
        self._new = False  # something was kept since the last sighting
        self._sequence = 0
        self._published: _Published | None = None
        self._jpeg: tuple[Crop, bytes] | None = None

    def wants(self, crop: Crop) -> bool:
        """Return whether a crop is worth an embedding."""
        return self._kept.wants(crop)

    def keep(self, crop: Crop, vector: Vector) -> None:
        """Add a crop and its vector (D,) float32."""
        self._kept.keep(crop, vector)
        self._new = True

    def due(self, now_ms: int, model_id: str) -> Sighting | None:
        """Return the sighting to publish at the time of this frame, if there is any."""
        if not self._new:
            return None
        if self._published is None:
            return self._publish(Phase.OPEN, now_ms, model_id)
        early = now_ms - self._published.at_ms < 1000.0 * self._sightings.update_every_s
        return None if early or not self._clearly_changed() else self._publish(Phase.UPDATE, now_ms, model_id)

    def close(self, now_ms: int, model_id: str) -> Sighting | None:
        """Return the last sighting, or None where nothing was ever good enough to open the tracklet."""
        return None if self._published is None else self._publish(Phase.CLOSE, now_ms, model_id)

    def _clearly_changed(self) -> bool:
        published, best = self._published, self._kept.best
        if published is None or best is None:
            return True
        better = best.quality >= self._crops.clearly_better * published.quality
        return better or _cosine(self._kept.pooled(), published.vector) < self._sightings.changed_below

    def _publish(self, phase: Phase, now_ms: int, model_id: str) -> Sighting | None:
        best = self._kept.best
        if best is None:
            return None
        vector, sequence = self._kept.pooled(), self._sequence
        self._published = _Published(now_ms, best.quality, vector)
        self._sequence, self._new = sequence + 1, False
        return Sighting(
            sighting_id=f"{best.tracklet_id}-{sequence}",
            tracklet_id=best.tracklet_id,
            sequence=sequence,
            phase=phase,
            camera_id=best.camera_id,
            captured_at_ms=best.captured_at_ms,
            first_seen_at_ms=self.first_seen_at_ms,
            last_seen_at_ms=self.last_seen_at_ms,
            clock=best.clock,
            box_xyxy=best.box_xyxy,
            frame_size_wh=best.frame_size_wh,
            confidence=best.confidence,
            quality=best.quality,
            crops_pooled=len(self._kept),
            model_id=model_id,
            vector=vector.astype(np.float16),
            crop_jpeg=self._jpeg_of(best),
        )

    def _jpeg_of(self, crop: Crop) -> bytes:
        if self._jpeg is None or self._jpeg[0] is not crop:
            self._jpeg = crop, encode_jpeg(crop.image, self._crops.jpeg_bytes)
        return self._jpeg[1]


def embed_crops(crops: Sequence[Crop], embedder: ImageEmbedder) -> list[Vector]:
    """Return each crop's vector (D,) float32; all crops in one batch, however many cameras they are of."""
    return list(embedder.encode_image([crop.image for crop in crops])) if crops else []


def _cosine(one: Vector, other: Vector) -> float:
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / lengths if lengths > 0.0 else 0.0
