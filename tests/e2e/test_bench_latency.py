"""``lookout bench latency``: from frames to alerts on a log that may be a site's."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from pipeline.alert import raise_alert
from pipeline.bench.latency import bench_latency
from pipeline.cli import app
from pipeline.errors import SettingsError
from pipeline.log.base import Topic
from pipeline.log.open import open_log
from pipeline.records import Match, Origin
from pipeline.store.open import open_alerts
from tests.e2e.sightings import Cast

if TYPE_CHECKING:
    from tests.contract.services.kafka_broker import KafkaBroker


@pytest.mark.slow
def test_alerts_are_timed_and_nothing_is_left_behind(kafka_topics: str, kafka_broker: "KafkaBroker") -> None:
    """The report has the percentiles in order; the site's own topics stay empty, and those of the bench are gone."""
    before = kafka_broker.topics()
    ended = CliRunner().invoke(app, ["bench", "latency", kafka_topics, "--seconds", "12", "--json"])
    assert ended.exit_code == 0, ended.output
    report = json.loads(ended.stdout)
    assert report["alerts"] > 0
    assert 0.0 < report["p50_s"] <= report["p95_s"] <= report["p99_s"] <= report["max_s"]
    assert set(kafka_broker.topics()) - {"__consumer_offsets"} == set(before) - {"__consumer_offsets"}
    with open_log(kafka_topics) as log:
        assert [record for topic in Topic for record in log.read(topic, 0)] == []


def test_a_store_with_alerts_is_left_alone(tmp_path: Path) -> None:
    """A store that holds a site's alerts is refused before anything is written."""
    cast, address = Cast.now(), f"sqlite:///{tmp_path / 'site.db'}"
    with open_alerts(address) as alerts:
        match = Match(cast.sighting(0, wanted=True), cast.entry(), 0.75, 0.5, "lookout.sightings[0]@0", "nobody")
        alerts.upsert(raise_alert(match, Origin.LIVE, cast.started_at_ms))
    with pytest.raises(SettingsError, match="name an empty database"):
        bench_latency(f"sqlite:///{tmp_path}", address)
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == []
