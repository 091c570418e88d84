"""``lookout match`` as a process, on SQLite and on Kafka with Redis."""

import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.log.base import Topic
from pipeline.log.open import open_log
from pipeline.store.base import AlertFilter
from pipeline.store.open import open_alerts, open_watchlist
from pipeline.wire import decode_alert
from tests.e2e.conftest import wait_until
from tests.e2e.sightings import Cast, publish
from tests.e2e.test_deliver import make_alert
from tests.newer import put_newer

if TYPE_CHECKING:
    from tests.e2e.conftest import Place, Start

ROOT = Path(__file__).parents[2]


def test_a_sighting_becomes_an_alert(start: "Start", place: "Place") -> None:
    """What is published is matched with an entry added while the matcher runs; SIGTERM ends it with 0."""
    cast = Cast.now()
    matcher = start(*place.options, "match").wait_ready()
    with open_watchlist(place.store) as watchlist, open_log(place.log) as log, open_alerts(place.store) as alerts:
        revision = watchlist.put(cast.entry())
        matcher.wait_metric("lookout_matcher_watchlist_revision", revision)
        publish(log, *(cast.sighting(number, wanted=number == 2) for number in range(4)))
        matcher.wait_metric("lookout_matcher_sightings_total", 4)
        matcher.wait_metric("lookout_matcher_batches_total", 1)
        (stored,) = alerts.find(AlertFilter())
        told = [decode_alert(record.value) for record in log.read(Topic.ALERTS, 0)]
    assert [alert.tracklet_id for alert in told] == ["gate-2"]
    assert stored.alert_id == told[0].alert_id
    assert matcher.metric("lookout_matcher_raised_total") == 1
    assert matcher.terminate() == 0
    assert matcher.output.splitlines()[-1].endswith("ended as asked")
    assert " INFO kafka" not in matcher.output


def test_a_running_matcher_lets_old_alerts_go(start: "Start", place: "Place") -> None:
    """Without any sighting a matcher takes out of the store what was raised too long ago, and nothing else."""
    cast = Cast.now()
    fresh, old = (make_alert(cast, number) for number in range(2))
    with open_alerts(place.store) as alerts:
        alerts.upsert(fresh)
        alerts.upsert(replace(old, raised_at_ms=old.raised_at_ms - 25 * 3_600_000))
        matcher = start(*place.options, "match", LOOKOUT_ALERTS_KEEP_DAYS="1")
        matcher.wait_metric("lookout_matcher_expired_total", 1)
        assert alerts.ids(AlertFilter()) == [fresh.alert_id]
    assert matcher.terminate() == 0


def test_a_running_matcher_lets_expired_entries_go(start: "Start", place: "Place") -> None:
    """An entry goes a while after it expired, its alerts stay; one that an operator renews is kept."""
    cast = Cast.now()
    hours_ago = {name: cast.started_at_ms - hours * 3_600_000 for name, hours in (("red", 25), ("new", 24), ("due", 1))}
    alert = make_alert(cast, 0)
    with open_watchlist(place.store) as watchlist, open_alerts(place.store) as alerts:
        for entry_id, expires_at_ms in hours_ago.items():
            watchlist.put(replace(cast.entry(entry_id), expires_at_ms=expires_at_ms))
        watchlist.put(cast.entry("always"))
        alerts.upsert(alert)
        renewed = CliRunner().invoke(app, [*place.options, "watch", "edit", "new", "--ttl-h", "24"])
        matchers = [start(*place.options, "match", LOOKOUT_WATCHLIST_KEEP_EXPIRED_DAYS="1") for _ in range(2)]
        entries = "lookout_matcher_expired_entries_total"
        wait_until(lambda: sum(each.metric(entries) for each in matchers) >= 1, "the entry to go")
        snapshot = watchlist.snapshot()
        for matcher in matchers:
            matcher.wait_metric("lookout_matcher_watchlist_revision", snapshot.revision)
        assert [entry.entry_id for entry in snapshot.entries] == ["always", "due", "new"]
        assert sum(each.metric(entries) for each in matchers) == 1
        assert [alert.entry_id for alert in alerts.find(AlertFilter())] == ["red"]
    assert renewed.exit_code == 0
    assert [matcher.terminate() for matcher in matchers] == [0, 0]


def test_an_entry_of_a_newer_version_holds_up_no_other(
    start: "Start", place: "Place", monkeypatch: pytest.MonkeyPatch
) -> None:
    """A running matcher stops matching what it cannot read, counts it, and stays ready for what is added later."""
    cast = Cast.now()
    matcher = start(*place.options, "match").wait_ready()
    with open_watchlist(place.store) as watchlist, open_log(place.log) as log, open_alerts(place.store) as alerts:
        watchlist.put(cast.entry("old"))
        put_newer(monkeypatch, watchlist, cast.entry("old"))
        matcher.wait_metric("lookout_matcher_watchlist_revision", watchlist.put(cast.entry("red")))
        matcher.wait_metric("lookout_matcher_damaged_entries", 1)
        assert matcher.metric("lookout_matcher_ready") == 1
        publish(log, cast.sighting(0, wanted=True))
        matcher.wait_metric("lookout_matcher_batches_total", 1)
        assert [alert.entry_id for alert in alerts.find(AlertFilter())] == ["red"]
        removed = CliRunner().invoke(app, [*place.options, "watch", "remove", "old"])
        wait_until(lambda: matcher.metric("lookout_matcher_damaged_entries") == 0, "the removal to be heard of")
    assert removed.exit_code == 0
    assert matcher.terminate() == 0
    assert matcher.output.count("entry old: expected a record of version 1, but found version 2") == 1


