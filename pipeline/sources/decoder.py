"""The process that decodes one camera: ``python -m pipeline.sources.decoder MEMORY PARENT``.

It knows nothing of states and waits: it opens the camera whenever its parent tells it to, puts the frames that are to
be analysed into shared memory, and says what happened. Whoever reads the camera may kill it at any moment.

What FFmpeg writes stays in here, because addresses may stand in it; what leaves is a ``Fault``.
"""

import ctypes
import os
import re
import sys
import time
from collections.abc import Iterator
from threading import Event as Flag
from threading import Semaphore, Thread

import cv2
import numpy as np

from pipeline.sources.arrivals import Arrivals
from pipeline.sources.capture import open_capture
from pipeline.sources.confinement import confine
from pipeline.sources.faults import Fault, fault_of
from pipeline.sources.locator import capture_options, has_times, is_playlist, scheme
from pipeline.sources.orders import Beat, Broke, Crashed, Event, Opened, Order, Ready, Shown, decode_order, encode_event
from pipeline.sources.slots import SlotWriter
from pipeline.sources.times import Sampler

_THREADS = 2  # with more, FFmpeg holds back as many frames; one may be too slow for 4K
_LEAVE_S = 1.0  # for telling the camera that nobody watches any more
_ERROR = re.compile(rb"\[OPENCV:FFMPEG:(?:8|16)\]")  # fatal or an error, as FFmpeg numbers its levels
_FRAMES_SINCE = getattr(cv2, "CAP_PROP_PTS", None)  # since the stream's own zero; early OpenCV 4 does not tell it
_HARDWARE = {2: "d3d11", 3: "vaapi", 4: "mfx", 5: "drm"}  # as OpenCV numbers them


class Complaints:
    """What FFmpeg and OpenCV write, kept in a pipe that loses what nobody reads."""

    def __init__(self) -> None:
        """Take standard output and standard error over."""
        self.errors = 0
        self.fault: Fault | None = None  # the last one that was told
        self._c = ctypes.CDLL(None)
        self._end, write = os.pipe()
        os.set_blocking(self._end, False)
        os.set_blocking(write, False)
        os.dup2(write, 1)
        os.dup2(write, 2)
        os.close(write)

    def read(self) -> None:
        """Take in what was written since."""
        self._c.fflush(None)  # OpenCV prints FFmpeg's lines, and C buffers what goes into a pipe
        try:
            told = os.read(self._end, 65536)
        except BlockingIOError:
            return
        self.errors += len(_ERROR.findall(told))
        for line in told.decode(errors="replace").splitlines():
            self.fault = fault_of(line) or self.fault


class Commands:
    """What the parent tells: a line for each time the camera is to be opened, and the end when it has no more use."""

    def __init__(self) -> None:
        """Read the order, then listen."""
        self.order: Order = decode_order(sys.stdin.buffer.readline())
        self.over = Flag()
        self._left = Flag()
        self._opens = Semaphore(0)
        Thread(target=self._listen, daemon=True).start()

    def __iter__(self) -> Iterator[None]:
        """Yield once for each command to open."""
        while self._opens.acquire() and not self.over.is_set():
            yield
        self._left.set()

    def _listen(self) -> None:
        while sys.stdin.buffer.readline():
            self._opens.release()
        self.over.set()
        self._opens.release()
        self._left.wait(_LEAVE_S)
        os._exit(0)  # FFmpeg may hang for as long as the camera does


class Teller:
    """Tells the parent what happens."""

    def __init__(self) -> None:
        """Keep the way to the parent; what others write to standard output is to go elsewhere."""
        self._out = os.dup(1)

    def __call__(self, event: Event) -> None:
        """Write an event, as a whole; ends this process where nobody can read it any more."""
        try:
            os.write(self._out, encode_event(event))
        except BrokenPipeError:
            os._exit(0)


