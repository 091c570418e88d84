"""A camera as a source: a process decodes it, and is connected again, or replaced, whenever it breaks off."""

import logging
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from threading import Condition, Thread
from types import TracebackType
from typing import Self

from pipeline.clock import Clock
from pipeline.records import CaptureClock, Frame
from pipeline.redact import redact_address
from pipeline.sources.attendant import Attendant, Ending
from pipeline.sources.base import NOT_TAKEN, QueuePolicy, SourceSettings, SourceState
from pipeline.sources.faults import SENTENCES, Fault
from pipeline.sources.locator import transport
from pipeline.sources.orders import Beat, Event, Opened, Order, Ready, Shown
from pipeline.sources.slots import SlotReader
from pipeline.sources.status import SourceStatus
from pipeline.sources.waits import Waits

_DEATHS = frozenset({Fault.DECODER_CRASHED, Fault.DECODER_HUNG})

_log = logging.getLogger(__name__)


class LiveSource:
    """The newest frames of a camera, with the camera's own time (clock ``rtcp``) or that of arrival (``wall``).

    A process of its own decodes it: one that hangs is killed, one that crashes is replaced, and neither touches another
    camera. A thread of this process watches it, and copies no frame that nobody takes. Frames come until the source is
    closed. A camera that does not answer or breaks off is asked again, later with each time.
    """

    policy = QueuePolicy.DROP_OLDEST

    def __init__(self, target: str | int, camera_id: str, settings: SourceSettings, clock: Clock) -> None:
        """Begin to connect.

        Args:
            target: an address, or the number of a device.
            camera_id: whose frames these are.
            settings: rate, deadlines and waits.
            clock: of states and deadlines; it has to move by itself.
        """
        self.camera_id = camera_id
        self.dropped = Counter[str]()
        self._target = target
        self._time = clock
        self._status = SourceStatus(SourceState.CONNECTING, since_ms=clock.now_ms(), transport=transport(target))
        self._before = self._status  # as it was when the process began that decodes now
        self._connected = False  # whether this connection has given a frame
        self._connected_at_s = 0.0  # its first
        self._settings = settings
        self._changed = Condition()  # guards what both threads touch
        self._newest: Shown | None = None
        self._memory = SlotReader()
        try:
            self._wake, self._waker = os.pipe()
        except OSError:  # too many open files: the next attempt must find no fewer than this one
            self._memory.close()
            raise
        self._attendant = Attendant(_order(target, settings), self._memory.descriptor, self._wake, clock)
        self._thread = Thread(target=self._watch, name=f"camera {camera_id}", daemon=True)
        try:
            self._thread.start()
        except RuntimeError:  # too many threads: likewise
            self._let_go()
            raise

    @property
    def clock(self) -> CaptureClock:
        """Where the frames' times come from now: a camera tells its own time some seconds after its first frame."""
        return self._status.clock

    @property
    def address(self) -> str:
        """Where the camera is, without its secrets."""
        return f"device {self._target}" if isinstance(self._target, int) else redact_address(self._target)

    @property
    def state(self) -> SourceState:
        """How it fares now."""
        return self._status.state

    @property
    def reason(self) -> str:
        """Why it is in that state, in words; empty while frames come."""
        return self._status.reason

    @property
    def status(self) -> SourceStatus:
        """How it fares now and has fared."""
        return self._status

    @property
    def decoder_pid(self) -> int | None:
        """Process id of its decoder; None where none runs now."""
        return self._attendant.pid

    def frames(self) -> Iterator[Frame]:
        """Yield the newest frame whenever there is one that was not yielded before, until the source is closed."""
        while (shown := self._take()) is not None:
            image = self._memory.read(shown)
            if image is not None:
                yield Frame(self.camera_id, shown.index, shown.captured_at_ms, _clock(shown), image)
            else:  # a newer one has taken its place, and is about to be told
                self._drop()

    def _take(self) -> Shown | None:
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None or self.ended())
            shown, self._newest = self._newest, None
            return None if self.ended() else shown

    def close(self) -> None:
        """Let go of the camera; returns when its process has ended, within seconds."""
        with self._changed:
            if not self.ended():
                self._become(SourceState.ENDED, "closed")
                os.write(self._waker, b".")
        self._thread.join()

    def __enter__(self) -> Self:
        """Enter."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def _watch(self) -> None:
        waits = Waits(self._settings, Random())  # noqa: S311 - spreads cameras, keeps no secret
        try:
            while not self.ended():
                self._connected = False
                ending = self._attendant.attend(self)
                self._rest(ending, waits)
        finally:
            self._leave()

    def _leave(self) -> None:
        self._attendant.close()
        with self._changed:
            self._become(SourceState.ENDED, "its watch broke off")  # nobody must wait for frames for ever
            self._let_go()

    def _let_go(self) -> None:
        self._memory.close()
        os.close(self._wake)
        os.close(self._waker)

    def _rest(self, ending: Ending, waits: Waits) -> None:
        wait = waits.after(ending.fault, had_frames=self._connected and not self._dies_early(ending.fault))
        if wait.failed:  # for minutes nobody needs its process
            self._attendant.close()
        state = SourceState.FAILED if wait.failed else SourceState.RECONNECTING
        detail = f" ({ending.detail})" if ending.detail else ""
        next_time = f"asking again in {wait.seconds:.1f} s (attempt {wait.attempt})"
        with self._changed:
            if self.ended():
                return
            faults = Counter(self._status.faults)
            faults[ending.fault] += 1
            self._status = replace(self._status, faults=faults, restarts=self._attendant.restarts)
            self._become(state, f"{SENTENCES[ending.fault]}{detail}; {next_time}", ending.fault)
            self._changed.wait_for(self.ended, wait.seconds)

    def _dies_early(self, fault: Fault) -> bool:
        """Return whether the stream has ended its decoder soon after the beginning: a process costs a second of CPU."""
        lasted_s = self._time.monotonic_s() - self._connected_at_s
        return fault in _DEATHS and lasted_s < self._settings.longest_wait_s

    def ended(self) -> bool:
        """Return whether it was closed."""
        return self.state is SourceState.ENDED

    def note(self, event: Event) -> None:
        """Take notice of what its decoder tells; only its own thread calls this."""
        with self._changed:
            match event:
                case Ready():
                    self._before = self._status
                case Opened():
                    self._status = replace(self._status, codec=event.codec, decoding=event.decoding)
                    _log.info("camera '%s' sends %s, decoded in %s", self.camera_id, event.codec, event.decoding)
                case Shown():
                    self._show(event)
                case Beat():
                    self._count(event)

    def _show(self, shown: Shown) -> None:
        if self._newest is not None:
            self.dropped[NOT_TAKEN] += 1
        self._newest = replace(shown, index=self._before.decoded + shown.index)
        seen = ((shown.width, shown.height), _clock(shown))
        if (self._status.size_wh, self._status.clock) != seen:
            self._status = replace(self._status, size_wh=seen[0], clock=seen[1])
        self._flow(shown.index + 1)
        self._changed.notify_all()

    def _count(self, beat: Beat) -> None:
        complaints = self._before.complaints + beat.complaints
        self._status = replace(self._status, complaints=complaints, spread_ms=beat.spread_ms, skew_ms=beat.skew_ms)
        self._flow(beat.decoded)

    def _flow(self, decoded: int) -> None:
        connections = self._status.connections + (not self._connected)
        if not self._connected:
            self._connected, self._connected_at_s = True, self._time.monotonic_s()
        self._status = replace(self._status, decoded=self._before.decoded + decoded, connections=connections)
        if self.state is not SourceState.LIVE:
            self._become(SourceState.LIVE, "")

    def _drop(self) -> None:
        with self._changed:
            self.dropped[NOT_TAKEN] += 1

    def quiet(self, seconds: float) -> None:
        """Take notice that its decoder has told nothing for so long; only its own thread calls this."""
        with self._changed:
            if seconds >= self._settings.stalled_after_s and self.state is SourceState.LIVE:
                self._become(SourceState.STALLED, f"no frame for {seconds:.1f} s", Fault.SILENT)

    def _become(self, state: SourceState, reason: str, fault: Fault | None = None) -> None:
        """Change the state; the caller holds ``_changed``."""
        if self.ended():
            return
        before = self._status
        news = (state, fault) != (before.state, before.fault)  # the same once more is no news
        since_ms = self._time.now_ms() if state is not before.state else before.since_ms
        self._status = replace(before, state=state, reason=reason, fault=fault, since_ms=since_ms)
        level = logging.INFO if fault is None else logging.WARNING if news else logging.DEBUG
        _log.log(level, "camera '%s' at %s: %s%s", self.camera_id, self.address, state, f": {reason}" if reason else "")
        self._changed.notify_all()


def _clock(shown: Shown) -> CaptureClock:
    return CaptureClock.RTCP if shown.by_rtcp else CaptureClock.WALL


def _order(target: str | int, settings: SourceSettings) -> Order:
    return Order(
        target=target,
        analysed_fps=settings.analysed_fps,
        open_timeout_s=settings.open_timeout_s,
        stalled_after_s=settings.stalled_after_s,
        read_timeout_s=settings.read_timeout_s,
        hardware=settings.hardware_decoding,
    )
