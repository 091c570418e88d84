"""Matchers killed, brokers and servers stopped, in the middle of a stream: nothing is lost, nothing told twice."""

import gc
import logging
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest

from pipeline.errors import StoreError
from pipeline.log.base import Topic
from pipeline.records import WatchlistEntry
from pipeline.store.base import WatchlistStore
from pipeline.store.open import open_watchlist
from tests.contract.services.kafka_broker import KafkaBroker
from tests.contract.services.programs import Server
from tests.contract.services.redis import RedisServer
from tests.e2e.conftest import Place, wait_until
from tests.e2e.stream import CAMERAS, Crowd, Group, Stream, check_alerts

if TYPE_CHECKING:
    from tests.e2e.conftest import Start

# kafka-python lets sockets go unclosed that found nobody listening.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

KILLS = 20
AWAY_S = 60.0  # longer than any client of the log waits for an answer or holds on to a record
SLOW_S = 180.0
SIGHTINGS, RAISED = "lookout_matcher_sightings_total", "lookout_matcher_raised_total"
GROUP = "lookout-matcher-faults"
SMALL = {"LOOKOUT_MATCH_GROUP": GROUP, "LOOKOUT_MATCH_BATCH": "5"}  # many steps to be killed between


@pytest.fixture(autouse=True)
def _collected(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """See those sockets off while their warning is expected."""
    caplog.set_level(logging.CRITICAL, "kafka")  # what pytest remembers of it would keep them open
    yield
    gc.collect()


@pytest.fixture
def crowd(at_scale: Place) -> Crowd:
    """Return a crowd, two of whose kinds are on the watchlist: one each time, one with a cooldown."""
    crowd = Crowd.of_late()
    with open_watchlist(at_scale.store) as watchlist:
        watchlist.put(crowd.wanted(0))
        watchlist.put(crowd.wanted(1, cooldown_s=300.0))
    return crowd


def all_matched(group: Group) -> None:
    """Wait until the group has committed every sighting."""
    wait_until(lambda: group.behind(Topic.SIGHTINGS) == 0, "every sighting to be matched and committed", SLOW_S)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_matcher_killed_again_and_again_loses_nothing(
    start: "Start", at_scale: Place, crowd: Crowd, kafka_broker: KafkaBroker, tmp_path: Path
) -> None:
    """Killed twenty times at moments of chance, matchers raise the alerts of an undisturbed run, each under one id."""
    chance, group = random.Random(3), Group(kafka_broker, GROUP)
    with Stream(at_scale.log, crowd, 12.0) as stream:
        for kill in range(KILLS):
            matcher = start(*at_scale.options, "match", **SMALL)
            if kill % 4:  # every fourth dies as it starts
                matcher.wait_metric(SIGHTINGS, 1)
            time.sleep(chance.uniform(0.0, 0.5 if kill % 4 else 3.0))
            matcher.kill()
            group.bury()
        stream.end()
        matcher = start(*at_scale.options, "match", **SMALL)
        all_matched(group)
    assert len(check_alerts(at_scale, crowd, stream.sightings, tmp_path / "undisturbed")) > KILLS
    assert matcher.terminate() == 0


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_second_matcher_joins_and_leaves(
    start: "Start", at_scale: Place, crowd: Crowd, kafka_broker: KafkaBroker, tmp_path: Path
) -> None:
    """One matcher shares the stream with a second that leaves, and with a third that dies, and no sighting is missed."""
    group = Group(kafka_broker, GROUP)
    with Stream(at_scale.log, crowd, 12.0) as stream:
        first = start(*at_scale.options, "match", **SMALL)
        first.wait_metric(SIGHTINGS, 1)
        second = start(*at_scale.options, "match", **SMALL)
        second.wait_metric(SIGHTINGS, 20)
        assert second.terminate() == 0
        alone = first.metric(SIGHTINGS)
        first.wait_metric(SIGHTINGS, alone + 20)
        third = start(*at_scale.options, "match", **SMALL)
        third.wait_metric(SIGHTINGS, 20)
        third.kill()  # the broker gives its partitions to the first once it has been silent for ten seconds
        every_camera = len(stream.sightings) + 3 * CAMERAS
        wait_until(lambda: len(stream.sightings) >= every_camera, "somebody before every camera")
        stream.end()
        all_matched(group)
    assert len(check_alerts(at_scale, crowd, stream.sightings, tmp_path / "undisturbed")) > 10
    assert first.terminate() == 0


class Editor:
    """Edits entries of the watchlist one after another, each edit until the store has acknowledged it."""

    def __init__(self, store: str, entries: Sequence[WatchlistEntry]) -> None:
        self.edits = 0
        self._store, self._ids = store, [each.entry_id for each in entries]
        self._over = Event()
        with open_watchlist(store) as watchlist:
            for each in entries:
                watchlist.put(each)
        self._thread = Thread(target=self._edit_on, name="editor", daemon=True)
        self._thread.start()

    def _edit_on(self) -> None:
        with open_watchlist(self._store) as watchlist:
            while not self._over.wait(0.01):
                self._edit(watchlist, self._ids[self.edits % len(self._ids)])
                self.edits += 1

    def _edit(self, watchlist: WatchlistStore, entry_id: str) -> None:
        reason = f"edit {self.edits}"
        while True:
            with suppress(StoreError):
                watchlist.edit(entry_id, lambda entry: replace(entry, reason=reason))
                return

    def end(self) -> dict[str, str]:
        """Edit no more; return what the last edit of each entry said."""
        self._over.set()
        self._thread.join()
        return {self._ids[number % len(self._ids)]: f"edit {number}" for number in range(self.edits)}


def restart(server: Server) -> None:
    """Kill a server and start it again with what it holds."""
    server.kill()
    server.start()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_broker_and_store_go_away_and_come_back(
    start: "Start", at_scale: Place, crowd: Crowd, kafka_broker: KafkaBroker, redis_server: RedisServer, tmp_path: Path
) -> None:
    """A broker away for a minute, and a store that dies amid edits and amid alerts, lose no sighting, edit or alert."""
    group, edited = Group(kafka_broker, GROUP), [crowd.wanted(number) for number in range(2, 6)]
    with Stream(at_scale.log, crowd, 12.0) as stream:
        matcher = start(*at_scale.options, "match", **SMALL)
        matcher.wait_metric(RAISED, 3)
        kafka_broker.stop()
        away_until_s = time.monotonic() + AWAY_S
        editor = Editor(at_scale.store, edited)
        for _ in range(2):
            wait_until(lambda before=editor.edits: editor.edits >= before + 20, "edits")
            restart(redis_server)
        wait_until(lambda before=editor.edits: editor.edits >= before + 20, "edits after the last restart")
        last = editor.end()
        matcher.wait_trouble(kafka_broker.bootstrap)
        time.sleep(max(0.0, away_until_s - time.monotonic()))
        kafka_broker.start()
        for _ in range(2):
            before = matcher.metric(RAISED)
            matcher.wait_metric(RAISED, before + 3, SLOW_S)
            restart(redis_server)
        stream.end()
        with open_watchlist(at_scale.store) as watchlist:
            snapshot = watchlist.snapshot()
        assert {each.entry_id: each.reason for each in snapshot.entries if each.entry_id in last} == last
        matcher.wait_metric("lookout_matcher_watchlist_revision", snapshot.revision)
        for number in range(2, 6):  # they match as edited: the alert's id holds the entry's version
            stream.publish(crowd.late(6000 + number, number))
        stream.end()
        all_matched(group)
    alerts = check_alerts(at_scale, crowd, stream.sightings, tmp_path / "undisturbed")
    assert {each.entry_id for each in alerts} >= {each.entry_id for each in edited}
    assert matcher.metric("lookout_matcher_log_failures_total") > 0
    assert matcher.terminate() == 0
