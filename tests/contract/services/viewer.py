"""Somebody who looks at a live camera and remembers what came."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from pipeline.clock import SystemClock
from pipeline.records import Frame
from pipeline.source import SourceSettings, SourceState
from pipeline.sources.faults import Fault
from pipeline.sources.live import LiveSource

QUICK = SourceSettings(
    open_timeout_s=4.0,
    stalled_after_s=0.8,
    read_timeout_s=2.5,
    first_wait_s=0.1,
    longest_wait_s=0.4,
    failed_wait_s=60.0,
)
PATIENCE_S = 60.0  # for what takes a second on an idle machine


def until(true: Callable[[], object], what: str, now: Callable[[], object] = str) -> None:
    """Wait until something is true; ``now`` tells what is the case instead."""
    end_s = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end_s, f"waited in vain for: {what} {now()}"
        time.sleep(0.01)


class Viewer:
    """Takes the frames of a camera, and keeps their count and the last one."""

    def __init__(self, address: str, settings: SourceSettings = QUICK) -> None:
        self.source = LiveSource(address, "gate", settings, SystemClock())
        self.count = 0
        self.last: Frame | None = None
        self.sizes_wh = set[tuple[int, int]]()
        self.backwards = 0  # frames that were not later than the one before, by the same clock
        self._thread = Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        for frame in self.source.frames():
            before, self.last = self.last, frame
            if before is not None and not _follows(frame, before):
                self.backwards += 1
            self.sizes_wh.add(frame.size_wh)
            self.count += 1

    def sees(self, more: int = 3) -> None:
        """Wait for that many further frames."""
        goal = self.count + more
        until(lambda: self.count >= goal, "frames", lambda: self.source.status)

    def becomes(self, state: SourceState, fault: Fault | None) -> None:
        """Wait for a state and what led to it."""
        until(
            lambda: (self.source.state, self.source.status.fault) == (state, fault),
            f"{state} {fault}",
            lambda: self.source.status,
        )

    def close(self) -> None:
        """Let go of the camera."""
        self.source.close()
        self._thread.join(PATIENCE_S)


def _follows(frame: Frame, before: Frame) -> bool:
    later = frame.captured_at_ms > before.captured_at_ms or frame.clock is not before.clock
    return frame.index > before.index and later


@contextmanager
def viewing(address: str, settings: SourceSettings = QUICK) -> Iterator[Viewer]:
    """View a camera for as long as the block lasts."""
    viewer = Viewer(address, settings)
    try:
        yield viewer
    finally:
        viewer.close()


def is_gone(pid: int) -> bool:
    """Return whether no such process runs."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in {"Z", "X"}
    except OSError:
        return True
