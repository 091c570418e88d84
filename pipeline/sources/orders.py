"""What goes between a camera's source and the process that decodes it: one line of JSON a message, no pixels."""

import json
from dataclasses import asdict, astuple, dataclass

from pipeline.sources.faults import Fault


@dataclass(frozen=True, slots=True)
class Order:
    """The first line on a decoder's standard input. It holds the address: no command line and no environment does."""

    target: str | int
    analysed_fps: float | None
    open_timeout_s: float
    stalled_after_s: float
    read_timeout_s: float
    hardware: bool

    def __repr__(self) -> str:
        """Show nothing of the address."""
        return "Order(***)"


@dataclass(frozen=True, slots=True)
class Ready:
    """The decoder runs and waits to be told to open."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The camera answered, and what it sends can be decoded."""

    codec: str
    fps: float  # as the stream says, 0 where it does not
    decoding: str  # "software", or the kind of hardware


@dataclass(frozen=True, slots=True)
class Shown:
    """A frame lies in the shared memory."""

    slot: int
    stamp: int  # of the slot, for as long as it holds this frame
    offset: int  # of the first pixel, in bytes
    width: int
    height: int
    index: int  # counting every decoded frame of this process
    captured_at_ms: int
    by_rtcp: bool  # whether that is the camera's own time


@dataclass(frozen=True, slots=True)
class Beat:
    """How decoding goes on, a few times within each deadline."""

    decoded: int  # frames since this process began
    complaints: int  # of FFmpeg about what the camera sends, since this process began
    spread_ms: int | None  # how unevenly frames arrive; None where the stream has no times to compare with
    skew_ms: int | None  # by how much the camera's clock is ahead, where it is too far off to be believed


@dataclass(frozen=True, slots=True)
class Broke:
    """The connection did not come about, or has ended."""

    fault: Fault


@dataclass(frozen=True, slots=True)
class Crashed:
    """The decoder met what it did not reckon with, and ends."""

    error: str  # its kind; its text may hold an address


Event = Ready | Opened | Shown | Beat | Broke | Crashed

_KINDS = {kind.__name__: kind for kind in (Ready, Opened, Shown, Beat, Broke, Crashed)}


def encode_order(order: Order) -> bytes:
    """Return an order as a line."""
    return json.dumps(asdict(order)).encode() + b"\n"


def decode_order(line: bytes) -> Order:
    """Return the order of a line."""
    return Order(**json.loads(line))


def encode_event(event: Event) -> bytes:
    """Return an event as a line; shorter than what a pipe takes in one piece."""
    return json.dumps([type(event).__name__, *astuple(event)]).encode() + b"\n"


def decode_event(line: bytes) -> Event:
    """Return the event of a line.

    Raises:
        ValueError: a decoder wrote something else.
    """
    try:
        name, *values = json.loads(line)
        event: Event = _KINDS[name](*values)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"a decoder's event was expected, but found {line[:40]!r}") from error
    return Broke(Fault(event.fault)) if isinstance(event, Broke) else event
