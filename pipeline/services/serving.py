"""Runs a service as a process: health and metrics, signals, and an end that can be told from a failure.

The first SIGTERM or SIGINT lets the service finish what it is doing; a second one ends the process at once, which
loses nothing that was acknowledged.
"""

import logging
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from threading import Thread
from types import FrameType

from prometheus_client.registry import Collector

from pipeline import settings
from pipeline.core_files import forbid_core_files
from pipeline.health import Collectors, Health
from pipeline.redact import redact
from pipeline.services.base import Service

SIGNALS = (signal.SIGTERM, signal.SIGINT)
_LOOK_S = 1.0
_AGAIN_S = 60.0  # before the same may be said again
_MOST_SAID = 1000  # what was said and is remembered, at most

_log = logging.getLogger(__name__)


class _RedactingFormatter(logging.Formatter):
    """Hides what addresses keep secret, whoever wrote them."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class Seldom(logging.Filter):
    """Lets the same be said once a minute only; in an outage kafka-python does so ten times a second.

    Of lookout's own warnings only those that are the same to the letter are held back, of other libraries' those that
    differ in what is filled in as well.
    """

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record is to be written."""
        ours = record.name.partition(".")[0] == "pipeline"
        if ours and record.levelno < logging.WARNING:
            return True
        said = (record.name, record.getMessage() if ours else str(record.msg))
        if 0.0 <= record.created - self._said.get(said, -_AGAIN_S) < _AGAIN_S:  # a clock that was set back says it anew
            return False
        if len(self._said) >= _MOST_SAID:
            self._said.clear()
        self._said[said] = record.created
        return True


def log_to_stderr() -> None:
    """Write lookout's log to standard error from INFO on, other libraries' from WARNING on; warnings once a minute."""
    told = logging.StreamHandler(sys.stderr)
    told.addFilter(Seldom())
    told.setFormatter(_RedactingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[told])
    logging.getLogger("pipeline").setLevel(logging.INFO)
    logging.getLogger("kafka").setLevel(logging.WARNING)  # it has a level of its own, set where it is opened


def serve(service: Service, collectors: Sequence[Collector], health: settings.Health, words: str) -> None:
    """Run a service in this process until a signal comes; call it from the main thread.

    Args:
        service: opened, and closed by the caller.
        collectors: give its metrics.
        health: where to answer; nowhere when its port is 0.
        words: what it does, for the log.

    Raises:
        SettingsError: the address of the health endpoint is taken.
        Exception: whatever ended the service before a signal came.
    """
    forbid_core_files()  # addresses with passwords are in this process's memory
    with ExitStack() as stack:
        if health.port:
            address, asked = (health.host, health.port), Collectors(collectors)
            served = Health(address, asked, lambda: service.trouble, lambda: service.hung)
            stack.enter_context(served)
            _log.info("health and metrics at http://%s:%d", health.host, served.port)
        stack.enter_context(_signals_call(service.stop))
        _log.info("%s; SIGTERM or Ctrl-C ends it", words)
        _run(service)
        _log.info("ended as asked")


def _run(service: Service) -> None:
    """Run a service in a thread, so that a signal meets a thread that holds no lock."""
    errors: list[BaseException] = []

    def work() -> None:
        try:
            service.run()
        except BaseException as error:  # noqa: BLE001 - raised again below
            errors.append(error)

    thread = Thread(target=work, name="service", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(_LOOK_S)
    if errors:
        raise errors[0]


@contextmanager
def _signals_call(stop: Callable[[], None]) -> Iterator[None]:
    def first(number: int, frame: FrameType | None) -> None:
        del frame
        for each in before:
            signal.signal(each, signal.SIG_DFL)  # the next one ends the process
        _log.info("%s: finishing; once more ends at once", signal.Signals(number).name)
        stop()

    hangs_up = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN  # under nohup, a terminal may go
    before = {each: signal.signal(each, first) for each in (*SIGNALS, *([signal.SIGHUP] if hangs_up else []))}
    try:
        yield
    finally:
        for each, former in before.items():
            signal.signal(each, former)