def test_an_erased_alert_stays_erased_when_its_matcher_is_killed(start: "Start", place: "Place") -> None:
    """What was erased after its batch was committed is not in the store again once another matcher has taken over."""
    cast = Cast.now()
    with open_watchlist(place.store) as watchlist, open_log(place.log) as log, open_alerts(place.store) as alerts:
        watchlist.put(cast.entry())
        matcher = start(*place.options, "match").wait_ready()
        for number in range(2):
            publish(log, cast.sighting(number, wanted=True))
            matcher.wait_metric("lookout_matcher_batches_total", number + 1)  # counted once it is committed
        erased = alerts.find(AlertFilter())[0]
        removed = CliRunner().invoke(app, [*place.options, "alerts", "remove", erased.alert_id, "--yes"])
        matcher.kill()
        successor = start(*place.options, "match")
        publish(log, cast.sighting(2, wanted=True))
        successor.wait_metric("lookout_matcher_raised_total", 1)
        successor.wait_metric("lookout_matcher_batches_total", 1)
        assert sorted(alert.tracklet_id for alert in alerts.find(AlertFilter())) == ["gate-0", "gate-2"]
        told = {decode_alert(record.value).tracklet_id for record in log.read(Topic.ALERTS, 0)}
    assert (removed.exit_code, erased.tracklet_id) == (0, "gate-1")
    assert told == {"gate-0", "gate-1", "gate-2"}
    assert successor.terminate() == 0


def test_a_second_signal_ends_at_once(start: "Start", tmp_path: Path) -> None:
    """A matcher that cannot finish its batch, because the store is held by another, ends with the second signal."""
    import sqlite3

    store = tmp_path / "store.db"
    cast = Cast.now()
    address = f"sqlite:///{store}"
    with open_watchlist(address) as watchlist:
        watchlist.put(cast.entry())
    matcher = start("--log", f"sqlite:///{tmp_path / 'log.db'}", "--store", address, "match").wait_ready()
    holder = sqlite3.connect(store, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with open_log(f"sqlite:///{tmp_path / 'log.db'}") as log:
        publish(log, cast.sighting(0, wanted=True))
        wait_until(lambda: any(log.read(Topic.ALERTS, 0)), "the alert to be on the log, so that the store is next")
    matcher.process.send_signal(signal.SIGINT)
    matcher.wait_output("finishing; once more ends at once")
    assert matcher.end(signal.SIGINT) == -signal.SIGINT
    holder.execute("ROLLBACK")
    holder.close()


def test_trouble_is_told_and_passes(start: "Start", tmp_path: Path) -> None:
    """While the store refuses, /readyz says so; afterwards the same sighting becomes an alert."""
    import sqlite3

    store, log_address = tmp_path / "store.db", f"sqlite:///{tmp_path / 'log.db'}"
    cast = Cast.now()
    with open_watchlist(f"sqlite:///{store}") as watchlist:
        watchlist.put(cast.entry())
    matcher = start("--log", log_address, "--store", f"sqlite:///{store}", "match").wait_ready()
    holder = sqlite3.connect(store, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with open_log(log_address) as log:
        publish(log, cast.sighting(0, wanted=True))
    matcher.wait_trouble("another process has held it")
    assert matcher.ask("/healthz")[0] == 200
    assert matcher.metric("lookout_matcher_ready") == 0
    holder.execute("ROLLBACK")
    holder.close()
    matcher.wait_ready()
    matcher.wait_metric("lookout_matcher_raised_total", 1)
    assert matcher.metric("lookout_matcher_store_failures_total") >= 1


def test_the_process_loads_neither_torch_nor_opencv(tmp_path: Path) -> None:
    """A matcher that has matched has imported neither torch nor OpenCV nor ONNX Runtime."""
    script = f"""
import json, os, signal, sys, threading, time
from pipeline.cli import main

def end():
    while getattr(signal.getsignal(signal.SIGTERM), "__module__", "") != "pipeline.services.serving":
        time.sleep(0.05)
    time.sleep(1.0)
    os.kill(os.getpid(), signal.SIGTERM)

threading.Thread(target=end, daemon=True).start()
sys.argv = ["lookout", "--log", "sqlite:///{tmp_path}/a.db", "--store", "sqlite:///{tmp_path}/a.db", "match"]
try:
    main()
finally:
    print(json.dumps(sorted(sys.modules)))
"""
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    loaded = set(json.loads(ended.stdout.splitlines()[-1]))
    assert "pipeline.match" in loaded
    assert not loaded & {"torch", "cv2", "onnxruntime"}


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (("--log", "kafka://127.0.0.1:9", "match"), 9, "nobody answers at kafka://127.0.0.1:9"),
        (("--store", "redis://127.0.0.1:9/0", "match"), 9, "127.0.0.1:9"),
        (("--log", "sqlite:///nowhere/log.db", "match"), 9, "see that the folder nowhere is there"),
        (("deliver",), 2, "name a webhook in the settings"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_what_is_not_there_at_the_start_is_named(
    start: "Start", options: tuple[str, ...], code: int, words: str
) -> None:
    """A service that cannot begin ends with the code of docs/errors.md and says what is missing."""
    service = start(*options)
    assert service.wait() == code
    assert words in service.output
