"""The second half of a batch's way: tracking and cropping camera by camera, one embedding for all, and the log."""

import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from statistics import median
from time import perf_counter
from typing import TypeVar

from pipeline.batching.lanes import Lane
from pipeline.batching.looking import RESTART, Look, Looked
from pipeline.batching.steps import Step, named
from pipeline.camera import Camera
from pipeline.clock import Clock
from pipeline.crop import CropSettings, Vector
from pipeline.embed import ImageEmbedder, embed_crops
from pipeline.ingest import CameraIngest, IngestSettings
from pipeline.records import CaptureClock, Crop, Sighting
from pipeline.redact import redact

_log = logging.getLogger(__name__)
T = TypeVar("T")

FIRST_WAIT_S = 1.0  # after a camera's chain has failed; doubled with each further failure
LONGEST_WAIT_S = 30.0
_AGES = 2000  # frames, of which the age is known
_RECENT_S = 60.0  # those that were dealt with longer ago tell nothing of now
_AGES_OF_CAMERA = 50  # frames, likewise: ten seconds of most cameras
_OWN_CLOCKS = (CaptureClock.WALL, CaptureClock.RTCP)  # frames of these are as old as they look


@dataclass(slots=True)
class FollowCounts:
    """What became of the frames so far."""

    frames: int = 0
    boxes: int = 0
    crops: int = 0
    sightings: int = 0
    failures: int = 0  # of one camera's chain, each followed by a new one
    track_s: float = 0.0
    embed_s: float = 0.0
    publish_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a camera's frames are left alone for a while."""

    in_a_row: int
    words: str
    forgiven_at_s: float  # a frame that goes well from then on makes it forgotten


@dataclass(frozen=True, slots=True)
class Chosen:
    """A frame with the crops that are worth an embedding."""

    look: Look
    crops: Sequence[Crop]


