"""The bench of the event log, on small numbers: what it tells, and that it leaves nothing behind."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.bench.log import bench_log
from pipeline.errors import SettingsError

if TYPE_CHECKING:
    from tests.contract.services.kafka_broker import KafkaBroker


def check(report: dict[str, Any]) -> None:
    """See that a report tells both deeds of both sides."""
    assert report["records"] == 20
    assert report["mean_bytes"] > 5_000
    for deed in ("publish", "consume"):
        told = report[deed]
        assert set(told) == {"records_per_s", "bare_records_per_s", "fraction"}
        assert min(told.values()) > 0


def test_the_embedded_log_is_measured_in_a_folder(tmp_path: Path) -> None:
    """On SQLite both sides write files of their own, which are gone afterwards."""
    check(bench_log(f"sqlite:///{tmp_path}", records=20))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A bench on SQLite wants a folder that is there."""
    with pytest.raises(SettingsError, match="there is none at .*nowhere"):
        bench_log(f"sqlite:///{tmp_path / 'nowhere'}", records=20)


def test_a_broker_is_measured_on_topics_of_the_run(kafka_broker: "KafkaBroker") -> None:
    """On Kafka both sides have a topic of their own, which is gone afterwards; lookout's are not touched."""
    before = set(kafka_broker.topics())
    check(bench_log(kafka_broker.address, records=20))
    kept_by_the_broker_itself = {"__consumer_offsets"}  # made with the first group
    assert set(kafka_broker.topics()) - kept_by_the_broker_itself <= before
