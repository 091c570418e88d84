"""Checks of a site's parts: each in a thread of its own with a deadline, so that one that hangs is a finding too."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from queue import SimpleQueue
from threading import Lock, Semaphore, Thread, Timer

from detectors.errors import DetectorError
from pipeline.errors import PipelineError
from pipeline.redact import redact
from reid.errors import ReidError

AT_ONCE = 6  # checks that run at the same time


class Verdict(StrEnum):
    """How a part fares."""

    OK = "ok"
    WARNING = "warning"  # it works, but somebody should look at it
    FAILED = "failed"  # lookout cannot do its work with it


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of a part, and what to do where it is not well; without secrets."""

    part: str
    verdict: Verdict
    words: str


@dataclass(frozen=True, slots=True)
class Check:
    """A look at a part."""

    part: str
    look: Callable[[], Sequence[Finding]]  # may raise any error of lookout's, which is a finding
    patience_s: float = 20.0  # from its own beginning


def examine(checks: Sequence[Check]) -> Iterator[Finding]:
    """Make all checks, a few at a time, and yield what they find, in the order of the checks.

    Nothing takes longer than the patience of the checks together; one that hangs is left behind in its thread.
    """
    room = Semaphore(AT_ONCE)
    running = [_Running(check, room) for check in checks]
    for each in running:
        yield from each.findings()


class _Running:
    """A check under way, which ends by itself or is given up, whichever comes first."""

    def __init__(self, check: Check, room: Semaphore) -> None:
        self._check, self._room = check, room
        self._ending, self._ended = Lock(), False
        self._found: SimpleQueue[Sequence[Finding]] = SimpleQueue()
        Thread(target=self._run, name=f"doctor {check.part}", daemon=True).start()

    def _run(self) -> None:
        self._room.acquire()
        hung = f"no answer within {self._check.patience_s:g} s; see what it waits for, and look again"
        patience = Timer(self._check.patience_s, self._end, [[Finding(self._check.part, Verdict.FAILED, hung)]])
        patience.daemon = True
        patience.start()
        self._end(_looked(self._check))
        patience.cancel()

    def _end(self, found: Sequence[Finding]) -> None:
        with self._ending:
            if self._ended:
                return
            self._ended = True
        self._found.put(found)
        self._room.release()

    def findings(self) -> Sequence[Finding]:
        """Wait for what was found, or that it takes too long."""
        return self._found.get()


def _looked(check: Check) -> Sequence[Finding]:
    try:
        return check.look()
    except (PipelineError, ReidError, DetectorError) as error:
        return [Finding(check.part, Verdict.FAILED, redact(str(error)))]
    except Exception as error:  # noqa: BLE001 - a fault of one check must not hide what the others find
        return [Finding(check.part, Verdict.FAILED, redact(f"{type(error).__name__}: {error}"))]
