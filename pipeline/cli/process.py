"""What every command is as a process: its streams, and what ends it from outside."""

import io
import os
import signal
import sys
from types import FrameType

_ENDING = (signal.SIGTERM, signal.SIGHUP)  # services have their own; Ctrl-C is Python's


class EndedError(BaseException):
    """A signal ended the command; what it had opened is closed on the way out, temporary folders among it."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


def settle() -> None:
    """Let no letter that a terminal cannot show end a command, and no signal leave temporary files behind."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # as in a locale that is not UTF-8, or of a file's odd name
    for each in _ENDING:
        if signal.getsignal(each) is signal.SIG_DFL:  # under nohup, SIGHUP is ignored and stays so
            signal.signal(each, _end)


def end_as_asked(ended: EndedError) -> None:
    """End the process by the signal itself, so that whoever sent it sees that it did."""
    signal.signal(ended.number, signal.SIG_DFL)
    os.kill(os.getpid(), ended.number)


def _end(number: int, _: FrameType | None) -> None:
    signal.signal(number, signal.SIG_DFL)  # the next one ends at once
    raise EndedError(number)
