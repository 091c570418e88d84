"""From where, and in which moment of the step, a walker is seen."""

import math
from dataclasses import dataclass

VIEWS: dict[str, float] = {
    "front": 0.0, "three-quarter front right": 45.0, "side right": 90.0, "three-quarter back right": 135.0,
    "back": 180.0, "three-quarter back left": -135.0, "side left": -90.0, "three-quarter front left": -45.0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shot:
    """How a walker is seen."""

    phase: float  # of the walk cycle, 0..1
    view_deg: float  # the heading: 0 towards the camera, 90 to the right of the picture, 180 away
    pitch_deg: float  # how steeply the camera looks down
    height_px: float  # of the whole walker, standing
    detail: float = 2.0  # pixels drawn for each pixel kept, along each axis


def heading(right: float, nearer: float) -> float:
    """Return the view in degrees of a walker who moves to the ``right`` and ``nearer`` to the camera."""
    return math.degrees(math.atan2(right, nearer))
