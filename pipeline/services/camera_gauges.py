"""How each camera fares now, as gauges for Prometheus. A camera is known by its id there, never by its address."""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from pipeline.batching.roster import Reading
from pipeline.source import SourceState

STATES = tuple(sorted(map(str, SourceState)))
_NAME = "lookout_ingest_camera"
_WORDS = "See docs/operations.md."


class CameraGauges(Collector):
    """Reads how the cameras fare when it is asked for metrics: for each of them a sample a state, and three numbers."""

    def __init__(
        self, readings: Callable[[], Mapping[str, Reading]], frame_age_ms: Callable[[str], float | None]
    ) -> None:
        """Remember whom to ask.

        Args:
            readings: returns how the reading of each camera goes that is watched now, by id.
            frame_age_ms: returns how old a camera's frames are once they have been dealt with; None where nobody knows.
        """
        self._readings, self._frame_age_ms = readings, frame_age_ms

    def collect(self) -> Iterator[Metric]:
        """Yield the gauges; nothing while no camera is watched, and no number of a camera that is not live."""
        readings = self._readings()
        if readings:
            yield _states(readings)
            yield from self._numbers({key: each for key, each in readings.items() if each.state == SourceState.LIVE})

    def _numbers(self, live: Mapping[str, Reading]) -> Iterator[Metric]:
        told = {key: each.status for key, each in live.items() if each.status is not None}
        yield _seconds("frame_age_s", {key: self._frame_age_ms(key) for key in live})
        yield _seconds("clock_spread_s", {key: status.spread_ms for key, status in told.items()})
        yield _seconds("clock_skew_s", {key: status.skew_ms for key, status in told.items()})


def _states(readings: Mapping[str, Reading]) -> Metric:
    """Return a state set: of each camera a sample for every state, 1 for the one that it is in and 0 for the others."""
    family = GaugeMetricFamily(f"{_NAME}_state", _WORDS, labels=["camera", "state"])
    for key, reading in readings.items():
        for state in STATES:
            family.add_metric([key, state], float(reading.state == state))
    return family


def _seconds(name: str, values_ms: Mapping[str, float | None]) -> Metric:
    family = GaugeMetricFamily(f"{_NAME}_{name}", _WORDS, labels=["camera"])
    for key, value_ms in values_ms.items():
        if value_ms is not None:
            family.add_metric([key], value_ms / 1000.0)
    return family
