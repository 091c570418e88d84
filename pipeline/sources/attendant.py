"""Sees to a camera's decoder: tells it to connect, listens, kills it when it hangs and replaces it when it is gone."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pipeline.clock import Clock
from pipeline.sources.faults import Fault
from pipeline.sources.orders import Broke, Crashed, Event, Order, Ready
from pipeline.sources.process import DecoderLostError, DecoderProcess

_START_S = 120.0  # a process may take long to start where dozens start at once
_GRACE_S = 5.0  # a decoder keeps its own deadlines; one that is so much later hangs, even on a busy machine
_LOOKS = 4  # within the shortest time that counts as quiet


@dataclass(frozen=True, slots=True)
class Ending:
    """How a connection ended."""

    fault: Fault
    detail: str = ""  # of the fault, in words


class Listener(Protocol):
    """Whoever wants to know what becomes of a connection."""

    def note(self, event: Event) -> None:
        """Take notice of an event."""
        ...

    def quiet(self, seconds: float) -> None:
        """Take notice that nothing has come for so long."""
        ...

    def ended(self) -> bool:
        """Return whether nobody wants the camera any more."""
        ...


class Attendant:
    """Has one decoder at a time. Only one thread may call it, and that thread has to live as long as the decoder."""

    def __init__(self, order: Order, memory: int, wake: int, clock: Clock) -> None:
        """Begin without a decoder.

        Args:
            order: what to decode, and how.
            memory: descriptor of the shared memory that frames go into.
            wake: descriptor that has something to read once nobody wants the camera any more.
            clock: of the deadlines.
        """
        self.restarts = 0
        self._order = order
        self._memory = memory
        self._wake = wake
        self._clock = clock
        self._decoder: DecoderProcess | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the decoder; None where there is none."""
        decoder = self._decoder
        return None if decoder is None else decoder.pid

    def attend(self, listener: Listener) -> Ending:
        """Connect, and listen until the connection has ended or the listener has."""
        try:
            if self._decoder is None:
                self._decoder = DecoderProcess(self._order, self._memory)
                return self._listen(self._decoder, listener, _START_S)
            return self._listen(self._decoder, listener, self._order.open_timeout_s + _GRACE_S)
        except DecoderLostError as lost:
            self.restarts += 1
            self._end(DecoderProcess.kill)
            return Ending(lost.fault, str(lost))

    def _listen(self, decoder: DecoderProcess, listener: Listener, limit_s: float) -> Ending:
        order, heard_s = self._order, self._clock.monotonic_s()
        decoder.open()
        while not listener.ended():
            event = decoder.next(min(limit_s, order.stalled_after_s) / _LOOKS, self._wake)
            quiet_s = self._clock.monotonic_s() - heard_s
            if event is None and quiet_s >= limit_s:
                raise DecoderLostError(Fault.DECODER_HUNG, f"nothing from it for {quiet_s:.1f} s")
            if event is None:
                listener.quiet(quiet_s)
                continue
            if isinstance(event, Crashed):
                raise DecoderLostError(Fault.DECODER_CRASHED, f"it ended with {event.error}")
            if isinstance(event, Broke):
                return Ending(event.fault, self._within(event.fault))
            heard_s += quiet_s
            limit_s = (order.open_timeout_s if isinstance(event, Ready) else order.read_timeout_s) + _GRACE_S
            listener.note(event)
        return Ending(Fault.BROKEN_OFF)

    def _within(self, fault: Fault) -> str:
        limits = {Fault.NO_ANSWER: self._order.open_timeout_s, Fault.SILENT: self._order.read_timeout_s}
        return f"within {limits[fault]:.1f} s" if fault in limits else ""

    def close(self) -> None:
        """Let the decoder go; ``attend`` starts another."""
        self._end(DecoderProcess.stop)

    def _end(self, how: Callable[[DecoderProcess], None]) -> None:
        decoder, self._decoder = self._decoder, None
        if decoder is not None:
            how(decoder)
