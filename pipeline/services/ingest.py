"""Ingest as a service: the site's cameras, one batcher for detection and embedding, sightings to the log.

Frames flow through these threads: a reader for each camera → its lane → one that gathers batches and detects → one
that tracks, embeds and publishes (``run``'s own). Each hands over to the next through a bounded place, so a log that
takes no records holds up the batches, they the lanes, and they the sources.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Event, Thread

import numpy as np
from prometheus_client.registry import Collector

from detectors.base import Detector
from pipeline.ahead import ahead
from pipeline.batching.following import Follower, crops_from
from pipeline.batching.lanes import BatchSettings, Lane, Lanes
from pipeline.batching.looking import RESTART, Looker
from pipeline.batching.motion import MotionSettings
from pipeline.batching.reading import Opening
from pipeline.batching.roster import Cameras, Reading, Report, Roster
from pipeline.batching.steps import STUCK_AFTER_S, Step, Watchdog, named
from pipeline.camera import Camera
from pipeline.camera_share import CameraShare
from pipeline.clock import Clock, SystemClock
from pipeline.crop import CropSettings
from pipeline.embed import ImageEmbedder
from pipeline.errors import LogError, PipelineError
from pipeline.health import CountsCollector, LabelledCountsCollector, ReasonsCollector
from pipeline.ingest import IngestSettings
from pipeline.log.base import EventLog
from pipeline.log.open import open_log
from pipeline.publish import Publisher, PublishSettings
from pipeline.records import Sighting
from pipeline.services.camera_gauges import STATES, CameraGauges
from pipeline.settings import Settings, source_settings
from pipeline.source import NOT_TAKEN, Source, SourceState, open_source
from pipeline.track import TrackSettings

GAUGES = frozenset(
    {
        "cameras",
        *(f"cameras_{state}" for state in STATES),
        "batch_fill",
        "frame_age_p50_s",
        "frame_age_p95_s",
        "unacknowledged",
        "step_s",
        "ready",
    }
)
_LOOK_S = 1.0  # how soon cameras that came, went or changed are noticed
_LEAVE_S = 5.0  # how long the end waits for readers; one that hangs is left behind
_LAST_PATIENCE_S = 10.0  # with a log that takes nothing, once the service is to end
_AGAIN_S = 1.0  # before a log whose failure outlasted the publisher's patience is asked again
_DOWN = frozenset({SourceState.STALLED, SourceState.RECONNECTING, SourceState.FAILED})
_AHEAD = 1  # batches that have been looked at and wait to be followed

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class IngestPorts:
    """What the service is connected to.

    Attributes:
        cameras: returns the cameras to watch now, by id; asked every second, and must not block for long.
        opening: opens a camera's source; called in that camera's own thread.
        log: takes the sightings.
        clock: of the site.
        report: is told every second how each camera's source fares: id, state, reason. It must not block.
        hangs: is told every second what hangs here, so that no camera is watched; None for nothing. Nor must it block.
        damaged: returns which of the site's cameras cannot be read, so that nobody knows them; None for none.
    """

    cameras: Cameras
    opening: Opening
    log: EventLog
    clock: Clock = field(default_factory=SystemClock)
    report: Report | None = None
    hangs: Callable[[str | None], None] | None = None
    damaged: Callable[[], str | None] = lambda: None


@dataclass(frozen=True, slots=True)
class IngestServiceSettings:
    """How the service works."""

    batch: BatchSettings = field(default_factory=BatchSettings)
    chain: IngestSettings = field(default_factory=IngestSettings)
    motion: MotionSettings | None = field(default_factory=MotionSettings)  # None: every frame is looked at
    publish: PublishSettings = field(default_factory=PublishSettings)
    ends_with_footage: bool = True  # else it waits for cameras that are added later
    stuck_after_s: float = STUCK_AFTER_S  # a batch or a film that takes longer is told of
    hung_after_s: float = 900.0  # a batch that takes longer never ends; an engine that is built meanwhile takes minutes


class IngestService:
    """A ``Service`` that watches cameras. It ends by itself when all are recorded footage that has ended, if so set."""

    def __init__(
        self,
        ports: IngestPorts,
        detector: Detector,
        embedder: ImageEmbedder,
        settings: IngestServiceSettings | None = None,
    ) -> None:
        """Read nothing before ``run``."""
        settings = settings or IngestServiceSettings()
        self._ports = ports
        self._lanes = Lanes(settings.batch, ports.clock)
        self._stuck_after_s, self._hung_after_s = settings.stuck_after_s, settings.hung_after_s
        self._roster = Roster(ports.cameras, self._lanes, ports.opening, ports.report, settings.stuck_after_s)
        self._publisher = Publisher(ports.log, ports.clock, settings.publish)
        self._looker = Looker(detector, settings.motion, Step(RESTART, ports.clock))
        self._follower = Follower(embedder, self._publish, settings.chain, ports.clock)
        self._watchdog = Watchdog(settings.stuck_after_s)
        self._most_frames = settings.batch.most_frames
        self._ends_with_footage = settings.ends_with_footage
        self._stopping = Event()
        self._supervising: Exception | None = None  # what ended it

    def run(self) -> None:
        """Watch until ``stop`` is called or all footage has ended; then end every tracklet and flush; see ``Service``.

        Raises:
            LogError: at the end, the log did not take the last sightings.
            Exception: the detector's or the embedder's thread cannot go on, or that which follows the cameras.
        """
        supervisor = Thread(target=self._supervise, name="cameras", daemon=True)
        with self._publisher:
            supervisor.start()
            batches = ahead(self._looker.looked(self._lanes.batches()), _AHEAD, "detect")
            try:
                for looked in batches:
                    self._follower.follow(looked)
                    self._settle(looked.ended)
            finally:
                self.stop()
                self._lanes.close()  # else the thread that gathers from them waits for frames
                batches.close()
                supervisor.join()
            if self._supervising is not None:
                raise self._supervising
        self._roster.tell_ended()

    def stop(self) -> None:
        """Ask ``run`` to return; what waits in the lanes is still dealt with, and a log that is away not waited for."""
        self._stopping.set()
        self._publisher.hurry(_LAST_PATIENCE_S)
        self._roster.over.set()

    @property
    def failure(self) -> PipelineError | None:
        """Why recorded footage ended early or never began, of the first such camera; None where all went well."""
        return next(iter(self._roster.errors), None)

    @property
    def trouble(self) -> str | None:
        """What keeps cameras from being watched, or sightings from reaching the log."""
        failing = sorted(self._follower.failing.items())
        stuck = _first_trouble(self._steps, self._stuck_after_s)
        if trouble := self._publisher.trouble or stuck or self._roster.trouble:
            return trouble
        if failing:
            return f"camera '{failing[0][0]}' fails and begins anew: {failing[0][1].words}"
        return "; ".join(filter(None, (self._ports.damaged(), self._silent))) or None

    @property
    def _silent(self) -> str | None:
        """How many cameras give no frames, and why the first of them does not."""
        readings = self._roster.readings
        down = [f"'{key}' is {each.state}: {each.reason}" for key, each in readings.items() if each.state in _DOWN]
        return f"{len(down)} of {len(readings)} cameras give no frames; {down[0]}" if down else None

    @property
    def hung(self) -> str | None:
        """What has hung in the detector, the tracker or the embedder; a log or a disk is not mended by a restart."""
        return _first_trouble(self._own_steps, self._hung_after_s)

    @property
    def _own_steps(self) -> Sequence[Step]:
        """What the threads are at that every frame goes through, as far as nobody outside can end it."""
        return self._looker.step, self._follower.step

    @property
    def _steps(self) -> Sequence[Step]:
        """What the threads are at that every camera's frames go through."""
        return *self._own_steps, self._follower.handing

    @property
    def counts(self) -> Mapping[str, float]:
        """What was done so far, and how things are; see docs/operations.md."""
        looked, followed, readings = self._looker.counts, self._follower.counts, self._roster.readings
        states = Counter(each.state for each in readings.values())
        ages_ms = self._follower.ages_ms or [0]
        p50_ms, p95_ms = (float(value) for value in np.percentile(ages_ms, (50, 95)))
        fill = looked.batched / (looked.batches * self._most_frames) if looked.batches else 0.0
        return {
            "frames": followed.frames,
            "frames_looked_at": looked.looked,
            "frames_unchanged": looked.unchanged,
            "boxes": followed.boxes,
            "crops": followed.crops,
            "sightings": followed.sightings,
            "chain_failures": followed.failures,
            "batches": looked.batches,
            "batch_fill": fill,
            "frame_age_p50_s": p50_ms / 1000.0,
            "frame_age_p95_s": p95_ms / 1000.0,
            "detect_seconds": looked.detect_s,
            "gate_seconds": looked.gate_s,
            "idle_seconds": looked.idle_s,
            "track_seconds": followed.track_s,
            "embed_seconds": followed.embed_s,
            "publish_seconds": followed.publish_s,
            "published": self._publisher.published,
            "publish_retries": self._publisher.retries,
            "unacknowledged": self._publisher.unacknowledged,
            "step_s": max(step.lasts_s for step in self._steps),
            "stuck": self._watchdog.stuck,
            "cameras": len(readings),
            **{f"cameras_{state}": states[state] for state in STATES},
            **{f"dropped_{reason}": count for reason, count in ({NOT_TAKEN: 0} | dict(self._roster.dropped)).items()},
        }

    @property
    def counts_by_camera(self) -> Mapping[str, Mapping[str, float]]:
        """What each camera that is watched now has given and lost."""
        return {key: _counts_of(each) for key, each in self._roster.readings.items()}

    @property
    def lost_by_camera(self) -> Mapping[str, Mapping[str, int]]:
        """How many connections to each camera that is watched now failed or ended, by reason."""
        statuses = ((key, each.status) for key, each in self._roster.readings.items())
        return {key: {str(each): n for each, n in told.faults.items()} for key, told in statuses if told is not None}

    @property
    def readings(self) -> Mapping[str, Reading]:
        """How the reading of each camera goes that is watched now, by id."""
        return self._roster.readings

    def frame_age_ms(self, camera_id: str) -> float | None:
        """Return the median age of a camera's last frames when they had been dealt with; None where nobody knows."""
        return self._follower.age_ms(camera_id)

    def _supervise(self) -> None:
        try:
            while not self._stopping.is_set():
                self._roster.over.clear()
                ended = self._roster.all_ended
                self._watchdog.look([*self._steps, *self._roster.steps])
                if self._ports.hangs is not None:
                    self._ports.hangs(_first_trouble(self._own_steps, self._stuck_after_s))
                self._roster.follow()  # and report: of footage that has ended, the other processes have to know
                if self._ends_with_footage and ended and self._roster.all_ended:
                    break
                self._roster.over.wait(_LOOK_S)
        except Exception as error:  # noqa: BLE001 - raised again by run: without supervision nobody notices a camera
            self._supervising = error
        finally:
            self._roster.close(_LEAVE_S)
            self._lanes.close()

    def _settle(self, ended: Sequence[Lane]) -> None:
        """Make safe what footage that has ended has shown: only then are other processes to believe that."""
        footage = [lane for lane in ended if not lane.is_live]
        if footage:
            with self._follower.handing(
                f"the log has been taking the last sightings of {named(map(_camera, footage))}"
            ):
                self._insist(self._publisher.flush)
        for lane in footage:
            lane.settled = True

    def _publish(self, sighting: Sighting) -> None:
        self._insist(lambda: self._publisher.publish(sighting))

    def _insist(self, publish: Callable[[], None]) -> None:
        """Publish, for as long as it takes; when stopping, no longer than the publisher's patience."""
        while True:
            try:
                publish()
            except LogError as error:
                _log.warning("%s", error)
                if self._stopping.is_set():
                    raise
                self._ports.clock.sleep(_AGAIN_S)
                publish = self._publisher.flush  # the sighting is among those that wait
            else:
                return


