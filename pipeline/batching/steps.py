"""What a thread is at, and since when: so that a detector, a log or a disk that hangs can be told of.

Python cannot end a thread that hangs in somebody else's code. It can notice, say what and whose, and leave the rest to
whoever watches over the process.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from pipeline.clock import Clock, SystemClock

STUCK_AFTER_S = 30.0  # a step that has lasted for so long may never end

_log = logging.getLogger(__name__)


class Step:
    """The step that a thread is at. That thread begins and ends it; any thread may ask."""

    def __init__(self, remedy: str, clock: Clock | None = None) -> None:
        """Begin at no step; ``remedy`` says what may be done when one lasts too long."""
        self._remedy = remedy
        self._clock = clock or SystemClock()
        self._begun: tuple[float, str] | None = None  # in one piece, as other threads read it

    @contextmanager
    def __call__(self, words: str) -> Iterator[None]:
        """Be at a step, as in "the detector has been at frames of 'gate'"."""
        self.begin(words)
        try:
            yield
        finally:
            self.end()

    def begin(self, words: str) -> None:
        """Be at a step from now on; see ``__call__``."""
        self._begun = (self._clock.monotonic_s(), words)

    def end(self) -> None:
        """Be at no step any more; harmless when done twice."""
        self._begun = None

    @property
    def begun_at_s(self) -> float | None:
        """When the step began, on the monotonic clock; None where the thread is at none."""
        begun = self._begun
        return None if begun is None else begun[0]

    @property
    def lasts_s(self) -> float:
        """For how long the thread has been at the step; 0 where it is at none."""
        begun = self._begun
        return 0.0 if begun is None else self._clock.monotonic_s() - begun[0]

    def trouble(self, limit_s: float) -> str | None:
        """Return what hangs, for how long and what to do about it; None where the step has lasted less than that."""
        begun = self._begun
        if begun is None or (lasts_s := self._clock.monotonic_s() - begun[0]) < limit_s:
            return None
        return f"{begun[1]} for {lasts_s:.0f} s; {self._remedy}"


class Watchdog:
    """Looks at steps now and then; counts those that last too long, and tells of each in the log. For one thread."""

    def __init__(self, limit_s: float) -> None:
        """Bear with a step for so long."""
        self.stuck = 0  # steps that lasted longer
        self._limit_s = limit_s
        self._told: dict[Step, float | None] = {}  # those that still last, with their beginnings

    def look(self, steps: Iterable[Step]) -> None:
        """Tell of steps that have lasted too long since the last look, and of those that have ended after all."""
        told = {}
        for step in steps:
            begun_at_s, trouble = step.begun_at_s, step.trouble(self._limit_s)
            if trouble is not None:
                told[step] = begun_at_s
                if self._told.get(step) != begun_at_s:
                    self.stuck += 1
                    _log.warning("%s", trouble)
        if self._told and not told:
            _log.info("what lasted too long has ended")
        self._told = told


def named(camera_ids: Iterable[str]) -> str:
    """Return cameras as words: each once, in their order."""
    return ", ".join(f"'{camera_id}'" for camera_id in dict.fromkeys(camera_ids))
