"""Motion gating: a frame in which nothing has changed and nobody is about need not be looked at."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.errors import SettingsError
from pipeline.records import Frame

Grey = npt.NDArray[np.float32]  # (h, w), 0..255


@dataclass(frozen=True, slots=True)
class MotionSettings:
    """When a frame is left out."""

    full_look_s: float = 2.0  # a frame is looked at at least so often, whatever it shows
    holds_s: float = 3.0  # after a change or a person, every frame is looked at for so long
    learned_s: float = 2.0  # so long every frame is looked at in the beginning
    scenery_s: float = 1.5  # what has changed, and has been looked at for so long without a person, is scenery
    small_wh: tuple[int, int] = (160, 90)  # px, at which frames are compared: 40 px of 720p are 5
    least_change: float = 6.0  # grey levels, of a changed pixel and its neighbours
    noise_times: float = 5.0  # and so many times the pixel's usual change
    least_px: int = 3  # changed pixels, at which the scene has changed
    levels_per_s: float = 2.0  # by how much the background follows

    def __post_init__(self) -> None:
        """Refuse what makes no sense.

        Raises:
            SettingsError: a number is out of range.
        """
        times = (self.full_look_s, self.holds_s, self.learned_s, self.scenery_s, self.levels_per_s)
        if not all(0.0 < value < float("inf") for value in times) or self.least_px < 1:
            raise SettingsError("motion gating needs finite times above 0, and least_px of 1 or more")


class MotionGate:
    """Says which frames of one camera need not be looked at. Not thread-safe.

    The background is a picture that follows the camera by a few grey levels a second, so that who passes leaves no
    trace in it. A pixel has changed when it differs by more than its usual noise, once a change of the whole picture
    (an exposure, a cloud) is taken away. Every frame is looked at in the beginning, when anything has changed, for a
    while after a change or a person, and now and then anyway. What stays changed though nobody is seen there becomes
    background.
    """

    def __init__(self, settings: MotionSettings | None = None) -> None:
        """Begin without a background."""
        self._settings = settings or MotionSettings()
        self._background: Grey | None = None
        self._noise: Grey | None = None
        self._now: Grey | None = None
        self._last_ms = 0
        self._open_until_ms = 0
        self._look_due_ms = 0
        self._nobody_since_ms: int | None = None

    def wants(self, frame: Frame) -> bool:
        """Return whether a frame is to be looked at; frames are asked about in the order of their times."""
        at_ms, settings = frame.captured_at_ms, self._settings
        self._now = _small(frame.image, settings.small_wh)
        if self._changed(self._now, at_ms):
            self._hold(at_ms, settings.holds_s)
        if self._open_until_ms <= at_ms < self._look_due_ms:
            return False
        self._look_due_ms = at_ms + round(1000.0 * settings.full_look_s)
        return True

    def saw(self, captured_at_ms: int, people: int) -> None:
        """Take note of how many people the frame showed that was wanted last."""
        if people:
            self._nobody_since_ms = None
            self._hold(captured_at_ms, self._settings.holds_s)
        elif self._nobody_since_ms is None:
            self._nobody_since_ms = captured_at_ms
        elif captured_at_ms - self._nobody_since_ms >= 1000.0 * self._settings.scenery_s and self._now is not None:
            self._background = self._now.copy()

    def _hold(self, at_ms: int, seconds: float) -> None:
        self._open_until_ms = max(self._open_until_ms, at_ms + round(1000.0 * seconds))

    def _begin(self, small: Grey, at_ms: int) -> None:
        settings = self._settings
        self._background, self._noise = small.copy(), np.full_like(small, settings.least_change / settings.noise_times)
        self._last_ms, self._nobody_since_ms = at_ms, None
        self._open_until_ms = at_ms + round(1000.0 * settings.learned_s)

    def _changed(self, small: Grey, at_ms: int) -> bool:
        """Hold a frame against the background, which then moves towards it; return whether it differs."""
        background, noise, settings = self._background, self._noise, self._settings
        if background is None or noise is None or at_ms <= self._last_ms:
            self._begin(small, at_ms)
            return False
        passed_s, self._last_ms = min((at_ms - self._last_ms) / 1000.0, 1.0), at_ms
        step = settings.levels_per_s * passed_s
        difference = small - background
        background += np.clip(difference, -step, step)
        difference -= np.median(difference)
        size = np.abs(cv2.blur(difference, (3, 3)))  # noise is a matter of single pixels, people are not
        changed = size > np.maximum(settings.least_change, settings.noise_times * noise)
        noise += np.clip(size - noise, -0.5 * step, 0.1 * step)
        return int(np.count_nonzero(changed)) >= settings.least_px


def _small(image: npt.NDArray[np.uint8], small_wh: tuple[int, int]) -> Grey:
    """Return a small grey picture: thinned out to about four times the size, then averaged."""
    every = max(1, min(image.shape[1] // (4 * small_wh[0]), image.shape[0] // (4 * small_wh[1])))
    small = cv2.resize(image[::every, ::every], small_wh, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.float32)
