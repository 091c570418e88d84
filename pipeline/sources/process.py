"""A decoder's process, as its parent sees it: started, told to open, listened to, and killed when it must be."""

import os
import select
import subprocess
import sys
from contextlib import suppress
from socket import SHUT_WR, socket, socketpair

from pipeline.sources.faults import Fault
from pipeline.sources.orders import Event, Order, decode_event, encode_order

_LEAVE_S = 1.5  # a little more than a decoder takes to tell the camera that nobody watches any more
_BURY_S = 5.0  # a process inside a driver that hangs cannot be killed; nobody waits for it


class DecoderLostError(Exception):
    """The process is gone, hangs, or writes what no decoder writes; not an error that leaves the source."""

    def __init__(self, fault: Fault, detail: str) -> None:
        super().__init__(detail)
        self.fault = fault


class DecoderProcess:
    """One process; the thread that starts it has to outlive it, because it is killed with that thread."""

    def __init__(self, order: Order, memory: int) -> None:
        """Start it.

        Args:
            order: what to decode, and how; goes through a socket.
            memory: descriptor of the shared memory that frames go into.

        Raises:
            DecoderLostError: the system starts no further process.
        """
        # -P: a folder that lookout is run in may hold a package of the same name, which is not to be run.
        command = [sys.executable, "-P", "-m", "pipeline.sources.decoder", str(memory), str(os.getpid())]
        try:
            self._line, self._process = _started(command, memory)
        except OSError as error:
            raise DecoderLostError(Fault.DECODER_CRASHED, f"it cannot be started: {error}") from error
        self._rest = b""  # of what it wrote: the beginning of a line
        self._lines: list[bytes] = []
        self._tell(encode_order(order))

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def open(self) -> None:
        """Tell it to connect, and from then on to say what happens."""
        self._tell(b"open\n")

    def _tell(self, line: bytes) -> None:
        with suppress(OSError):  # ``next`` tells that it is gone, and how
            self._line.sendall(line)

    def next(self, wait_s: float, wake: int) -> Event | None:
        """Return its next event; None after ``wait_s`` seconds, or when there is something to read at ``wake``.

        Raises:
            DecoderLostError: it is gone.
        """
        if not self._lines:
            self._listen(wait_s, wake)
        if not self._lines:
            return None
        try:
            return decode_event(self._lines.pop(0))
        except ValueError as error:
            raise DecoderLostError(Fault.DECODER_CRASHED, str(error)) from error

    def _listen(self, wait_s: float, wake: int) -> None:
        poll = select.poll()
        poll.register(self._line, select.POLLIN)
        poll.register(wake, select.POLLIN)
        if self._line.fileno() not in [ready for ready, _ in poll.poll(max(0.0, 1000.0 * wait_s))]:
            return
        try:
            told = self._line.recv(65536)
        except ConnectionError:
            told = b""
        if not told:
            raise DecoderLostError(Fault.DECODER_CRASHED, self._last_words())
        *self._lines, self._rest = (self._rest + told).split(b"\n")

    def _last_words(self) -> str:
        try:
            code = self._process.wait(_LEAVE_S)
        except subprocess.TimeoutExpired:
            return "it closed its output"
        return f"it was ended by signal {-code}" if code < 0 else f"it ended with status {code}"

    def stop(self) -> None:
        """Let it say goodbye to the camera, and kill it when that takes long."""
        with suppress(OSError):
            self._line.shutdown(SHUT_WR)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_LEAVE_S)
        self.kill()

    def kill(self) -> None:
        """End it, whatever it hangs in; harmless when done twice."""
        self._process.kill()
        self._line.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_BURY_S)


def _started(command: list[str], memory: int) -> tuple[socket, subprocess.Popen[bytes]]:
    """Start a process; return the line to its standard input and output, and itself."""
    line, theirs = socketpair()
    try:
        with theirs:
            return line, subprocess.Popen(  # noqa: S603 - ourselves, and two numbers
                command, stdin=theirs.fileno(), stdout=theirs.fileno(), stderr=subprocess.DEVNULL, pass_fds=[memory]
            )
    except OSError:
        line.close()
        raise
