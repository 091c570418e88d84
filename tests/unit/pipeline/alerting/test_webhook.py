"""Alerts posted to a real HTTP server on this machine."""

import json
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pipeline.alerting.post import Receiver
from pipeline.alerting.signature import HEADER, sign, verify
from pipeline.alerting.webhook import WebhookSender, WebhookSettings
from pipeline.clock import ManualClock
from pipeline.dead_letter import decode_dead_letter
from pipeline.errors import LogError, SettingsError
from pipeline.log.base import StartAt, Topic

KEY = "what this test signs with"
NOW_MS = 1_700_000_000_000


@dataclass
class Desk:
    """A receiver: answers with what it is told to, then with 204, and remembers what it got."""

    answers: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    got: list[tuple[str, Any, bytes]] = field(default_factory=list)
    port: int = 0

    @property
    def bodies(self) -> list[bytes]:
        """The bodies, in the order they came."""
        return [body for _, _, body in self.got]


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Serve a desk on a free port."""
    told = Desk()

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.got.append((self.path, self.headers, body))
            self.send_response(told.answers.pop(0) if told.answers else 204)
            for name, value in told.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    told.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield told
    server.shutdown()
    thread.join()
    server.server_close()


Make = Callable[..., WebhookSender]


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that waits in no time."""
    return ManualClock(NOW_MS)


@pytest.fixture
def make_sender(log: Any, desk: Desk, clock: ManualClock) -> Make:
    """Return a function that makes senders to the desk."""

    def make(log: Any = log, **changes: Any) -> WebhookSender:
        url = f"http://user:pass@127.0.0.1:{desk.port}/hook?token=t0ken"
        settings = {"name": "desk", "url": url, "secret": KEY, "attempts": 4, "poll_s": 0.01, "batch": 20}
        settings |= {"start_at": StartAt.EARLIEST, **changes}
        return WebhookSender(log, WebhookSettings(**settings), clock)

    return make


def alert(log: Any, *names: str) -> None:
    """Append alerts of these names."""
    for name in names:
        log.append(Topic.ALERTS, name, json.dumps({"id": name}).encode(), NOW_MS)
    log.flush()


def letters(log: Any) -> list[Any]:
    """Return the dead letters."""
    return [decode_dead_letter(record.value) for record in log.read(Topic.DEAD_LETTERS, 0)]


