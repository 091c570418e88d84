"""Where light comes from, and of which colour."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

LightName = Literal["day", "dusk", "overcast", "night", "indoor"]
LIGHT_NAMES: tuple[LightName, ...] = ("day", "dusk", "overcast", "night", "indoor")

Bgr = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Light:
    """One strong lamp (or the sun), the sky, and what the ground throws back; linear, 1 is a fair exposure."""

    name: LightName
    azimuth_deg: float  # where the lamp is: 0 behind the camera, 90 to the right, 180 behind the scene
    elevation_deg: float
    key: Bgr
    sky: Bgr
    ground: Bgr
    shadow: float  # how much of the light a cast shadow takes away, 0..1
    blur: float  # of the shadow's edge, in statures

    def direction(self) -> npt.NDArray[np.float64]:
        """Return (3,) the unit vector towards the lamp: x right, y up, z towards the camera, ground level."""
        azimuth, elevation = np.deg2rad((self.azimuth_deg, self.elevation_deg))
        return np.array(
            [
                np.cos(elevation) * np.sin(azimuth),
                np.sin(elevation),
                np.cos(elevation) * np.cos(azimuth),
            ]
        )


# name: azimuth from, to; elevation; key, sky, ground (all B, G, R); shadow, blur
_PRESETS: dict[LightName, tuple[float, float, float, Bgr, Bgr, Bgr, float, float]] = {
    "day": (-130.0, 130.0, 52.0, (0.78, 0.88, 0.94), (0.40, 0.34, 0.29), (0.16, 0.17, 0.18), 0.62, 0.012),
    "dusk": (-110.0, 110.0, 38.0, (0.38, 0.62, 0.92), (0.34, 0.28, 0.27), (0.12, 0.14, 0.17), 0.52, 0.016),
    "overcast": (-60.0, 60.0, 70.0, (0.22, 0.22, 0.22), (0.70, 0.67, 0.65), (0.22, 0.22, 0.22), 0.26, 0.06),
    "night": (-80.0, 80.0, 62.0, (0.30, 0.50, 0.66), (0.13, 0.11, 0.11), (0.06, 0.08, 0.10), 0.55, 0.03),
    "indoor": (-50.0, 50.0, 74.0, (0.36, 0.40, 0.41), (0.46, 0.50, 0.52), (0.24, 0.25, 0.26), 0.34, 0.05),
}


def random_light(name: LightName, rng: np.random.Generator) -> Light:
    """Return the light called ``name``, from a random side and a little stronger or weaker than usual."""
    low, high, elevation, key, sky, ground, shadow, blur = _PRESETS[name]
    strength = float(rng.normal(1.0, 0.07))
    return Light(
        name=name,
        azimuth_deg=float(rng.uniform(low, high)),
        elevation_deg=elevation + float(rng.uniform(-6.0, 6.0)),
        key=_times(key, strength),
        sky=_times(sky, float(rng.normal(1.0, 0.05))),
        ground=ground,
        shadow=shadow,
        blur=blur,
    )


def _times(bgr: Bgr, by: float) -> Bgr:
    return (bgr[0] * by, bgr[1] * by, bgr[2] * by)
