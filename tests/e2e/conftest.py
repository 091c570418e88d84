"""Real processes of lookout: started, watched, told to stop or killed, with whatever they wrote at hand."""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.log.shapes import SHAPES
from pipeline.log.topics import create_topics
from tests.contract.services.kafka_broker import KafkaBroker
from tests.contract.services.programs import free_port

if TYPE_CHECKING:
    from tests.contract.services.redis import RedisServer

PATIENCE_S = 60.0  # two busy cores are slow
_ROOT = Path(__file__).parents[2]
_LOOK_S = 0.05


def wait_until(holds: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> None:
    """Return once a condition holds; fail, saying what was waited for, when it never does."""
    until_s = time.monotonic() + patience_s
    while not holds():
        if time.monotonic() > until_s:
            pytest.fail(f"waited {patience_s:g} s for {what}")
        time.sleep(_LOOK_S)


class Lookout:
    """A running ``lookout COMMAND``, with a health endpoint of its own; everything it writes goes to ``output``."""

    def __init__(self, arguments: tuple[str, ...], folder: Path, environment: Mapping[str, str]) -> None:
        self.arguments = arguments
        self.port = free_port()
        self._out = folder / f"lookout-{self.port}.log"
        told = {"LOOKOUT_HEALTH_HOST": "127.0.0.1", "LOOKOUT_HEALTH_PORT": str(self.port), "PYTHONPATH": str(_ROOT)}
        clean = {name: value for name, value in os.environ.items() if not name.startswith("LOOKOUT_")}
        command = [sys.executable, "-m", "pipeline.cli", *arguments]
        with self._out.open("ab") as out:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                env={**clean, **told, **environment},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    @property
    def output(self) -> str:
        """What it has written so far, standard output and error together."""
        return self._out.read_text(encoding="utf-8", errors="replace")

    def ask(self, path: str) -> tuple[int, str]:
        """Return status and body of an answer of its health endpoint; status 0 when nobody answers."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()

    def wait_ready(self, patience_s: float = PATIENCE_S) -> "Lookout":
        """Return once /readyz says ready; fail with its output when it ends or never is."""
        self._await(lambda: self.ask("/readyz")[0] == 200, "is not ready", patience_s)
        return self

    def wait_trouble(self, words: str, patience_s: float = PATIENCE_S) -> None:
        """Return once /readyz is 503 and says these words."""
        self._await(lambda: self._troubled_by(words), f"never told of {words!r}", patience_s)

    def _troubled_by(self, words: str) -> bool:
        status, told = self.ask("/readyz")
        return status == 503 and words in told

    def wait_output(self, words: str, patience_s: float = PATIENCE_S) -> None:
        """Return once it has written these words."""
        self._await(lambda: words in self.output, f"never wrote {words!r}", patience_s)

    def wait_metric(self, name: str, least: float, patience_s: float = PATIENCE_S) -> None:
        """Return once a metric has reached a value."""
        self._await(lambda: self.metric(name) >= least, f"never had {name} at {least:g}", patience_s)

    def metric(self, name: str) -> float:
        """Return the sum of a metric's samples, 0 where there is none; counters end in ``_total``."""
        lines = (line for line in self.ask("/metrics")[1].splitlines() if not line.startswith("#"))
        samples = (line.rpartition(" ") for line in lines)
        return sum(float(value) for sample, _, value in samples if sample.partition("{")[0] == name)

    def _await(self, holds: Callable[[], bool], what: str, patience_s: float) -> None:
        until_s = time.monotonic() + patience_s
        while not holds():
            ended = self.process.poll() is not None
            if ended or time.monotonic() > until_s:
                how = f"ended with {self.process.returncode}" if ended else f"waited {patience_s:g} s"
                pytest.fail(f"lookout {' '.join(self.arguments)} {what} ({how}); it wrote:\n{self.output[-4000:]}")
            time.sleep(_LOOK_S)

    def terminate(self, patience_s: float = PATIENCE_S) -> int:
        """Send SIGTERM, and return the exit code."""
        return self.end(signal.SIGTERM, patience_s)

    def end(self, number: signal.Signals, patience_s: float = PATIENCE_S) -> int:
        """Send a signal, and return the exit code: negative where the signal itself ended the process."""
        self.process.send_signal(number)
        return self.wait(patience_s)

    def wait(self, patience_s: float = PATIENCE_S) -> int:
        """Return the exit code once it has ended; fail with its output when it does not."""
        try:
            return self.process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.kill()
            pytest.fail(f"lookout {' '.join(self.arguments)} does not end; it wrote:\n{self.output[-4000:]}")

    def kill(self) -> None:
        """End it without a word."""
        self.process.kill()
        self.process.wait()


Start = Callable[..., Lookout]


@dataclass(frozen=True)
class Place:
    """Where a site keeps what it knows."""

    log: str
    store: str

    @property
    def options(self) -> tuple[str, ...]:
        """The options before a command."""
        return ("--log", self.log, "--store", self.store)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Return a function that starts ``lookout ARGUMENTS`` in the test's folder; what still runs at the end is killed.

    The matchers of a test are one group, which no matcher that an earlier test has killed still belongs to.
    """
    started: list[Lookout] = []
    group = {"LOOKOUT_MATCH_GROUP": f"lookout-matcher-{secrets.token_hex(4)}"}

    def begin(*arguments: object, **environment: str) -> Lookout:
        started.append(Lookout(tuple(map(str, arguments)), tmp_path, {**group, **environment}))
        return started[-1]

    yield begin
    for each in started:
        if each.process.poll() is None:
            each.kill()


@pytest.fixture
def kafka_topics(kafka_broker: KafkaBroker) -> str:
    """Return the address of a broker that has lookout's topics, all of them empty."""
    from kafka.admin import KafkaAdminClient

    with KafkaAdminClient(bootstrap_servers=kafka_broker.bootstrap) as admin:
        there = set(kafka_broker.topics()) & set(SHAPES)
        if there:
            admin.delete_topics(sorted(there))
            wait_until(lambda: not set(admin.list_topics()) & there, "the topics to be gone")
    create_topics(kafka_broker.address)
    return kafka_broker.address


@pytest.fixture
def at_scale(kafka_topics: str, redis_server: "RedisServer") -> Place:
    """Return an empty log of several partitions and an empty store, on a Kafka broker and a Redis server."""
    redis_server.empty()
    return Place(kafka_topics, redis_server.url)


@pytest.fixture(params=["embedded", "at-scale"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Return an empty log and store: one SQLite file, then a Kafka broker with a Redis server."""
    if request.param == "embedded":
        address = f"sqlite:///{tmp_path / 'site.db'}"
        return Place(address, address)
    found: Place = request.getfixturevalue("at_scale")
    return found
