"""How cameras fare, as Prometheus reads it."""

from collections.abc import Mapping
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.registry import Collector

from pipeline.batching.roster import Reading
from pipeline.camera import Camera
from pipeline.health import Collectors
from pipeline.log.sqlite import SqliteLog
from pipeline.records import CaptureClock
from pipeline.services.camera_gauges import STATES, CameraGauges
from pipeline.services.ingest import IngestPorts, IngestService, ingest_metrics
from pipeline.source import SourceState, SourceStatus
from tests.unit.pipeline.batching.running import running
from tests.unit.pipeline.batching.stage import Everywhere, Film, Mean, frame, people, picture
from tests.waiting import until


def reading(state: str, spread_ms: int | None = None, skew_ms: int | None = None) -> Reading:
    """Return how a camera is read, whose reason holds what must not be told."""
    status = SourceStatus(SourceState(state), spread_ms=spread_ms, skew_ms=skew_ms)
    return Reading(state, "rtsp://me:hunter2@door/1 is away", 7, {}, status)


def samples(collector: Collector) -> Mapping[str, float]:
    """Return the samples as they are exposed."""
    registry = CollectorRegistry()
    registry.register(collector)
    lines = generate_latest(registry).decode().splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}


def test_a_camera_is_in_one_of_its_states() -> None:
    """Each camera has a sample for every state, of which the present one is 1; no camera, no sample."""
    readings = {"gate": reading("live"), "yard": reading("failed")}
    told = samples(CameraGauges(lambda: readings, lambda _: None))
    assert told == {
        f'lookout_ingest_camera_state{{camera="{key}",state="{state}"}}': float(each.state == state)
        for key, each in readings.items()
        for state in STATES
    }
    assert samples(CameraGauges(dict, lambda _: None)) == {}


def test_how_far_a_cameras_times_may_be_off_is_told_while_it_is_live() -> None:
    """Age, spread and skew are in seconds, and are of live cameras of which somebody knows them."""
    readings = {"gate": reading("live", 120, -4500), "yard": reading("live"), "away": reading("stalled", 900, 700)}
    told = samples(CameraGauges(lambda: readings, {"gate": 250.0, "away": 9000.0}.get))
    assert {name: value for name, value in told.items() if "_state{" not in name} == {
        'lookout_ingest_camera_frame_age_s{camera="gate"}': 0.25,
        'lookout_ingest_camera_clock_spread_s{camera="gate"}': 0.12,
        'lookout_ingest_camera_clock_skew_s{camera="gate"}': -4.5,
    }


def test_what_the_service_watches_is_told_without_addresses(tmp_path: Path) -> None:
    """A watched camera's state and age come from the running service; no address and no reason is a label."""
    frames = [frame("gate", index, image=picture(), clock=CaptureClock.WALL) for index in range(3)]
    cameras = {"gate": Camera("gate", "rtsp://me:hunter2@door/1")}
    with SqliteLog(tmp_path / "log.db") as log:
        ports = IngestPorts(lambda: cameras, lambda _: Film("gate", frames, live=True), log)
        service = IngestService(ports, Everywhere(people((40, 20, 80, 110))), Mean())
        with running(service):
            collector = Collectors(ingest_metrics(service))
            until(lambda: 'lookout_ingest_camera_frame_age_s{camera="gate"}' in samples(collector))
            told = samples(collector)
    assert told['lookout_ingest_camera_state{camera="gate",state="live"}'] == 1.0
    assert told['lookout_ingest_camera_frame_age_s{camera="gate"}'] > 0.0
    assert not [name for name in told if "door" in name or "hunter2" in name]
