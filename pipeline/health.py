"""What a service tells its keepers: /healthz, /readyz and /metrics over HTTP."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Self

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from pipeline.errors import SettingsError

PATIENCE_S = 10.0  # with who connects and says nothing, or takes no answer
Counts = Callable[[], Mapping[str, float]]
Trouble = Callable[[], str | None]  # what keeps the service from its work, None when nothing does
_log = logging.getLogger(__name__)


class CountsCollector(Collector):
    """Reads a service's counts when it is asked for metrics; names in ``gauges`` go up and down, others only up."""

    def __init__(self, service: str, counts: Counts, gauges: frozenset[str] = frozenset()) -> None:
        self._service, self._counts, self._gauges = service, counts, gauges

    def collect(self) -> Iterator[Metric]:
        """Yield every count as ``lookout_SERVICE_NAME``."""
        for name, value in self._counts().items():
            family = GaugeMetricFamily if name in self._gauges else CounterMetricFamily
            yield family(f"lookout_{self._service}_{name}", f"See docs/operations.md: {name}.", value=value)


class LabelledCountsCollector(Collector):
    """Reads the counts of several parts of a service, told apart by a label, as ``webhook="desk"``."""

    def __init__(self, service: str, label: str, counts: Callable[[], Mapping[str, Mapping[str, float]]]) -> None:
        self._service, self._label, self._counts = service, label, counts

    def collect(self) -> Iterator[Metric]:
        """Yield every count as ``lookout_SERVICE_NAME`` with a sample for each part; all of them only grow."""
        parts = self._counts()
        for name in dict.fromkeys(name for counts in parts.values() for name in counts):
            family = CounterMetricFamily(
                f"lookout_{self._service}_{name}", f"See docs/operations.md: {name}.", labels=[self._label]
            )
            for part, counts in parts.items():
                if name in counts:
                    family.add_metric([part], counts[name])
            yield family


class ReasonsCollector(Collector):
    """Reads what has befallen several parts of a service, told apart by a label, by reason."""

    def __init__(self, name: str, label: str, counts: Callable[[], Mapping[str, Mapping[str, int]]]) -> None:
        self._name, self._label, self._counts = name, label, counts

    def collect(self) -> Iterator[Metric]:
        """Yield one count ``lookout_NAME`` with a sample for each part and reason; nothing while there are no parts."""
        parts = self._counts()
        if not parts:
            return
        words = f"See docs/operations.md: {self._name}."
        family = CounterMetricFamily(f"lookout_{self._name}", words, labels=[self._label, "reason"])
        for part, counts in parts.items():
            for reason, count in counts.items():
                family.add_metric([part, reason], count)
        yield family


class Collectors(Collector):
    """Several collectors as one."""

    def __init__(self, collectors: Sequence[Collector]) -> None:
        self._collectors = tuple(collectors)

    def collect(self) -> Iterator[Metric]:
        """Yield what each of them yields."""
        for collector in self._collectors:
            yield from collector.collect()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Tell in the log what became of a request; standard error would show it unredacted."""
        del request
        _log.warning("no answer to %s", client_address, exc_info=True)


class Health:
    """Serves health and metrics from a thread of its own; a context manager."""

    def __init__(
        self, address: tuple[str, int], collector: Collector, trouble: Trouble, hung: Trouble = lambda: None
    ) -> None:
        """Begin to answer.

        Args:
            address: host and port; port 0 takes a free one.
            collector: gives the metrics.
            trouble: asked at each /readyz.
            hung: asked at each /healthz; what only a restart ends.

        Raises:
            SettingsError: the address is taken or not of this machine.
        """
        registry = CollectorRegistry()
        registry.register(collector)
        try:
            self._server = _Server(address, _answer_with(registry, trouble, hung))
        except (OSError, OverflowError) as error:  # the latter of a port beyond 65535
            told = error.strerror if isinstance(error, OSError) else error
            raise SettingsError(
                f"health.host and health.port: cannot listen on {address[0]}:{address[1]}: {told}"
            ) from error
        self._thread = Thread(target=self._server.serve_forever, name="health", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it answers."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        """Enter."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


def _answer_with(registry: CollectorRegistry, trouble: Trouble, hung: Trouble) -> type[BaseHTTPRequestHandler]:
    class Answer(BaseHTTPRequestHandler):
        timeout = PATIENCE_S

        def do_GET(self) -> None:
            path, _, _ = self.path.partition("?")
            if path == "/healthz":
                self._tell(hung(), "alive")
            elif path == "/readyz":
                self._tell(trouble(), "ready")
            elif path == "/metrics":
                self._say(200, generate_latest(registry), CONTENT_TYPE_LATEST)
            else:
                self._say(404, b"there are /healthz, /readyz and /metrics\n", "text/plain")

        do_HEAD = do_GET  # noqa: N815 - named by the parent; load balancers probe with it

        def _tell(self, wrong: str | None, well: str) -> None:
            self._say(503 if wrong else 200, f"{wrong or well}\n".encode(errors="replace"), "text/plain; charset=utf-8")

        def _say(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
            """Stay quiet: a probe every few seconds is no event."""

    return Answer