@dataclass(slots=True)
class Follower:
    """Turns batches that were looked at into sightings. ``follow`` belongs to one thread.

    A camera whose chain fails loses its tracklets and a few seconds; the others lose nothing.

    Attributes:
        embedder: of this accelerator.
        publish: takes a sighting on its way to the log; blocks while the log takes none.
        settings: of every camera's chain, where the camera does not say otherwise.
        clock: for the ages of frames.
        step: what tracking or embedding is at.
        handing: which sighting is being handed to the log.
    """

    embedder: ImageEmbedder
    publish: Callable[[Sighting], None]
    settings: IngestSettings
    clock: Clock
    counts: FollowCounts = field(default_factory=FollowCounts)
    failing: dict[str, Failure] = field(default_factory=dict)  # by camera
    step: Step = field(init=False)
    handing: Step = field(init=False)
    _chains: dict[Lane, CameraIngest] = field(default_factory=dict)
    _ages: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=_AGES))  # when done with, s, and ms
    _ages_by_camera: dict[str, deque[int]] = field(default_factory=dict)  # ms; of cameras that have not ended

    def __post_init__(self) -> None:
        """Be at no step."""
        self.step = Step(RESTART, self.clock)
        self.handing = Step("see that the log runs and has room", self.clock)

    def follow(self, looked: Looked) -> None:
        """Take a batch all the way; then end the tracklets of cameras that have ended."""
        for looks in _rounds(looked.looks):
            self._round(looks)
        for lane in looked.ended:
            chain = self._chains.pop(lane, None)
            if chain is not None:
                self._publish_all(self._attempt(lane, chain.finish) or ())
            self.failing.pop(lane.camera.camera_id, None)
            self._ages_by_camera.pop(lane.camera.camera_id, None)

    @property
    def ages_ms(self) -> list[int]:
        """How old the frames of the last minute were when they had been dealt with, 2000 at most; for any thread."""
        since_s = self.clock.monotonic_s() - _RECENT_S
        return [age_ms for done_at_s, age_ms in list(self._ages) if done_at_s >= since_s]

    def age_ms(self, camera_id: str) -> float | None:
        """Return the median age of a camera's last frames; None where there are none. Any thread may ask."""
        ages_ms = list(self._ages_by_camera.get(camera_id, ()))
        return median(ages_ms) if ages_ms else None

    def _round(self, looks: Sequence[Look]) -> None:
        """Take at most one frame of each camera all the way."""
        began_s = perf_counter()
        chosen = [Chosen(look, crops) for look in looks if (crops := self._observed(look)) is not None]
        tracked_s = perf_counter()
        with self.step(f"the embedder has been at crops of {named(_cameras(chosen))}"):
            vectors = self._embedded(chosen)
        embedded_s = perf_counter()
        sightings = [self._absorbed(one, each) for one, each in zip(chosen, vectors, strict=True)]
        absorbed_s = perf_counter()
        for told in sightings:
            self._publish_all(told)
        self._count(looks, tracked_s - began_s + absorbed_s - embedded_s, embedded_s - tracked_s)

    def _observed(self, look: Look) -> list[Crop] | None:
        """Return a frame's crops, or None where the camera failed."""
        lane, frame = look.taken.lane, look.taken.frame
        if look.error is not None:
            self._failed(lane, look.error)
            return None
        chain = self._chains.get(lane) or self._new_chain(lane, frame.clock)
        return self._attempt(lane, lambda: chain.observe(frame, look.detections))

    def _new_chain(self, lane: Lane, clock: CaptureClock) -> CameraIngest:
        settings = settings_for(lane.camera, self.settings)
        self._chains[lane] = CameraIngest(lane.camera.camera_id, clock, self.embedder.model_id, settings)
        return self._chains[lane]

    def _embedded(self, chosen: Sequence[Chosen]) -> list[Sequence[Vector] | Exception]:
        """Return each frame's vectors; where the batch fails, each frame's alone, so that one harms no other."""
        try:
            vectors = iter(embed_crops([crop for one in chosen for crop in one.crops], self.embedder))
            return [[next(vectors) for _ in one.crops] for one in chosen]
        except Exception as error:  # noqa: BLE001 - whatever an embedder raises, it is these crops' only
            if len(chosen) == 1:
                return [error]
        return [each for one in chosen for each in self._embedded([one])]

    def _absorbed(self, one: Chosen, vectors: Sequence[Vector] | Exception) -> Sequence[Sighting]:
        lane = one.look.taken.lane
        if isinstance(vectors, Exception):
            self._failed(lane, vectors)
            return ()
        chain = self._chains[lane]
        told = self._attempt(lane, lambda: chain.absorb(one.crops, vectors))
        if told is None:
            return ()
        self._forgive(lane.camera.camera_id)
        self.counts.boxes += len(one.look.detections)
        self.counts.crops += len(one.crops)
        return told

    def _attempt(self, lane: Lane, step: Callable[[], T]) -> T | None:
        try:
            with self.step(f"the tracker has been at a frame of '{lane.camera.camera_id}'"):
                return step()
        except Exception as error:  # noqa: BLE001 - a camera's frames must not end the others' service
            self._failed(lane, error)
            return None

    def _failed(self, lane: Lane, error: Exception) -> None:
        """Begin the camera anew, after a wait."""
        camera_id = lane.camera.camera_id
        before = self.failing.get(camera_id)
        in_a_row = before.in_a_row + 1 if before else 1
        wait_s = min(FIRST_WAIT_S * 2.0 ** min(in_a_row - 1, 30), LONGEST_WAIT_S)
        self.counts.failures += 1
        words = redact(f"{type(error).__name__}: {error}")
        self.failing[camera_id] = Failure(in_a_row, words, self.clock.monotonic_s() + 2.0 * wait_s)
        lane.pause(wait_s)
        _log.warning("camera '%s' begins anew in %.0f s, for its chain failed", camera_id, wait_s, exc_info=error)
        self._publish_all(_last_of(self._chains.pop(lane, None)))

    def _forgive(self, camera_id: str) -> None:
        failure = self.failing.get(camera_id)
        if failure is not None and self.clock.monotonic_s() >= failure.forgiven_at_s:
            del self.failing[camera_id]

    def _publish_all(self, sightings: Sequence[Sighting]) -> None:
        began_s = perf_counter()
        for sighting in sightings:
            with self.handing(f"the log has been taking a sighting of '{sighting.camera_id}'"):
                self.publish(sighting)
        self.counts.sightings += len(sightings)
        self.counts.publish_s += perf_counter() - began_s

    def _count(self, looks: Sequence[Look], track_s: float, embed_s: float) -> None:
        now_ms, now_s = self.clock.now_ms(), self.clock.monotonic_s()
        frames = [look.taken.frame for look in looks]
        for frame in frames:
            if frame.clock in _OWN_CLOCKS:
                self._ages.append((now_s, now_ms - frame.captured_at_ms))
                of_camera = self._ages_by_camera.setdefault(frame.camera_id, deque(maxlen=_AGES_OF_CAMERA))
                of_camera.append(now_ms - frame.captured_at_ms)
        self.counts.frames += len(looks)
        self.counts.track_s += track_s
        self.counts.embed_s += embed_s


def _cameras(chosen: Sequence[Chosen]) -> Iterator[str]:
    return (one.look.taken.lane.camera.camera_id for one in chosen if one.crops)


def _last_of(chain: CameraIngest | None) -> Sequence[Sighting]:
    """Return what a chain that has failed may still have to say."""
    try:
        return () if chain is None else chain.finish()
    except Exception:  # noqa: BLE001 - its failure has been told already
        return ()


def settings_for(camera: Camera, settings: IngestSettings) -> IngestSettings:
    """Return the settings of one camera's chain: its own rate and least height, where it has any."""
    track, crop = settings.track, settings.crop
    if camera.analysed_fps is not None:
        track = replace(track, nominal_fps=camera.analysed_fps)
    if camera.least_height_px is not None:
        crop = crops_from(camera.least_height_px, crop)
    return replace(settings, track=track, crop=crop)


def crops_from(least_height_px: int, settings: CropSettings) -> CropSettings:
    """Return the settings with another least height; below 8 px nothing can be embedded."""
    full_height_px = max(settings.full_height_px, least_height_px)
    return replace(settings, least_height_px=max(8, least_height_px), full_height_px=full_height_px)


def _rounds(looks: Sequence[Look]) -> Iterator[list[Look]]:
    """Yield the frames in rounds with at most one of each camera, those of one camera in their order."""
    queues: dict[Lane, list[Look]] = {}
    for look in looks:
        queues.setdefault(look.taken.lane, []).append(look)
    for each in zip_longest(*queues.values()):
        yield [look for look in each if look is not None]
