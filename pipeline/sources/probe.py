"""Looks at what an address gives: what ``lookout cameras probe`` and ``lookout doctor`` tell about a camera."""

import os
import time
from contextlib import closing
from dataclasses import dataclass

from pipeline.errors import SourceError
from pipeline.redact import redact_address
from pipeline.sources.faults import SENTENCES, Fault
from pipeline.sources.locator import as_target, is_folder, is_live, transport
from pipeline.sources.orders import Beat, Broke, Crashed, Event, Opened, Order, Ready, Shown
from pipeline.sources.process import DecoderLostError, DecoderProcess
from pipeline.sources.slots import SlotReader

_START_S = 15.0  # a busy machine takes long to start a process
_BURST_S = 0.5  # a server may send at once what it has, and only then as the camera films
_MEASURED_S = 2.0  # how long frames are counted after that


@dataclass(frozen=True, slots=True)
class Probe:
    """What was found at an address, or why nothing was."""

    address: str  # without its secrets
    fault: Fault | None  # None where frames come
    reason: str  # of the fault, and what to do about it; empty where frames come
    codec: str = ""
    size_wh: tuple[int, int] = (0, 0)  # px
    stream_fps: float = 0.0  # frames a second as the stream says; 0 where it does not
    measured_fps: float = 0.0  # as they came
    first_frame_s: float = 0.0  # from asking for the stream to its first whole frame
    transport: str = ""  # of RTSP: tcp or udp
    decoding: str = ""  # software, or the kind of hardware

    @property
    def works(self) -> bool:
        """Whether frames come."""
        return self.fault is None


class _Look:
    """What a probe has seen so far."""

    def __init__(self) -> None:
        self.began_s = time.monotonic()
        self.opened = Opened("", 0.0, "")
        self.first: Shown | None = None
        self.first_s = 0.0
        self.steady_s: list[float] = []  # when frames came, after the burst
        self.fault = Fault.NO_ANSWER
        self.over = False

    def take(self, event: Event) -> None:
        """Note an event of the decoder."""
        now_s = time.monotonic()
        match event:
            case Ready():
                self.began_s = now_s
            case Opened():
                self.opened, self.fault = event, Fault.SILENT
            case Shown():
                self.first, self.first_s = self.first or event, self.first_s or now_s
                if now_s - self.first_s >= _BURST_S:
                    self.steady_s.append(now_s)
                self.over = now_s - self.first_s >= _BURST_S + _MEASURED_S
            case Broke():
                self.fault, self.over = event.fault, True
            case Beat():
                pass
            case Crashed():
                self.fault, self.over = Fault.DECODER_CRASHED, True

    def left_s(self, timeout_s: float) -> float:
        """Return how long to wait for more."""
        return self.began_s + timeout_s - time.monotonic()

    def found(self, address: str) -> Probe:
        """Return what it comes to."""
        if self.first is None:
            return Probe(redact_address(address), self.fault, SENTENCES[self.fault], transport=transport(address))
        steady_s = self.steady_s
        return Probe(
            address=redact_address(address),
            fault=None,
            reason="",
            codec=self.opened.codec,
            size_wh=(self.first.width, self.first.height),
            stream_fps=self.opened.fps,
            measured_fps=(len(steady_s) - 1) / (steady_s[-1] - steady_s[0]) if len(steady_s) > 1 else 0.0,
            first_frame_s=self.first_s - self.began_s,
            transport=transport(address),
            decoding=self.opened.decoding,
        )


def probe(address: str, timeout_s: float, *, hardware: bool = True) -> Probe:
    """Look at a camera or a video file for up to ``timeout_s`` seconds, and the seconds that a process takes to start.

    Args:
        address: of a camera, the number of a device, or a video file.
        timeout_s: how long to wait for the first frame; frames are counted for two more seconds within it.
        hardware: whether to decode in hardware, where there is some.

    Raises:
        SourceError: nobody knows such an address, there is no such file, or it is a folder.
    """
    live = is_live(address)
    if not live and not os.path.isfile(address):  # noqa: PTH113 - a Path's raises
        raise SourceError(f"a camera's address or a video file was expected, but {_instead(address)}")
    order = Order(as_target(address) if live else address, None, timeout_s, timeout_s, timeout_s, hardware)
    look = _Look()
    wake, waker = os.pipe()
    try:
        with closing(SlotReader()) as memory:
            decoder = DecoderProcess(order, memory.descriptor)
            try:
                _watch(decoder, look, timeout_s, wake)
            finally:
                decoder.stop()
    except DecoderLostError as lost:
        look.fault = lost.fault
    finally:
        os.close(wake)
        os.close(waker)
    return look.found(address)


def _instead(address: str) -> str:
    """Return what there is in the place of a video file."""
    shown = redact_address(address) or repr("")
    if is_folder(address):
        return f"{shown} is a folder"
    if os.path.exists(address):  # noqa: PTH110 - a Path's raises
        return f"{shown} is a device or a pipe; a camera is named by its number, as 0"
    return f"there is no file {shown}"


def _watch(decoder: DecoderProcess, look: _Look, timeout_s: float, wake: int) -> None:
    decoder.open()
    patience_s = _START_S + timeout_s
    while not look.over and (left_s := look.left_s(patience_s)) > 0.0:
        event = decoder.next(left_s, wake)
        if event is not None:
            look.take(event)
        if isinstance(event, Ready):
            patience_s = timeout_s
