"""How near the whole chain comes to its dearest parts alone, what it costs beside them, and how that grows.

The bare loop decodes a film in one thread and runs the shipped detector in another. Ingest does the same and tracks,
crops, embeds and publishes on top, with as many threads for its networks; both take turns in one run, so that a busy
machine slows both. What ingest costs beside decoding and networks is processor time, measured with networks that take
none; and the cameras that keep up are simulated.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from threading import Thread, Timer
from typing import Any

from detectors.base import Detector
from detectors.open import COMPACT, open_detector
from pipeline.batching.lanes import BatchSettings
from pipeline.batching.reading import Opening
from pipeline.bench.simulated import Image, InstantEmbedder, KnownDetector, SimulatedSource
from pipeline.camera import Camera
from pipeline.clock import SystemClock
from pipeline.embed import ImageEmbedder
from pipeline.log.open import open_log
from pipeline.scene.scene import Scene, SceneCamera, SceneSettings
from pipeline.scene.video import write_video
from pipeline.services.ingest import IngestPorts, IngestService, IngestServiceSettings
from pipeline.settings import network_threads
from pipeline.source import NOT_TAKEN, open_source
from reid.embedder import Embedder
from reid.providers import as_provider

TARGET = 0.9
SIZES = (1, 4, 16, 64)
_ROUNDS = 5
_FILM = SceneSettings(walkers=6, duration_s=16.0, fps=10.0)
_STEPS = ("idle", "detect", "track", "embed", "publish")
_OF_EACH = 48  # frames of each simulated camera
_LIVE_FPS = 10.0
_LIVE_S = 8.0  # that simulated cameras are watched
_MOST_LOST = 0.02  # share of the frames, where cameras count as kept up with
_OLDEST_S = 1.0  # p95 of the frames' age, likewise
_MOST_CAMERAS = 1024


@dataclass(frozen=True, slots=True)
class _Chain:
    """The networks."""

    detector: Detector
    embedder: ImageEmbedder


@dataclass(frozen=True, slots=True)
class _Run:
    """What one run of the service came to."""

    wall_s: float
    processor_s: float
    counts: Mapping[str, float]


def bench_ingest(provider: str = "auto", threads: int = 0, sizes: Sequence[int] = SIZES) -> dict[str, Any]:
    """Measure ingest.

    Args:
        provider: auto, cpu, cuda or tensorrt, of both networks.
        threads: CPU threads of each network, in the bare loop and in ingest; 0 for half the cores, as ingest has it.
        sizes: numbers of cameras, ascending, for how the cost grows.

    Returns:
        Frames/s of ingest and bare loop and the fraction with its target; where a frame's time goes, in ms; what a
        frame costs beside decoding and networks, in ms of processor time, by number of cameras, and how much more
        with most cameras than with fewest; and how many cameras at 10 frames/s are kept up with, and their frames'
        age.
    """
    threads = network_threads(threads)
    chain = _Chain(
        open_detector(COMPACT, provider, threads=threads), Embedder(provider=as_provider(provider), threads=threads)
    )
    with tempfile.TemporaryDirectory(prefix="lookout-bench-") as folder:
        camera = SceneCamera("bench", "pavement", "day")
        film = write_video(Scene(1, [camera], _FILM), camera.camera_id, Path(folder) / "film.mp4")
        images = [frame.image for frame in open_source(str(film), "bench").frames()]
        speed = _compare(film, chain, Path(folder))
        beside = _beside(images, chain.detector, sizes, Path(folder))
        live = _kept_up_with(lambda size: _watch_live(size, images, chain, Path(folder)))
    return {
        "provider": chain.detector.provider,
        "threads": threads,
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "frames": len(images),
        "target": TARGET,
        **speed,
        "overhead_ms": beside[str(sizes[0])],
        "overhead_ms_by_cameras": beside,
        "growth": round(beside[str(sizes[-1])] / beside[str(sizes[0])], 3),
        "live": live,
    }


def _compare(film: Path, chain: _Chain, folder: Path) -> dict[str, Any]:
    camera = Camera("bench", str(film))
    opening: Opening = lambda each: open_source(each.url, each.camera_id)  # noqa: E731
    _bare(film, chain.detector)
    _run(chain, {"bench": camera}, opening, folder)
    bare, own = list[tuple[int, float]](), list[_Run]()
    for _ in range(_ROUNDS):
        bare.append(_bare(film, chain.detector))
        own.append(_run(chain, {"bench": camera}, opening, folder))
    frames = bare[0][0]
    bare_s, own_s = statistics.median(each[1] for each in bare), statistics.median(each.wall_s for each in own)
    return {
        "frames_per_s": round(frames / own_s, 2),
        "bare_frames_per_s": round(frames / bare_s, 2),
        "fraction": round(statistics.median(one[1] / other.wall_s for one, other in zip(bare, own, strict=True)), 3),
        "step_ms": {step: _median_ms(own, step, frames) for step in _STEPS},
        "batch_fill": round(own[-1].counts["batch_fill"], 3),
    }


def _median_ms(runs: Sequence[_Run], step: str, frames: int) -> float:
    return round(1000.0 * statistics.median(run.counts[f"{step}_seconds"] for run in runs) / frames, 2)


def _bare(film: Path, detector: Detector) -> tuple[int, float]:
    """Return the frames of a film and the seconds that decoding and detecting take, one thread each."""
    queue, count, began_s = Queue[Image | None](8), 0, time.perf_counter()

    def decode() -> None:
        for frame in open_source(str(film), "bare").frames():
            queue.put(frame.image)
        queue.put(None)

    Thread(target=decode, daemon=True).start()
    while (image := queue.get()) is not None:
        detector.detect([image])
        count += 1
    return count, time.perf_counter() - began_s


def _run(
    chain: _Chain, cameras: Mapping[str, Camera], opening: Opening, folder: Path, seconds: float | None = None
) -> _Run:
    """Run the service over cameras until their footage ends, or for so many seconds."""
    with tempfile.TemporaryDirectory(dir=folder) as place, open_log(f"sqlite:///{place}/log.db") as log:
        ports = IngestPorts(lambda: cameras, opening, log)
        batch = BatchSettings(most_frames=8 if chain.detector.provider == "cpu" else 16)
        service = IngestService(ports, chain.detector, chain.embedder, IngestServiceSettings(batch, motion=None))
        if seconds is not None:
            Timer(seconds, service.stop).start()
        began_s, began_processor_s = time.perf_counter(), time.process_time()
        service.run()
        return _Run(time.perf_counter() - began_s, time.process_time() - began_processor_s, service.counts)


def _beside(images: Sequence[Image], detector: Detector, sizes: Sequence[int], folder: Path) -> dict[str, float]:
    """Return the processor ms of a frame outside decoding and networks, by number of cameras."""
    some = images[:_OF_EACH]
    chain = _Chain(KnownDetector(some, [detector.detect([image])[0] for image in some]), InstantEmbedder())
    clock = SystemClock()
    found = {}
    for size in sizes:
        cameras = _simulated(size)
        opening: Opening = lambda each: SimulatedSource(each.camera_id, some, clock)  # noqa: E731
        runs = [_run(chain, cameras, opening, folder) for _ in range(_ROUNDS)]
        found[str(size)] = round(1000.0 * min(run.processor_s for run in runs) / (size * len(some)), 3)
    return found


def _kept_up_with(watch: Callable[[int], Mapping[str, float] | None]) -> dict[str, Any]:
    """Return with how many live cameras ``watch`` gives figures, by doubling and then halving the steps."""
    tried: dict[int, Mapping[str, float]] = {0: {}}
    size = 1
    while size <= _MOST_CAMERAS and (found := watch(size)) is not None:
        tried[size], size = found, 2 * size
    low, high = max(tried), size
    while high - low > max(1, low // 8):
        middle = (low + high) // 2
        found = watch(middle)
        if found is None:
            high = middle
        else:
            tried[middle], low = found, middle
    return {"cameras_at_10_fps": low, **tried[low]}


def _watch_live(size: int, images: Sequence[Image], chain: _Chain, folder: Path) -> Mapping[str, float] | None:
    """Return what came of watching so many live cameras; see ``_figures``."""
    clock = SystemClock()
    opening: Opening = lambda each: SimulatedSource(each.camera_id, images, clock, _LIVE_FPS)  # noqa: E731
    return _figures(_run(chain, _simulated(size), opening, folder, _LIVE_S).counts)


def _figures(counts: Mapping[str, float]) -> Mapping[str, float] | None:
    """Return the age of the frames of live cameras; None where they were not kept up with."""
    lost = counts[f"dropped_{NOT_TAKEN}"]
    if lost > _MOST_LOST * (counts["frames"] + lost) or counts["frame_age_p95_s"] > _OLDEST_S:
        return None
    return {
        "frame_age_p50_ms": round(1000.0 * counts["frame_age_p50_s"], 1),
        "frame_age_p95_ms": round(1000.0 * counts["frame_age_p95_s"], 1),
        "frames_per_s": round(counts["frames"] / _LIVE_S, 1),
        "batch_fill": round(counts["batch_fill"], 3),
    }


def _simulated(size: int) -> dict[str, Camera]:
    names = [f"camera-{number}" for number in range(size)]
    return {name: Camera(name, "simulated") for name in names}
