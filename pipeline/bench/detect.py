"""How long detectors take for a frame, in turns over the same frames."""

import time
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from detectors.base import Detector, Frame
from pipeline.scene.scene import Scene, SceneSettings

SIZES_WH = ((500, 400), (640, 360), (1920, 1080))
_ROUNDS = 12


def bench_detect(detectors: Sequence[Detector], batch: int = 1, rounds: int = _ROUNDS) -> dict[str, Any]:
    """Return each detector's quickest time for a frame of each size, and how that compares with the first detector's.

    Args:
        detectors: take turns, so that whatever else the machine does meets all of them.
        batch: frames that a detector is given at once; the time is that of one of them.
        rounds: turns for each size; the quickest counts.
    """
    (drawn,) = Scene(11, 1, SceneSettings(walkers=12, duration_s=1.0, fps=1.0)).frames("camera-1")
    sizes = []
    for size_wh in SIZES_WH:
        frame = np.asarray(cv2.resize(drawn.image, size_wh), np.uint8)
        quickest = [
            min(times) for times in zip(*(_turn(detectors, [frame] * batch) for _ in range(rounds)), strict=True)
        ]
        told = [
            {
                "detector": detector.name,
                "provider": detector.provider,
                "ms": round(ms, 2),
                "ratio": round(ms / quickest[0], 3),
            }
            for detector, ms in zip(detectors, quickest, strict=True)
        ]
        sizes.append({"frame_wh": size_wh, "detectors": told})
    return {"batch": batch, "sizes": sizes}


def _turn(detectors: Sequence[Detector], frames: Sequence[Frame]) -> list[float]:
    """Return the ms that each detector takes for one of the frames."""
    taken = []
    for detector in detectors:
        began = time.perf_counter()
        detector.detect(frames)
        taken.append(1000.0 * (time.perf_counter() - began) / len(frames))
    return taken
