"""``lookout deliver`` as a process: webhooks that take alerts, and one that hangs."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.alert import raise_alert
from pipeline.alerting.signature import HEADER, verify
from pipeline.clock import SystemClock
from pipeline.log.base import Topic
from pipeline.log.open import open_log
from pipeline.records import Alert, Match, Origin
from pipeline.wire import encode_alert
from tests.e2e.conftest import Place, wait_until
from tests.e2e.sightings import Cast

if TYPE_CHECKING:
    from tests.e2e.conftest import Start

SIGNING = "what these posts are signed with"


@dataclass
class Desk:
    """A receiver; it answers once ``open`` is set."""

    open: threading.Event
    port: int = 0
    status: int = 204
    got: list[tuple[Any, bytes]] = field(default_factory=list)

    @property
    def alert_ids(self) -> list[str]:
        """The alerts that came."""
        return [json.loads(body)["data"]["alert_id"] for _, body in self.got]


def serve_desk(desk: Desk) -> ThreadingHTTPServer:
    """Serve a desk on a free port."""

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            desk.open.wait()
            desk.got.append((self.headers, body))
            self.send_response(desk.status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.daemon_threads = True
    desk.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server


@pytest.fixture
def desks() -> Iterator[tuple[Desk, Desk]]:
    """Serve a desk that answers and one that hangs."""
    prompt, hanging = Desk(threading.Event()), Desk(threading.Event())
    prompt.open.set()
    servers = [serve_desk(prompt), serve_desk(hanging)]
    yield prompt, hanging
    hanging.open.set()
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def settings(desks: tuple[Desk, Desk], tmp_path: Path) -> Path:
    """Return a settings file that names both desks."""
    path = tmp_path / "site.toml"
    names = zip(("prompt", "hanging"), desks, strict=True)
    tables = (
        f'[webhooks.{name}]\nurl = "http://127.0.0.1:{desk.port}/"\nsecret = "{SIGNING}"\n' for name, desk in names
    )
    path.write_text("\n".join(tables))
    return path


def make_alert(cast: Cast, number: int) -> Alert:
    """Return an alert of the wanted person, who was seen so many milliseconds after the start."""
    match = Match(
        cast.sighting(number, wanted=True), cast.entry(), 0.75, 0.5, f"lookout.sightings[0]@{number}", "nobody"
    )
    return raise_alert(match, Origin.LIVE, cast.started_at_ms)


def test_a_webhook_that_hangs_delays_no_other(
    start: "Start", place: Place, settings: Path, desks: tuple[Desk, Desk]
) -> None:
    """Alerts reach one webhook, signed, while another does not answer; SIGTERM ends both with 0."""
    prompt, hanging = desks
    cast = Cast.now()
    alerts = [make_alert(cast, number) for number in range(5)]
    with open_log(place.log) as log:
        delivery = start("--config", settings, *place.options, "deliver").wait_ready()
        for alert in alerts:
            log.append(Topic.ALERTS, alert.alert_id, encode_alert(alert), alert.captured_at_ms)
        log.flush()
        wait_until(lambda: len(prompt.got) == len(alerts), "all alerts to be posted")
    assert set(prompt.alert_ids) == {alert.alert_id for alert in alerts}
    headers, body = prompt.got[-1]
    assert verify(SIGNING, headers[HEADER], body, SystemClock().now_ms() // 1000)
    assert hanging.got == []
    told = delivery.ask("/metrics")[1]
    assert 'lookout_deliver_delivered_total{webhook="hanging"} 0.0' in told
    hanging.open.set()
    wait_until(lambda: set(hanging.alert_ids) == set(prompt.alert_ids), "the hanging desk to catch up")
    assert delivery.terminate() == 0
    assert SIGNING not in delivery.output + told
