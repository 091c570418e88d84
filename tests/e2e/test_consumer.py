"""The example of an independent consumer, as it stands in examples/, against a real broker."""

import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import IO

from kafka.admin import KafkaAdminClient

from pipeline.alert import raise_alert
from pipeline.log.base import Topic
from pipeline.log.open import open_log
from pipeline.records import Match, Origin
from pipeline.wire import encode_alert
from tests.e2e.conftest import wait_until
from tests.e2e.sightings import Cast

EXAMPLE = Path(__file__).parents[2] / "examples" / "consume_alerts.py"


def test_the_example_prints_and_commits_every_alert(kafka_topics: str) -> None:
    """Alerts that were there and those that come are printed, and then committed for the example's own group."""
    cast = Cast.now()
    earlier, later = ({f"person {number}" for number in numbers} for numbers in (range(3), range(3, 5)))
    publish(kafka_topics, cast, earlier)
    found: set[str] = set()
    servers = kafka_topics.removeprefix("kafka://")
    command = [sys.executable, str(EXAMPLE), servers]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as example,
        KafkaAdminClient(bootstrap_servers=servers) as admin,
    ):
        reading = threading.Thread(target=collect, args=(example.stdout, found), daemon=True)
        reading.start()
        try:
            wait_until(lambda: found == earlier, "the example to print the alerts that were there")
            publish(kafka_topics, cast, later)
            wait_until(lambda: found == earlier | later, "the example to print the alerts that came")
            wait_until(lambda: committed(admin) == len(found), "the example to commit")
        finally:
            example.kill()
            reading.join()


def committed(admin: KafkaAdminClient) -> int:
    """Return how many alerts the example's group has dealt with."""
    return sum(place.offset for place in admin.list_group_offsets(["my-alerts"])["my-alerts"].values())


def test_the_example_is_twenty_lines() -> None:
    """What it takes to take part fits into twenty lines, and needs kafka-python alone."""
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 20
    assert {line for line in lines if line.startswith(("import ", "from "))} == {
        "import json",
        "import sys",
        "from kafka import KafkaConsumer",
    }


def publish(address: str, cast: Cast, descriptions: set[str]) -> None:
    """Append an alert of each description."""
    with open_log(address) as log:
        for number, description in enumerate(sorted(descriptions)):
            entry = replace(cast.entry(description), description=description)
            match = Match(
                cast.sighting(number, wanted=True), entry, 0.75, 0.5, f"lookout.sightings[0]@{number}", "nobody"
            )
            alert = raise_alert(match, Origin.LIVE, cast.started_at_ms)
            log.append(Topic.ALERTS, alert.alert_id, encode_alert(alert), alert.captured_at_ms)
        log.flush()


def collect(stdout: IO[str], found: set[str]) -> None:
    """Take the description out of each line."""
    for line in stdout:
        found.add(line.rstrip().rpartition("0.750 ")[2])
