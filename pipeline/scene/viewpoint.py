"""A fixed camera and the flat ground before it.

Ground space, metres: x to the camera's right, y up, z away from the camera; the camera is above the origin.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.errors import SceneError

Array = npt.NDArray[np.float64]
Float32 = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """A pinhole camera that looks along z and somewhat down."""

    size_wh: tuple[int, int]  # px
    focal_px: float
    height_m: float
    pitch_deg: float

    def __post_init__(self) -> None:
        """Refuse a camera that sees no ground.

        Raises:
            SceneError: size, focal length, height or pitch are out of range.
        """
        if min(self.size_wh) < 16 or self.focal_px <= 0 or self.height_m <= 0 or not -10 < self.pitch_deg < 80:
            raise SceneError(
                "a viewpoint needs at least 16x16 px, a focal length and a height above 0 and a pitch between -10 and "
                f"80 degrees, but got {self}"
            )

    def project(self, x: float, y: float, z: float) -> tuple[float, float, float]:
        """Return (u, v) in px of a point in ground space, and the px a metre takes there."""
        sine, cosine = math.sin(math.radians(self.pitch_deg)), math.cos(math.radians(self.pitch_deg))
        away = z * cosine + (self.height_m - y) * sine
        down = (self.height_m - y) * cosine - z * sine
        scale = self.focal_px / max(away, 0.05)
        return self.size_wh[0] / 2.0 + x * scale, self.size_wh[1] / 2.0 + down * scale, scale

    def steepness_deg(self, z: float) -> float:
        """Return how steeply the camera looks down on the middle of somebody at distance ``z``."""
        return math.degrees(math.atan2(self.height_m - 0.9, max(z, 0.1)))

    def nearest_z(self, below_px: float = 0.0) -> float:
        """Return the distance of the ground at the lower edge of the picture, or ``below_px`` below it."""
        down = math.radians(self.pitch_deg) + math.atan2(self.size_wh[1] / 2.0 + below_px, self.focal_px)
        return self.height_m / math.tan(min(down, 1.5))

    def half_width_at(self, z: float) -> float:
        """Return how far to the right the picture reaches at distance ``z`` on the ground."""
        return self.size_wh[0] / 2.0 / self.project(0.0, 0.0, z)[2]

    def rays(self, finer: int) -> tuple[Float32, Float32]:
        """Return the slopes (x/z, y/z) of the rays through all pixels of a picture ``finer`` times as large."""
        width, height = self.size_wh[0] * finer, self.size_wh[1] * finer
        right = ((np.arange(width) + 0.5) / finer - self.size_wh[0] / 2.0) / self.focal_px
        down = ((np.arange(height) + 0.5) / finer - self.size_wh[1] / 2.0) / self.focal_px
        sine, cosine = math.sin(math.radians(self.pitch_deg)), math.cos(math.radians(self.pitch_deg))
        forward = (cosine - down * sine)[:, None]
        x_slope = right[None, :] / forward
        y_slope = np.broadcast_to(-(sine + down * cosine)[:, None] / forward, x_slope.shape)
        return x_slope.astype(np.float32), np.ascontiguousarray(y_slope, dtype=np.float32)
