"""How long it takes from a frame to the alert that it raises, as a consumer of the alerts sees it.

Cameras that show a drawn street at its own pace are watched, matched with an entry that everybody fits, and alerted on,
in one process as ``lookout run`` does it. The clock starts when a frame is captured, the first of somebody that is good
enough to be embedded, and stops when a consumer of the alerts has polled the alert.
"""

import os
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Timer
from typing import Any

import numpy as np

from detectors.open import COMPACT, open_detector
from pipeline.address import log_scheme, store_scheme
from pipeline.bench.own_topics import RenamedLog, own_topics
from pipeline.bench.simulated import Image, SimulatedSource
from pipeline.camera import Camera
from pipeline.clock import SystemClock
from pipeline.errors import LogError, SettingsError
from pipeline.log.base import EventLog, Topic
from pipeline.log.open import open_log
from pipeline.match import Matcher, MatcherPorts, MatcherSettings
from pipeline.records import WatchlistEntry
from pipeline.scene.scene import Scene, SceneCamera, SceneSettings
from pipeline.services.ingest import IngestPorts, IngestService, IngestServiceSettings
from pipeline.services.together import Together
from pipeline.settings import network_threads
from pipeline.store.base import AlertFilter, AlertStore
from pipeline.store.open import open_alerts
from pipeline.threshold.background import FILE_NAME, Background
from pipeline.watchlist import WatchlistMatrix
from pipeline.wire import decode_alert
from reid.card import SHIPPED_WEIGHTS
from reid.embedder import Embedder
from reid.providers import as_provider

TARGET_S = 2.0  # from the first good crop to the alert
FPS = 5.0  # as a site's cameras are looked at by default
_STREET = SceneSettings(walkers=12, duration_s=20.0, fps=FPS)
_WARM_MS = 3000  # frames so soon after the beginning meet parts that are still connecting, and do not count
_POLL_S = 0.5