def test_an_alert_is_posted_as_it_stands_in_the_log(log: Any, desk: Desk, make_sender: Make) -> None:
    """The body is the CloudEvent of the log, its type is said, and the signature fits body and time."""
    alert(log, "a", "b")
    sender = make_sender()
    assert sender.step() == 2
    path, headers, body = desk.got[0]
    assert (path, headers["Content-Type"]) == ("/hook?token=t0ken", "application/cloudevents+json")
    assert headers["Authorization"] == "Basic dXNlcjpwYXNz"
    assert sorted(desk.bodies) == [b'{"id": "a"}', b'{"id": "b"}']
    assert verify(KEY, headers[HEADER], body, NOW_MS // 1000)
    assert sender.counts.delivered == 2


def test_what_was_posted_is_not_posted_again(log: Any, desk: Desk, make_sender: Make) -> None:
    """A sender that comes back goes on where the last one committed; one that did not commit posts again."""
    alert(log, "a")
    first = make_sender()
    first.step()
    first.close()
    alert(log, "b")
    second = make_sender()
    while second.step():
        pass
    second.close()
    assert sorted(desk.bodies) == [b'{"id": "a"}', b'{"id": "b"}']


def test_two_webhooks_both_get_every_alert(log: Any, desk: Desk, make_sender: Make) -> None:
    """Each webhook is a consumer group of its own."""
    alert(log, "a")
    for name in ("desk", "phone"):
        make_sender(name=name).step()
    assert desk.bodies == [b'{"id": "a"}'] * 2


def test_a_receiver_that_is_down_is_tried_again(log: Any, desk: Desk, make_sender: Make, clock: ManualClock) -> None:
    """Busy answers are tried again with growing, jittered waits, each attempt signed anew."""
    desk.answers = [503, 429, 500]
    alert(log, "a")
    sender = make_sender()
    sender.step()
    assert desk.bodies == [b'{"id": "a"}'] * 4
    waited_s = (clock.now_ms() - NOW_MS) / 1000
    assert 0.5 * (0.5 + 1 + 2) <= waited_s <= 0.5 + 1 + 2
    assert (sender.counts.delivered, sender.counts.attempts) == (1, 4)
    assert letters(log) == []


def test_an_alert_that_nobody_takes_is_put_aside(log: Any, desk: Desk, make_sender: Make) -> None:
    """After the last attempt an alert becomes a dead letter, and the next one is posted."""
    desk.answers = [503] * 4
    alert(log, "a")
    sender = make_sender()
    sender.step()
    alert(log, "b")
    sender.step()
    (letter,) = letters(log)
    assert (letter.key, letter.value) == ("a", b'{"id": "a"}')
    assert "webhook 'desk' not taken in 4 attempts: expected 2xx" in letter.reason
    assert letter.webhook == "desk"
    assert desk.bodies[-1] == b'{"id": "b"}'
    assert (sender.counts.exhausted, sender.counts.delivered) == (1, 1)


def test_a_letter_stands_under_the_time_when_it_was_put_aside(
    log: Any, desk: Desk, make_sender: Make, clock: ManualClock
) -> None:
    """However old an alert is, its letter is as young as the refusal, so that a log keeps it for as long as others."""
    alert(log, "a")
    desk.answers = [404]
    clock.advance(40 * 86_400)
    make_sender().step()
    (record,) = log.read(Topic.DEAD_LETTERS, 0)
    assert (record.timestamp_ms, letters(log)[0].timestamp_ms) == (clock.now_ms(), NOW_MS)


@pytest.mark.parametrize("status", [400, 401, 404, 410, 413])
def test_a_refused_alert_is_put_aside_at_once(log: Any, desk: Desk, make_sender: Make, status: int) -> None:
    """An answer that will not change is not asked for again."""
    desk.answers = [status]
    alert(log, "a")
    sender = make_sender()
    sender.step()
    assert (len(desk.got), sender.counts.refused) == (1, 1)
    assert f"refused: expected 2xx from http://127.0.0.1:{desk.port}/***, but found {status}" in letters(log)[0].reason


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(log: Any, desk: Desk, make_sender: Make, status: int) -> None:
    """A signed alert goes to the receiver that was named and to nobody that it names."""
    desk.answers, desk.headers = [status], {"Location": f"http://127.0.0.1:{desk.port}/elsewhere"}
    alert(log, "a")
    make_sender().step()
    assert [path for path, _, _ in desk.got] == ["/hook?token=t0ken"]
    assert "redirects are not followed" in letters(log)[0].reason


def test_secrets_are_in_no_text(log: Any, desk: Desk, make_sender: Make, caplog: pytest.LogCaptureFixture) -> None:
    """Neither logs, dead letters nor reprs show the secret, the password or the token of the URL."""
    desk.answers = [503, 404]
    alert(log, "a", "b")
    caplog.set_level(logging.DEBUG)
    sender = make_sender(attempts=1)
    sender.step()
    settings = WebhookSettings("desk", "https://user:pass@host/hook?token=t0ken", KEY)
    receiver = Receiver.parse(settings.url)
    said = [caplog.text, str(settings), repr(receiver), str(receiver), *(letter.reason for letter in letters(log))]
    assert len(letters(log)) == 2
    for secret in (KEY, "user", "pass", "t0ken", "/hook"):
        assert not [text for text in said if secret in text]


def test_a_dead_port_is_an_attempt_like_any_other(log: Any, make_sender: Make) -> None:
    """Where nobody listens, the alert is tried and put aside; the sender lives on."""
    alert(log, "a")
    sender = make_sender(url="http://127.0.0.1:9/", attempts=2)
    sender.step()
    assert (sender.counts.attempts, sender.counts.exhausted) == (2, 1)
    assert "no answer from http://127.0.0.1:9/***: ConnectionRefusedError" in letters(log)[0].reason


@pytest.mark.parametrize(
    "url",
    ["ftp://host/", "host/path", "https:///path", "http://[::1", "http://h:port/", "http://h/a b", "http://h/ä?b"],
)
def test_a_wrong_url_is_refused_without_being_repeated(make_sender: Make, url: str) -> None:
    """A URL that cannot be posted to is a settings error that does not show it."""
    with pytest.raises(SettingsError, match="webhook's url") as raised:
        make_sender(url=url)
    assert url not in str(raised.value)


def test_a_webhook_needs_a_secret_and_an_attempt(make_sender: Make) -> None:
    """Posts are always signed, and always tried."""
    for changes in ({"secret": ""}, {"attempts": 0}):
        with pytest.raises(SettingsError, match="webhook 'desk' needs"):
            make_sender(**changes)


def test_a_failing_log_is_tried_again(log: Any, desk: Desk, make_sender: Make) -> None:
    """Where the log is away for a moment, nothing is lost; what was posted and not committed is posted again."""

    class Once:
        """A log whose first flush fails."""

        def __init__(self) -> None:
            self.left = 1

        def __getattr__(self, name: str) -> Any:
            return getattr(log, name)

        def flush(self, timeout_s: float = 30.0) -> None:
            self.left -= 1
            if self.left == 0:
                raise LogError("the log is away")
            log.flush(timeout_s)

    desk.answers = [404]
    alert(log, "a")
    sender = make_sender(Once())
    sender.step()
    assert sender.counts.log_failures == 1
    assert {letter.key for letter in letters(log)} == {"a"}


def test_stop_does_not_wait_for_the_last_attempt(log: Any, desk: Desk, make_sender: Make) -> None:
    """A sender whose receiver is away ends when told, and the alert is posted by the next one."""
    desk.answers = [503] * 3
    alert(log, "a")
    sender = make_sender(attempts=1000)
    sender.stop()
    with pytest.raises(Exception, match="503"):
        sender.step()
    sender.close()
    assert len(desk.got) == 1
    desk.answers = []
    make_sender().step()
    assert len(desk.got) == 2


def test_a_signature_holds_for_its_time_and_body_only() -> None:
    """A changed body, another secret, a stale time or a malformed header are not verified."""
    header = sign(KEY, 1000, b"body")
    assert verify(KEY, header, b"body", 1300)
    assert not verify(KEY, header, b"body", 1301)
    assert not verify(KEY, header, b"other", 1000)
    assert not verify("other", header, b"body", 1000)
    for broken in (
        "",
        "t=1000",
        "v1=00",
        "t=x,v1=00",
        "t=²,v1=ü",
        f"t={'9' * 5000},v1=00",
        header.replace("v1=", "v0="),
    ):
        assert not verify(KEY, broken, b"body", 1000)
