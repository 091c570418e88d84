"""``lookout topics``, on SQLite and on a real broker."""

import json
import time
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.log.base import Topic
from pipeline.log.open import open_log
from pipeline.log.shapes import SHAPES


def run(*arguments: str) -> str:
    """Return what a command printed; its own errors come out as they were raised."""
    result = CliRunner().invoke(app, list(arguments))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0
    return result.stdout


def listed(log: str) -> dict[str, Any]:
    """Return what ``topics list --json`` says, by topic."""
    lines = run("--log", log, "topics", "list", "--json").splitlines()
    return {told["topic"]: told for told in map(json.loads, lines)}


def fill(log_address: str, at_ms: int) -> None:
    """Append three sightings a second apart."""
    with open_log(log_address) as log:
        for number in range(3):
            log.append(Topic.SIGHTINGS, f"camera-{number}", b"a sighting", at_ms + number * 1000)
        log.flush()


def test_topics_of_a_file_come_by_themselves(tmp_path: Path) -> None:
    """On SQLite there is nothing to create, and the list tells records and their times."""
    log = f"sqlite:///{tmp_path}/log.db"
    assert "nothing to do" in run("--log", log, "topics", "create")
    fill(log, 1_700_000_000_000)
    told = listed(log)
    assert set(told) == set(Topic)
    sightings = told[Topic.SIGHTINGS]
    assert (sightings["partitions"], sightings["records"]) == (1, 3)
    assert (sightings["oldest_ms"], sightings["newest_ms"]) == (1_700_000_000_000, 1_700_000_002_000)
    assert told[Topic.ALERTS]["newest_ms"] is None
    assert "2023-11-14 22:13:20" in run("--log", log, "topics", "list")


def test_topics_of_a_broker_are_made_once(kafka_topics: str) -> None:
    """Creating again changes nothing and says so; the list tells shape, records and times."""
    assert run("--log", kafka_topics, "topics", "create").count("was there") == len(SHAPES)
    at_ms = time.time_ns() // 1_000_000
    fill(kafka_topics, at_ms)
    told = listed(kafka_topics)
    for topic, shape in SHAPES.items():
        found = told[topic]
        assert (found["partitions"], found["compacted"]) == (shape.partitions, shape.compacted)
        assert shape.compacted or found["retention_h"] == shape.retention_h
    sightings = told[Topic.SIGHTINGS]
    assert (sightings["records"], sightings["oldest_ms"], sightings["newest_ms"]) == (3, at_ms, at_ms + 2000)
    assert "the newest of each key" in run("--log", kafka_topics, "topics", "list")


def test_a_topic_that_is_not_there_is_listed_as_such(kafka_topics: str) -> None:
    """A missing topic is listed with no partitions, with the command that makes it; making it says which was made."""
    from kafka.admin import KafkaAdminClient

    from tests.e2e.conftest import wait_until

    with KafkaAdminClient(bootstrap_servers=kafka_topics.removeprefix("kafka://")) as admin:
        admin.delete_topics([Topic.DEAD_LETTERS])
        wait_until(lambda: Topic.DEAD_LETTERS not in admin.list_topics(), "the topic to be gone")
    assert listed(kafka_topics)[Topic.DEAD_LETTERS]["partitions"] == 0
    assert "not there; lookout topics create makes it" in run("--log", kafka_topics, "topics", "list")
    made = [json.loads(line) for line in run("--log", kafka_topics, "topics", "create", "--json").splitlines()]
    assert [each["topic"] for each in made if each["created"]] == [Topic.DEAD_LETTERS]
