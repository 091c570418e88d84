import socket
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest

from pipeline.errors import SettingsError
from pipeline.health import Collectors, CountsCollector, Health, LabelledCountsCollector


class Service:
    """Something that counts, and may be in trouble."""

    def __init__(self) -> None:
        self.trouble: str | None = None
        self.hung: str | None = None
        self.counts = {"raised": 3.0, "lag": 7.0}


@pytest.fixture
def service() -> Service:
    """Return a service that has raised three alerts."""
    return Service()


@pytest.fixture
def health(service: Service) -> Iterator[Health]:
    """Serve its health on a free port."""
    collector = CountsCollector("matcher", lambda: service.counts, frozenset({"lag"}))
    with Health(("127.0.0.1", 0), collector, lambda: service.trouble, lambda: service.hung) as served:
        yield served


def ask(health: Health, path: str, method: str = "GET") -> tuple[int, str]:
    """Return status and body of an answer."""
    connection = HTTPConnection("127.0.0.1", health.port, timeout=5)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_a_service_is_alive(health: Health, service: Service) -> None:
    """/healthz answers as long as the process can, whatever troubles it; 503 once only a restart helps."""
    service.trouble = "the log does not answer"
    assert ask(health, "/healthz") == (200, "alive\n")
    service.hung = "the detector has been at frames of 'gate' for 900 s"
    assert ask(health, "/healthz") == (503, f"{service.hung}\n")


def test_a_probe_may_ask_for_the_head_alone(health: Health, service: Service) -> None:
    """HEAD, with which load balancers probe, has the status of GET and no body."""
    assert ask(health, "/readyz", "HEAD") == (200, "")
    service.trouble = "the log does not answer"
    assert ask(health, "/readyz", "HEAD") == (503, "")
    assert ask(health, "/elsewhere", "HEAD") == (404, "")


def test_whatever_follows_a_question_mark_is_another_matter(health: Health) -> None:
    """A path may have a query, as probes and scrapers add one against caches."""
    assert ask(health, "/healthz?now=1") == (200, "alive\n")
    assert ask(health, "/metrics?name[]=x")[0] == 200


def test_trouble_is_told(health: Health, service: Service) -> None:
    """/readyz is 200 while all is well, and 503 with the reason while it is not."""
    assert ask(health, "/readyz") == (200, "ready\n")
    service.trouble = "the log does not answer"
    assert ask(health, "/readyz") == (503, "the log does not answer\n")


def test_counts_are_metrics(health: Health) -> None:
    """/metrics gives each count under the service's name, counters and gauges told apart."""
    status, told = ask(health, "/metrics")
    assert status == 200
    assert "# TYPE lookout_matcher_raised_total counter" in told
    assert "lookout_matcher_raised_total 3.0" in told
    assert "# TYPE lookout_matcher_lag gauge" in told


def test_other_paths_say_what_there_is(health: Health) -> None:
    """An unknown path names the known ones."""
    status, told = ask(health, "/")
    assert status == 404
    assert "/metrics" in told


def test_a_taken_port_is_named(health: Health) -> None:
    """A port that is in use is an error that names it."""
    with pytest.raises(SettingsError, match=f"127.0.0.1:{health.port}"):
        Health(("127.0.0.1", health.port), CountsCollector("x", dict), lambda: None)


def test_a_port_that_cannot_be_is_named() -> None:
    """A port beyond the last one is a wrong setting, too."""
    with pytest.raises(SettingsError, match=r"health.port: cannot listen on 127.0.0.1:70000: .*0-65535"):
        Health(("127.0.0.1", 70_000), CountsCollector("x", dict), lambda: None)


def test_parts_are_told_apart_by_a_label() -> None:
    """Counts of several parts are one metric each, with a sample for each part, beside the service's own."""
    parts = {"desk": {"delivered": 3.0}, "phone": {"delivered": 1.0, "refused": 2.0}}
    collectors = [CountsCollector("x", lambda: {"ready": 1.0}, frozenset({"ready"}))]
    collector = Collectors([*collectors, LabelledCountsCollector("x", "webhook", lambda: parts)])
    with Health(("127.0.0.1", 0), collector, lambda: None) as served:
        told = ask(served, "/metrics")[1]
    assert told.count("# TYPE lookout_x_delivered_total counter") == 1
    assert 'lookout_x_delivered_total{webhook="desk"} 3.0' in told
    assert 'lookout_x_delivered_total{webhook="phone"} 1.0' in told
    assert 'lookout_x_refused_total{webhook="phone"} 2.0' in told
    assert "lookout_x_ready 1.0" in told


def test_who_connects_and_says_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection without a question is closed after a while, and keeps no thread."""
    monkeypatch.setattr("pipeline.health.PATIENCE_S", 0.1)
    with (
        Health(("127.0.0.1", 0), CountsCollector("x", dict), lambda: None) as served,
        socket.create_connection(("127.0.0.1", served.port), 30.0) as mute,
    ):
        assert mute.recv(1) == b""
        assert ask(served, "/healthz") == (200, "alive\n")


def test_what_keeps_an_answer_back_is_logged(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """An error while a question is answered stands in the log, which hides secrets, and not on standard error."""

    def broken() -> str | None:
        raise RuntimeError("nobody reckoned with this")

    with Health(("127.0.0.1", 0), CountsCollector("x", dict), broken) as served:
        with pytest.raises(OSError):  # noqa: PT011 - however the connection ends
            ask(served, "/readyz")
        assert ask(served, "/healthz") == (200, "alive\n")
    assert "nobody reckoned with this" in caplog.text
    assert capfd.readouterr().err == ""