class Decoder:
    """Follows one camera from connection to connection."""

    def __init__(self, commands: Commands, tell: Teller, complaints: Complaints, frames: SlotWriter) -> None:
        self._commands = commands
        self._order = commands.order
        self._tell = tell
        self._complaints = complaints
        self._frames = frames
        self._decoded = 0
        self._beat_s = min(1.0, self._order.stalled_after_s / 4.0)  # FFmpeg's silence must not look like ours

    def run(self) -> None:
        """Connect as often as the parent tells."""
        self._tell(Ready())
        try:
            for _ in self._commands:
                self._tell(Broke(self._connect()))
        except Exception as error:  # noqa: BLE001 - whatever it is, the parent has to know
            self._tell(Crashed(type(error).__name__))
            os._exit(1)  # Python's own way out would wait for the thread that listens

    def _connect(self) -> Fault:
        order, began_s, self._complaints.fault = self._order, time.monotonic(), None
        capture = open_capture(
            order.target, order.open_timeout_s, order.read_timeout_s, hardware=order.hardware, threads=_THREADS
        )
        try:
            self._complaints.read()
            if not capture.isOpened():
                return self._refusal(time.monotonic() - began_s)
            self._tell(_opened(capture))
            return self._follow(capture)
        finally:
            capture.release()

    def _refusal(self, after_s: float) -> Fault:
        if self._complaints.fault is not None:
            return self._complaints.fault
        if after_s >= 0.9 * self._order.open_timeout_s:
            return Fault.NO_ANSWER
        if isinstance(self._order.target, int):
            return Fault.NO_DEVICE
        return Fault.UNREACHABLE if scheme(self._order.target) else Fault.NO_VIDEO

    def _follow(self, capture: cv2.VideoCapture) -> Fault:
        target, last_s = self._order.target, time.monotonic()
        arrivals, sampler = Arrivals(has_times=has_times(target)), Sampler(self._order.analysed_fps)
        first_ms, beat_s = None, 0.0
        pace = Pace(self._order.stalled_after_s / 2.0) if is_playlist(target) else None
        while not self._commands.over.is_set() and capture.grab():
            self._decoded += 1
            stream_ms = capture.get(cv2.CAP_PROP_POS_MSEC)
            if pace is not None:
                pace.wait(stream_ms)
            captured_at_ms = arrivals.at(time.time_ns() / 1e6, stream_ms)
            if not arrivals.refers and (own_ms := own_time_ms(capture)) is not None:
                arrivals.refer(own_ms, stream_ms)
            first_ms = captured_at_ms if first_ms is None else first_ms
            if sampler.takes(captured_at_ms - first_ms) and not self._show(capture, captured_at_ms, arrivals.believes):
                return Fault.BROKEN_OFF
            last_s = time.monotonic()
            if last_s - beat_s >= self._beat_s:
                self._complaints.read()
                self._tell(Beat(self._decoded, self._complaints.errors, arrivals.spread_ms, arrivals.skew_ms))
                beat_s = last_s
        silent = time.monotonic() - last_s >= 0.9 * self._order.read_timeout_s
        return Fault.SILENT if silent else Fault.BROKEN_OFF

    def _show(self, capture: cv2.VideoCapture, captured_at_ms: int, by_rtcp: bool) -> bool:  # noqa: FBT001 - a record's
        slot = self._frames.slot()
        good, image = capture.retrieve(slot) if slot.size else capture.retrieve()
        if good:
            whole = np.asarray(image, np.uint8)
            place = self._frames.put(whole)
            self._tell(Shown(*place, whole.shape[1], whole.shape[0], self._decoded - 1, captured_at_ms, by_rtcp))
        return bool(good)


class Pace:
    """Holds back frames of a playlist, which come in bursts, to the times that they have in the stream."""

    def __init__(self, longest_s: float) -> None:
        """Begin without a pace; a frame is held back no longer than that, or its camera would seem to have stalled."""
        self._longest_s = longest_s
        self._ahead_s: float | None = None  # of the stream's clock before this machine's

    def wait(self, stream_ms: float) -> None:
        """Wait until a frame is due; a stream that is late or jumps sets a new pace."""
        ahead_s = stream_ms / 1000.0 - time.monotonic()
        if self._ahead_s is None or not 0.0 < ahead_s - self._ahead_s < self._longest_s:
            self._ahead_s = ahead_s
        time.sleep(ahead_s - self._ahead_s)


def own_time_ms(capture: cv2.VideoCapture) -> float | None:
    """Return what the camera's own clock showed at the last frame, UTC ms to half a frame; None where it is unknown.

    FFmpeg takes it from the first sender report of RTCP, which comes seconds after the first frame.
    """
    began_us = capture.get(cv2.CAP_PROP_STREAM_OPEN_TIME_USEC)  # the camera's time at the stream's own zero
    fps = capture.get(cv2.CAP_PROP_FPS)
    if _FRAMES_SINCE is None or not (began_us > 0.0 and fps > 0.0):
        return None
    return began_us / 1000.0 + 1000.0 * capture.get(_FRAMES_SINCE) / fps


def _opened(capture: cv2.VideoCapture) -> Opened:
    code = int(capture.get(cv2.CAP_PROP_FOURCC)) & 0xFFFFFFFF
    codec = "".join(letter for letter in code.to_bytes(4, "little").decode("ascii", "replace") if letter.isalnum())
    fps = capture.get(cv2.CAP_PROP_FPS)
    hardware = _HARDWARE.get(int(capture.get(cv2.CAP_PROP_HW_ACCELERATION)), "software")
    return Opened(codec.lower() or "unknown", fps if 0.0 < fps < 1000.0 else 0.0, hardware)


def main() -> None:
    """Decode until the parent has no more use for this process, or is gone."""
    memory, parent = (int(word) for word in sys.argv[1:])
    confine(parent)
    tell, complaints, commands = Teller(), Complaints(), Commands()
    os.environ["OPENCV_FFMPEG_LOGLEVEL"] = "24"  # warnings, too: what an HTTP server answers is one
    os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = capture_options(commands.order.target)
    cv2.setNumThreads(1)
    Decoder(commands, tell, complaints, SlotWriter(memory)).run()


if __name__ == "__main__":
    main()
