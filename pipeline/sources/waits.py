"""How long a camera is left alone before it is asked again."""

from dataclasses import dataclass
from random import Random

from pipeline.sources.base import SourceSettings
from pipeline.sources.faults import HOPELESS_AFTER, Fault


@dataclass(frozen=True, slots=True)
class Wait:
    """What follows a fault."""

    seconds: float
    attempt: int  # the next one, counted from the last frame
    failed: bool  # whether somebody has to correct something first


class Waits:
    """Doubles the wait with each failure up to a bound, and draws it at random from the upper half of that.

    Cameras of one switch that came back together are so not asked together. A camera whose answer says that it cannot
    work as it stands is asked seldom: many lock an account after some wrong passwords.
    """

    def __init__(self, settings: SourceSettings, rng: Random) -> None:
        """Begin without a failure."""
        self._settings = settings
        self._rng = rng
        self._failures = 0  # in a row
        self._same = 0  # of those, the last ones with the same fault
        self._fault: Fault | None = None

    def after(self, fault: Fault, *, had_frames: bool) -> Wait:
        """Return the wait after a fault; a connection that gave frames ends the row of failures."""
        self._failures = 0 if had_frames else self._failures + 1
        self._same = self._same + 1 if fault is self._fault and not had_frames else 1
        self._fault = fault
        failed = self._same >= HOPELESS_AFTER.get(fault, self._same + 1)
        longest_s = self._settings.first_wait_s * 2.0 ** min(max(self._failures - 1, 0), 30)
        longest_s = self._settings.failed_wait_s if failed else min(longest_s, self._settings.longest_wait_s)
        return Wait(longest_s * self._rng.uniform(0.5, 1.0), self._failures + 1, failed)