@dataclass(frozen=True, slots=True)
class LatencySettings:
    """What is watched, and for how long."""

    cameras: int = 1
    seconds: float = 60.0
    provider: str = "auto"  # of detector and embedder
    threads: int = 0  # of each; 0 for half the cores, as ingest has it


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the alerts of this run go."""

    feed: EventLog  # of ingest and matcher
    reading: EventLog  # of the consumer
    alerts: AlertStore


def bench_latency(log: str, store: str | None, settings: LatencySettings | None = None) -> dict[str, Any]:
    """Measure the time from frames to alerts.

    Args:
        log: address of a Kafka cluster, on which topics are made and dropped again; or ``sqlite:///`` and a folder.
        store: address of a Redis database without alerts, which keeps those of the bench; None for a file beside the
            log's, or with Kafka in the system's folder for such files.
        settings: the defaults where left out.

    Returns:
        Percentiles in s, the share within the target, and what was watched on which machine under which load.

    Raises:
        SettingsError: the store holds alerts already.
        LogError: the log does not answer, or not one alert came.
    """
    settings, clock = settings or LatencySettings(), SystemClock()
    with _place(log, store) as place:
        service, matcher = _chain(place, settings, _draw())
        consumer = _Consumer(place.reading, clock)
        together = Together({"ingest": service, "match": matcher, "consume": consumer})
        timer = Timer(settings.seconds, together.stop)
        timer.start()
        try:
            together.run()
        finally:
            timer.cancel()
    if not consumer.latencies_s:
        raise LogError(f"no alert came within {settings.seconds:g} s; measure for longer")
    counts = service.counts
    return {
        "log": log_scheme(log),
        "store": "sqlite" if store is None else store_scheme(store),
        "cameras": settings.cameras,
        "fps": FPS,
        "seconds": settings.seconds,
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "frames": int(counts["frames"]),
        "frames_dropped": int(sum(value for name, value in counts.items() if name.startswith("dropped_"))),
        "frame_age_p95_s": round(counts["frame_age_p95_s"], 3),
        **_summary(consumer.latencies_s),
    }


def _summary(latencies_s: Sequence[float]) -> dict[str, float]:
    p50, p95, p99 = np.percentile(latencies_s, (50, 95, 99))
    return {
        "alerts": len(latencies_s),
        "p50_s": round(float(p50), 3),
        "p95_s": round(float(p95), 3),
        "p99_s": round(float(p99), 3),
        "max_s": round(max(latencies_s), 3),
        "target_s": TARGET_S,
        "within_target": round(sum(each <= TARGET_S for each in latencies_s) / len(latencies_s), 3),
    }


def _draw() -> list[Image]:
    scene = Scene(3, [SceneCamera("bench", "pavement", "day")], _STREET)
    return [frame.image for frame in scene.frames("bench")]


def _chain(place: _Place, settings: LatencySettings, images: list[Image]) -> tuple[IngestService, Matcher]:
    clock = SystemClock()
    threads = network_threads(settings.threads)
    detector = open_detector(COMPACT, settings.provider, threads=threads)
    embedder = Embedder(provider=as_provider(settings.provider), threads=threads)
    detector.detect(images[:1])
    cameras = {name: Camera(name, "simulated") for name in (f"camera-{n}" for n in range(settings.cameras))}
    ports = IngestPorts(
        lambda: cameras, lambda each: SimulatedSource(each.camera_id, images, clock, FPS), place.feed, clock
    )
    background = Background.read(SHIPPED_WEIGHTS / FILE_NAME)
    matrix = _everybody(background)
    matching = MatcherPorts(place.feed, place.alerts, lambda: matrix, clock)
    group = MatcherSettings(group=f"lookout-bench-{secrets.token_hex(4)}")
    return (
        IngestService(ports, detector, embedder, IngestServiceSettings(motion=None)),
        Matcher(matching, background, group),
    )


def _everybody(background: Background) -> WatchlistMatrix:
    """Return a watchlist of one entry that everybody fits, each time."""
    vector = np.eye(1, background.vectors.shape[1], dtype=np.float32)
    entry = WatchlistEntry(
        "everybody", "anybody", vector[0], background.model_id, -1.0, 0.999, "none", 1, 0, cooldown_s=0.0
    )
    return WatchlistMatrix((entry,), vector, 1)


class _Consumer:
    """Reads alerts as anybody may who is interested in them."""

    def __init__(self, log: EventLog, clock: SystemClock) -> None:
        self.latencies_s: list[float] = []
        self._clock = clock
        self._known = set[str]()
        self._counts_from_ms = clock.now_ms() + _WARM_MS
        self._over = Event()
        self._subscription = log.subscribe([Topic.ALERTS], f"lookout-bench-{secrets.token_hex(4)}")

    def run(self) -> None:
        """Take the time of every alert, once."""
        with self._subscription:
            while not self._over.is_set():
                records = self._subscription.poll(500, _POLL_S)
                now_ms = self._clock.now_ms()
                for alert in (decode_alert(record.value) for record in records):
                    if alert.alert_id not in self._known and alert.captured_at_ms >= self._counts_from_ms:
                        self.latencies_s.append((now_ms - alert.captured_at_ms) / 1000.0)
                    self._known.add(alert.alert_id)

    def stop(self) -> None:
        """End."""
        self._over.set()


@contextmanager
def _place(log: str, store: str | None) -> Iterator[_Place]:
    embedded = log_scheme(log) == "sqlite"
    parent = Path(log.removeprefix("sqlite:///") or ".") if embedded else None
    with tempfile.TemporaryDirectory(prefix="lookout-bench-", dir=parent) as folder, own_topics(log) as names:
        file = f"sqlite:///{Path(folder).absolute() / 'bench.db'}"
        address = file if embedded else log
        with (
            RenamedLog(open_log(address), names) as feed,
            RenamedLog(open_log(address), names) as reading,
            open_alerts(store or file) as alerts,
        ):
            if alerts.find(AlertFilter(limit=1)):
                raise SettingsError("bench latency leaves alerts in its store, which has some: name an empty database")
            yield _Place(feed, reading, alerts)
