"""The metrics of the services, as Prometheus reads them; docs/operations.md has a row for each."""

from collections.abc import Callable, Mapping, Sequence

from prometheus_client.registry import Collector

from pipeline.health import CountsCollector, LabelledCountsCollector
from pipeline.services import match
from pipeline.services.base import Service
from pipeline.services.deliver import DeliverService

READY = "ready"  # 1 while nothing troubles the service


def matcher_metrics(service: Service) -> Sequence[Collector]:
    """Return what gives the metrics of a matcher."""
    return [CountsCollector("matcher", _counts_of(service), match.GAUGES | {READY})]


def webhook_metrics(service: DeliverService) -> Sequence[Collector]:
    """Return what gives the metrics of the delivery, each webhook apart."""
    return [
        CountsCollector("deliver", lambda: {READY: float(service.trouble is None)}, frozenset({READY})),
        LabelledCountsCollector("deliver", "webhook", lambda: service.counts_by_webhook),
    ]


def _counts_of(service: Service) -> Callable[[], Mapping[str, float]]:
    return lambda: {**service.counts, READY: float(service.trouble is None)}
