"""Every metric that a service can expose has a row in docs/operations.md, and no row is of a metric that is gone."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from pipeline.alerting.webhook import WebhookCounts
from pipeline.camera import Camera
from pipeline.log.open import open_log
from pipeline.matching.counts import MatcherCounts
from pipeline.services.deliver import DeliverService
from pipeline.services.ingest import IngestPorts, IngestService, ingest_metrics
from pipeline.services.match import MatchService
from pipeline.services.metrics import matcher_metrics, webhook_metrics
from pipeline.source import SourceState, SourceStatus
from tests.unit.pipeline.batching.running import running
from tests.unit.pipeline.batching.stage import Everywhere, Film, Mean, people
from tests.waiting import until

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"
ROW = re.compile(r"^\| `(lookout_[a-z0-9_A-Z]+)` \|", re.MULTILINE)
VARYING = {  # what stands for several names in a row
    re.compile(r"^lookout_ingest_cameras_[a-z_]+$"): "lookout_ingest_cameras_STATE",
    re.compile(r"^lookout_ingest_dropped_[a-z_]+_total$"): "lookout_ingest_dropped_REASON_total",
}


class Sender:
    """A webhook's sender that has done nothing."""

    counts = WebhookCounts()
    trouble = None


class QuietMatcher:
    """A matcher that has done nothing."""

    counts = MatcherCounts()
    trouble = None


class Watchlist:
    """A watchlist at its first revision."""

    revision = 1
    damaged = ()
    trouble = None

    def __call__(self) -> "Watchlist":
        """Return itself."""
        return self


class Watched(Film):
    """A camera that tells how it fares, and gives no frame."""

    status = SourceStatus(SourceState.LIVE)


@pytest.fixture
def collectors(tmp_path: Path) -> Iterator[Sequence[Collector]]:
    """Return what gives the metrics of every service."""
    sender: Any = Sender()
    matcher: Any = QuietMatcher()
    watchlist: Any = Watchlist()
    cameras = {"gate": Camera("gate", "rtsp://gate.example/live")}
    with open_log(f"sqlite:///{tmp_path / 'log.db'}") as log:
        ports = IngestPorts(lambda: cameras, lambda _: Watched("gate", [], live=True), log)
        ingest = IngestService(ports, Everywhere(people()), Mean())
        with running(ingest):
            until(lambda: any(each.status is not None for each in ingest.readings.values()))
            yield [
                *matcher_metrics(MatchService(matcher, watchlist)),
                *webhook_metrics(DeliverService({"desk": sender})),
                *ingest_metrics(ingest),
            ]


def exposed(metric: Metric) -> str:
    """Return a metric's name as Prometheus shows it, or what stands for it in a row."""
    name = f"{metric.name}_total" if metric.type == "counter" else str(metric.name)
    return next((row for pattern, row in VARYING.items() if pattern.match(name)), name)


def test_every_metric_is_explained(collectors: Sequence[Collector]) -> None:
    """The metrics that services expose and the rows of docs/operations.md are the same."""
    found = {exposed(metric) for collector in collectors for metric in collector.collect()}
    rows = ROW.findall(OPERATIONS.read_text(encoding="utf-8"))
    assert len(rows) == len(set(rows))
    assert found == set(rows)
