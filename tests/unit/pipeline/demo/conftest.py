"""Alerts and truths written by hand."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

from pipeline.demo.truth import CameraTruth
from pipeline.records import Alert, CaptureClock, Origin

MakeAlert = Callable[..., Alert]
LEFT, RIGHT = [100, 100, 150, 220], [300, 100, 350, 220]  # boxes of two walkers who are far apart


@pytest.fixture
def make_alert() -> MakeAlert:
    """Return a maker of alerts; what is not said is of entry watch-1, on the left walker, at the gate."""

    def make(**said: Any) -> Alert:
        told: dict[str, Any] = {
            "alert_id": "a1", "entry_id": "watch-1", "entry_version": 1, "description": "a man in black",
            "camera_id": "gate", "tracklet_id": "t1", "model_id": "tiny-000", "similarity": 0.5, "threshold": 0.4,
            "captured_at_ms": 1000, "first_seen_at_ms": 1000, "last_seen_at_ms": 2000, "clock": CaptureClock.GIVEN,
            "box_xyxy": tuple(map(float, LEFT)), "frame_size_wh": (640, 360), "origin": Origin.REPLAY,
            "background": "100 people of elsewhere",
            "raised_at_ms": 5, "coordinates": "lookout.sightings[0]@0",
            "crop_jpeg": cv2.imencode(".jpg", np.full((64, 32, 3), 90, np.uint8))[1].tobytes(),
        }  # fmt: skip
        return Alert(**(told | said))

    return make


@pytest.fixture
def gate() -> CameraTruth:
    """Return ten frames, a fifth of a second apart, of two walkers who stand still, and of a third for an instant."""
    both = [{"walker_id": "walker-01", "box_xyxy": LEFT, "visible_share": 1.0}]
    both.append({"walker_id": "walker-02", "box_xyxy": RIGHT, "visible_share": 0.9})
    brief = {"walker_id": "walker-03", "box_xyxy": [500, 100, 550, 220], "visible_share": 1.0}
    frames = [
        {"index": index, "captured_at_ms": 200 * index, "walkers": [*both, brief] if index == 4 else both}
        for index in range(10)
    ]
    return CameraTruth("gate", 5.0, frames)