def _first_trouble(steps: Sequence[Step], limit_s: float) -> str | None:
    return next(filter(None, (step.trouble(limit_s) for step in steps)), None)


def _camera(lane: Lane) -> str:
    return lane.camera.camera_id


def chain_settings(settings: Settings) -> IngestSettings:
    """Return how a site's settings want a camera's chain that has no wishes of its own.

    Raises:
        SettingsError: a number is out of range.
    """
    chosen = settings.ingest
    crop = crops_from(chosen.least_height_px, CropSettings())
    return IngestSettings(TrackSettings(nominal_fps=chosen.analysed_fps), crop)


def _counts_of(reading: Reading) -> Mapping[str, float]:
    counts: dict[str, float] = {"camera_frames": reading.frames, "camera_dropped": sum(reading.dropped.values())}
    if reading.status is not None:
        counts["camera_connections"] = reading.status.connections
        counts["camera_decoder_restarts"] = reading.status.restarts
        counts["camera_decoder_complaints"] = reading.status.complaints
    return counts


def service_settings(settings: Settings) -> IngestServiceSettings:
    """Return how a site's settings want its ingest."""
    chosen = settings.ingest
    motion = MotionSettings(full_look_s=chosen.full_look_s) if chosen.motion_gating else None
    batch = BatchSettings(chosen.batch, chosen.max_wait_ms)
    return IngestServiceSettings(batch, chain_settings(settings), motion)


