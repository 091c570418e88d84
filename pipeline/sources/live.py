"""A camera as a source: a thread reads it, keeps its newest frame, and connects again whenever it breaks off."""

import logging
import random
from collections import Counter
from collections.abc import Iterator
from threading import Condition, Thread
from types import TracebackType
from typing import Self

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.clock import Clock
from pipeline.records import CaptureClock, Frame
from pipeline.redact import redact_address
from pipeline.sources.base import QueuePolicy, SourceSettings, SourceState
from pipeline.sources.capture import open_capture
from pipeline.sources.times import Sampler

_log = logging.getLogger(__name__)

NOT_TAKEN = "not_taken"  # reason of a drop: a newer frame came before this one was taken


class LiveSource:
    """The newest frames of a camera, with this machine's time of their arrival (clock ``wall``).

    Frames come until the source is closed. A camera that does not answer or breaks off is asked again, after waits
    that double up to a bound and are drawn at random below it, so that cameras of one switch do not all come at once.
    """

    clock = CaptureClock.WALL
    policy = QueuePolicy.DROP_OLDEST

    def __init__(self, target: str | int, camera_id: str, settings: SourceSettings, clock: Clock) -> None:
        """Begin to connect.

        Args:
            target: an address, or the number of a device.
            camera_id: whose frames these are.
            settings: rate, deadlines and waits.
            clock: tells when a frame arrived.
        """
        self.camera_id = camera_id
        self.dropped = Counter[str]()
        self.reason = ""  # of the state, in words
        self.connections = 0
        self._target = target
        self._settings = settings
        self._time = clock
        self._state = SourceState.CONNECTING
        self._changed = Condition()  # guards what both threads touch
        self._newest: Frame | None = None
        self._index = 0
        self._thread = Thread(target=self._read_on, name=f"camera {camera_id}", daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """Where the camera is, without its secrets."""
        return f"device {self._target}" if isinstance(self._target, int) else redact_address(self._target)

    @property
    def state(self) -> SourceState:
        """How it fares now."""
        return self._state

    def frames(self) -> Iterator[Frame]:
        """Yield the newest frame whenever there is one that was not yielded before, until the source is closed."""
        while (frame := self._take()) is not None:
            yield frame

    def _take(self) -> Frame | None:
        with self._changed:
            while self._newest is None and self._state is not SourceState.ENDED:
                in_time = self._changed.wait(self._settings.read_timeout_s)
                if not in_time and self._state is SourceState.LIVE:
                    self._become(SourceState.STALLED, f"no frame for {self._settings.read_timeout_s:.1f} s")
            frame, self._newest = self._newest, None
            return None if self._state is SourceState.ENDED else frame

    def close(self) -> None:
        """Let go of the camera; waits for the reader as long as its deadline for a frame."""
        with self._changed:
            self._become(SourceState.ENDED, "closed")
        self._thread.join(self._settings.read_timeout_s + 1.0)

    def __enter__(self) -> Self:
        """Enter."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def _read_on(self) -> None:
        failures = 0
        while self._state is not SourceState.ENDED:
            frames, reason = self._read_once()
            failures = 0 if frames else failures + 1
            self._wait(failures, reason)

    def _read_once(self) -> tuple[int, str]:
        """Connect and read until the camera breaks off; return how many frames came, and what ended it."""
        settings = self._settings
        capture = open_capture(self._target, settings.open_timeout_s, settings.read_timeout_s)
        try:
            if not capture.isOpened():
                return 0, f"it did not answer within {settings.open_timeout_s:.1f} s, or refused"
            frames = self._follow(capture)
            return frames, f"no frame for {settings.read_timeout_s:.1f} s, or the camera ended the connection"
        finally:
            capture.release()

    def _follow(self, capture: cv2.VideoCapture) -> int:
        began_ms, began_s = self._time.now_ms(), self._time.monotonic_s()
        sampler, frames = Sampler(self._settings.analysed_fps), 0
        while self._state is not SourceState.ENDED and capture.grab():
            # From the monotonic clock, so that a correction of the wall clock does not turn time around.
            elapsed_ms = round(1000.0 * (self._time.monotonic_s() - began_s))
            frames += 1
            self._index += 1
            if sampler.takes(elapsed_ms):
                good, image = capture.retrieve()
                if not good:
                    break
                self._put(np.asarray(image, np.uint8), began_ms + elapsed_ms)
        return frames

    def _put(self, image: npt.NDArray[np.uint8], captured_at_ms: int) -> None:
        frame = Frame(self.camera_id, self._index - 1, captured_at_ms, self.clock, image)
        with self._changed:
            if self._newest is not None:
                self.dropped[NOT_TAKEN] += 1
            self._newest = frame
            if self._state not in (SourceState.LIVE, SourceState.ENDED):
                self.connections += self._state is not SourceState.STALLED
                self._become(SourceState.LIVE, "")
            self._changed.notify_all()

    def _wait(self, failures: int, reason: str) -> None:
        longest_s = min(self._settings.first_wait_s * 2.0 ** min(failures, 30), self._settings.longest_wait_s)
        wait_s = longest_s * random.uniform(0.5, 1.0)  # noqa: S311 - spreads cameras, keeps no secret
        with self._changed:
            if self._state is SourceState.ENDED:
                return
            self._become(SourceState.RECONNECTING, f"{reason}; asking again in {wait_s:.1f} s (attempt {failures + 1})")
            self._changed.wait_for(lambda: self._state is SourceState.ENDED, wait_s)

    def _become(self, state: SourceState, reason: str) -> None:
        """Change the state; the caller holds ``_changed``."""
        if self._state is SourceState.ENDED:
            return
        self._state, self.reason = state, reason
        level = logging.INFO if state in (SourceState.LIVE, SourceState.ENDED) else logging.WARNING
        _log.log(level, "camera '%s' at %s: %s%s", self.camera_id, self.address, state, f": {reason}" if reason else "")
        self._changed.notify_all()
