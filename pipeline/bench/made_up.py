"""Sightings that nobody made, for measurements without a camera."""

import numpy as np
import numpy.typing as npt

from pipeline.records import CaptureClock, Phase, Sighting

_FIRST_MS = 1_700_000_000_000


def made_up_sighting(
    number: int, camera_id: str, vector: npt.NDArray[np.float16], *, apart_ms: int, crop_jpeg: bytes = b""
) -> Sighting:
    """Return the sighting that opens tracklet ``number`` of a camera.

    Args:
        number: tells the tracklets apart.
        camera_id: whose it is.
        vector: (D,) float16.
        apart_ms: time between two numbers.
        crop_jpeg: its picture.
    """
    at_ms = _FIRST_MS + apart_ms * number
    return Sighting(
        sighting_id=f"{camera_id}-{number}#0",
        tracklet_id=f"{camera_id}-{number}",
        sequence=0,
        phase=Phase.OPEN,
        camera_id=camera_id,
        captured_at_ms=at_ms,
        first_seen_at_ms=at_ms,
        last_seen_at_ms=at_ms,
        clock=CaptureClock.WALL,
        box_xyxy=(0, 0, 64, 128),
        frame_size_wh=(1920, 1080),
        confidence=0.9,
        quality=0.9,
        crops_pooled=1,
        model_id="bench",
        vector=vector,
        crop_jpeg=crop_jpeg,
    )
