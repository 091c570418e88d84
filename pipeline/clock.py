"""Time as the pipeline asks for it: always from a clock that was handed in."""

import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time and waits."""

    def now_ms(self) -> int:
        """Return the wall time, UTC ms since the epoch."""
        ...

    def monotonic_s(self) -> float:
        """Return seconds that never go back, for durations."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """This machine's clock."""

    def now_ms(self) -> int:
        """Return the wall time, UTC ms since the epoch."""
        return time.time_ns() // 1_000_000

    def monotonic_s(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class ManualClock:
    """A clock that moves only when it is told to; for replays and tests."""

    def __init__(self, now_ms: int = 0) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        """Return the time it was set to."""
        return self._now_ms

    def monotonic_s(self) -> float:
        """Return the same in seconds."""
        return self._now_ms / 1000

    def sleep(self, seconds: float) -> None:
        """Move on by that much, at once."""
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Move on."""
        self._now_ms += round(seconds * 1000)