def opening_of(settings: Settings, clock: Clock) -> Opening:
    """Return what opens a camera's source as a site's settings say."""

    def opening(camera: Camera) -> Source:
        fps = camera.analysed_fps or settings.ingest.analysed_fps
        return open_source(camera.url, camera.camera_id, source_settings(settings, fps), clock)

    return opening


def ingest_metrics(service: IngestService) -> Sequence[Collector]:
    """Return what gives the metrics of the service, and of each camera apart; docs/operations.md has a row for each."""
    return [
        CountsCollector("ingest", lambda: {**service.counts, "ready": float(service.trouble is None)}, GAUGES),
        LabelledCountsCollector("ingest", "camera", lambda: service.counts_by_camera),
        ReasonsCollector("ingest_camera_connections_lost", "camera", lambda: service.lost_by_camera),
        CameraGauges(lambda: service.readings, service.frame_age_ms),
    ]


@contextmanager
def open_ingest(
    settings: Settings,
    chain: tuple[Detector, ImageEmbedder],
    share: CameraShare,
    *,
    ends_with_footage: bool = True,
) -> Iterator[IngestService]:
    """Open the ingest of a site, and close what it is connected to.

    Args:
        settings: of the site.
        chain: detector and embedder.
        share: tells which cameras to watch, and is told how they fare; stays the caller's to close.
        ends_with_footage: whether it ends by itself with the last footage.

    Raises:
        SettingsError: an address is of no kind that is known.
        LogError: the log does not answer.
    """
    clock = SystemClock()
    with open_log(settings.log) as log:
        ports = IngestPorts(
            share, opening_of(settings, clock), log, clock, share.report, share.hangs, lambda: share.damaged
        )
        chosen = replace(service_settings(settings), ends_with_footage=ends_with_footage)
        yield IngestService(ports, *chain, chosen)
