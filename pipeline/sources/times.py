"""Times of frames: repaired where a container's are out of order, thinned out to a rate, and kept pace with."""

import math
from collections.abc import Iterable, Iterator

from pipeline.clock import Clock
from pipeline.records import Frame

_RESTART_MS = 1_000.0  # a step back by more is a new beginning, not two frames in the wrong order
_SLACK_MS = 0.75  # times are whole milliseconds: a frame that is due may seem so much early


class Timeline:
    """Turns a container's timestamps into times since its first frame that always grow."""

    def __init__(self, fps: float) -> None:
        """Begin a timeline.

        Args:
            fps: nominal rate, for frames whose timestamp is missing or wrong; 25 is assumed where it is not above 0.
        """
        self._step_ms = 1000.0 / fps if math.isfinite(fps) and fps > 0.0 else 40.0
        self._shift_ms = 0.0  # from raw timestamps to times of this line
        self._former_ms = math.nan  # the shift before a jump back, as long as that may be one stray timestamp
        self._last_ms: float | None = None
        self._told_ms = -1

    def at(self, raw_ms: float) -> int:
        """Return the time of the next frame, ms since the first; each is later than the one before.

        A stray timestamp is replaced by the nominal one; after a jump back the timestamps go on from where the line is.
        """
        self._last_ms = self._next(raw_ms)
        self._told_ms = max(round(self._last_ms), self._told_ms + 1)
        return self._told_ms

    def _next(self, raw_ms: float) -> float:
        if self._last_ms is None:
            self._shift_ms = -raw_ms if math.isfinite(raw_ms) else 0.0
            return 0.0
        if 0.0 < raw_ms + self._former_ms - self._last_ms <= _RESTART_MS:
            self._shift_ms, self._former_ms = self._former_ms, math.nan
        now = raw_ms + self._shift_ms
        if not now > self._last_ms:  # NaN counts as wrong, too
            expected = self._last_ms + self._step_ms
            if self._last_ms - now > _RESTART_MS:
                self._shift_ms, self._former_ms = expected - raw_ms, self._shift_ms
            return expected
        self._former_ms = math.nan
        return now


class Sampler:
    """Chooses frames by their times: one for each slot of a fixed rate, whatever rate they come at.

    Where times go back, as when a camera's clock is set, the slots begin anew.
    """

    def __init__(self, fps: float | None) -> None:
        """Begin with an open slot; None chooses every frame."""
        self._fps = fps
        self._slot: int | None = None

    def takes(self, elapsed_ms: int) -> bool:
        """Return whether the frame of that time, ms since the first, is the first of its slot."""
        if self._fps is None:
            return True
        slot = math.floor((elapsed_ms + _SLACK_MS) * self._fps / 1000.0)
        if slot == self._slot:
            return False
        self._slot = slot
        return True


def paced(frames: Iterable[Frame], speed: float, clock: Clock) -> Iterator[Frame]:
    """Yield recorded frames no sooner than they would come at ``speed`` times their own pace."""
    began_s, first_ms = clock.monotonic_s(), None
    for frame in frames:
        first_ms = frame.captured_at_ms if first_ms is None else first_ms
        early_s = (frame.captured_at_ms - first_ms) / 1000.0 / speed - (clock.monotonic_s() - began_s)
        if early_s > 0.0:
            clock.sleep(early_s)
        yield frame
