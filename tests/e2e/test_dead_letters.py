"""Dead letters of real services, listed and sent again, on SQLite and on Kafka with Redis."""

import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.clock import SystemClock
from pipeline.dead_letter import DeadLetter
from pipeline.log.base import LogRecord, Topic
from pipeline.log.open import open_log
from pipeline.store.base import AlertFilter
from pipeline.store.open import open_alerts, open_watchlist
from pipeline.wire import encode_alert, encode_sighting
from tests.e2e.conftest import wait_until
from tests.e2e.sightings import Cast, publish
from tests.e2e.test_deliver import SIGNING, Desk, make_alert, serve_desk

if TYPE_CHECKING:
    from tests.e2e.conftest import Place, Start


def call(place: "Place", *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    """Call ``lookout ARGUMENTS --json``; return its exit code and the objects that it printed."""
    result = CliRunner().invoke(app, [*place.options, *arguments, "--json"])
    assert SIGNING not in result.output
    return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()]


def test_alerts_that_a_webhook_refused_are_posted_again(start: "Start", place: "Place", tmp_path: Path) -> None:
    """When a webhook is mended, what it refused reaches it with the same bytes, once, and is listed no more."""
    desk = Desk(threading.Event(), status=404)
    desk.open.set()
    server = serve_desk(desk)
    settings = tmp_path / "site.toml"
    settings.write_text(f'[webhooks.desk]\nurl = "http://127.0.0.1:{desk.port}/"\nsecret = "{SIGNING}"\n')
    cast = Cast.now()
    alerts = [make_alert(cast, number) for number in range(3)]
    delivery = start("--config", settings, *place.options, "deliver").wait_ready()
    with open_log(place.log) as log:
        for alert in alerts:
            log.append(Topic.ALERTS, alert.alert_id, encode_alert(alert), alert.captured_at_ms)
        log.flush()
        wait_until(lambda: len(list(log.read(Topic.DEAD_LETTERS, 0))) == 3, "the alerts to be put aside")
    assert delivery.terminate() == 0
    refused = {body for _, body in desk.got}
    options = ("--config", str(settings), "dead-letters")
    code, listed = call(place, *options, "list")
    assert (code, {each["key"] for each in listed}) == (0, {alert.alert_id for alert in alerts})
    assert {each["webhook"] for each in listed} == {"desk"}
    code, told = call(place, *options, "resend", listed[0]["coordinates"])
    assert (code, [each["sent"] for each in told]) == (1, [False])

    desk.status, desk.got = 204, []
    code, told = call(place, *options, "resend", "--webhook", "desk")
    assert (code, [each["sent"] for each in told]) == (0, [True] * 3)
    assert sorted(body for _, body in desk.got) == sorted(refused)
    assert call(place, *options, "resend", "--all") == call(place, *options, "list") == (0, [])
    assert len(desk.got) == 3
    server.shutdown()
    server.server_close()


def test_a_sighting_that_was_put_aside_becomes_an_alert_after_all(start: "Start", place: "Place") -> None:
    """What can be read now is put back and matched; what cannot be stays, and is put aside once, until it is dismissed."""
    cast = Cast.now()
    foreign = replace(cast.sighting(1, wanted=True), model_id="another-1")
    wanted = cast.sighting(2, wanted=True)
    with open_watchlist(place.store) as watchlist:
        watchlist.put(cast.entry())
    matcher = start(*place.options, "match").wait_ready()
    with open_log(place.log) as log, open_alerts(place.store) as alerts:
        publish(log, foreign)
        log.append(Topic.SIGHTINGS, "gate", b"\xff no sighting", wanted.captured_at_ms)
        newer = LogRecord(Topic.SIGHTINGS, 0, 99, "gate", wanted.captured_at_ms, encode_sighting(wanted))
        told = "expected a sighting of version 1, but found version 2"  # as a matcher of before would have said
        DeadLetter.of(newer, told).append_to(log, SystemClock().now_ms())
        log.flush()
        wait_until(lambda: len(list(log.read(Topic.DEAD_LETTERS, 0))) == 3, "three letters")
        code, outcomes = call(place, "dead-letters", "resend", "--all")
        wait_until(lambda: bool(alerts.ids(AlertFilter())), "the alert")
        (alert,) = alerts.find(AlertFilter())
    assert (code, sorted(each["sent"] for each in outcomes)) == (1, [False, False, True])
    assert alert.tracklet_id == wanted.tracklet_id
    words = " ".join(each["words"] for each in outcomes)
    assert "run ingest and matcher on the same weights" in words
    assert "expected a sighting in msgpack" in words
    code, listed = call(place, "dead-letters", "list")
    assert (code, len(listed)) == (0, 2)
    code, dismissed = call(place, "dead-letters", "dismiss", "--all", "--yes")
    assert (code, {each["coordinates"] for each in dismissed}) == (0, {each["coordinates"] for each in listed})
    assert call(place, "dead-letters", "resend", "--all") == call(place, "dead-letters", "list") == (0, [])
    code, every = call(place, "dead-letters", "list", "--all")
    assert (code, sorted(each["dismissed_at_ms"] is None for each in every)) == (0, [False, False, True])
    assert matcher.terminate() == 0
