"""``lookout deliver`` killed while it posts."""

import json
import random
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.log.base import Topic
from pipeline.log.open import open_log
from pipeline.wire import encode_alert
from tests.e2e.conftest import wait_until
from tests.e2e.sightings import Cast
from tests.e2e.stream import Group
from tests.e2e.test_deliver import Desk, make_alert, serve_desk

if TYPE_CHECKING:
    from tests.contract.services.kafka_broker import KafkaBroker
    from tests.e2e.conftest import Start

ALERTS, KILLS, SLOW_S = 150, 5, 180.0


class Door(threading.Event):
    """Takes a moment to walk through."""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is open, and then a little."""
        opened = super().wait(timeout)
        time.sleep(0.02)
        return opened


def await_posts(desk: Desk, more: int) -> None:
    """Wait until so many more posts have come."""
    goal = len(desk.got) + more
    wait_until(lambda: len(desk.got) >= goal, "posts", SLOW_S)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_alert_arrives_whoever_is_killed(
    start: "Start", kafka_topics: str, kafka_broker: "KafkaBroker", tmp_path: Path
) -> None:
    """Killed five times, between posts and within them, delivery posts every alert, under one event id each."""
    chance, cast, group = random.Random(5), Cast.now(), Group(kafka_broker, "lookout-webhook-desk")
    desk = Desk(Door())
    desk.open.set()
    server = serve_desk(desk)
    url = f"http://127.0.0.1:{desk.port}/"
    (tmp_path / "lookout.toml").write_text(f'[webhooks.desk]\nurl = "{url}"\nsecret = "of the tests"\n')
    alerts = [make_alert(cast, number) for number in range(ALERTS)]
    delivery = start("--log", kafka_topics, "deliver").wait_ready()
    with open_log(kafka_topics) as log:
        for alert in alerts:
            log.append(Topic.ALERTS, alert.alert_id, encode_alert(alert), alert.captured_at_ms)
    for kill in range(KILLS):
        await_posts(desk, chance.randrange(5, 15))
        if kill % 2:
            desk.open.clear()  # a post is under way, and stays so
        time.sleep(chance.uniform(0.0, 0.1))
        delivery.kill()
        desk.open.set()
        group.bury()
        delivery = start("--log", kafka_topics, "deliver")
    wait_until(lambda: group.behind(Topic.ALERTS) == 0, "every alert to be committed", SLOW_S)
    assert delivery.terminate() == 0
    server.shutdown()
    server.server_close()
    ids = defaultdict[str, set[str]](set)
    for _, body in desk.got:
        event = json.loads(body)
        ids[event["data"]["alert_id"]].add(event["id"])
    assert ids.keys() == {alert.alert_id for alert in alerts}
    assert [known for known in ids.values() if len(known) > 1] == []
