"""One camera's chain, source to sightings, in the order of the stages: detect, track, crop, embed.

``CameraIngest`` is the chain without its two networks, so that whoever runs many cameras can fill one batch from all of
them. ``ingest`` is the whole chain of one camera as a generator.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from detectors.base import Detections, Detector
from pipeline.ahead import ahead
from pipeline.crop import CropSettings, Vector, cut_crops
from pipeline.embed import Evidence, ImageEmbedder, SightingSettings, embed_crops
from pipeline.errors import DamagedError
from pipeline.records import CaptureClock, Crop, Frame, Sighting
from pipeline.track import CameraTracker, TrackSettings

_DECODED_AHEAD = 4  # frames
_LOOKED_AHEAD = 2  # frames with whom they show


@dataclass(frozen=True, slots=True)
class IngestSettings:
    """How one camera's frames become sightings."""

    track: TrackSettings = field(default_factory=TrackSettings)
    crop: CropSettings = field(default_factory=CropSettings)
    sighting: SightingSettings = field(default_factory=SightingSettings)


class CameraIngest:
    """The chain of one camera, one frame at a time: ``observe``, embed what it returns, ``absorb``; at last ``finish``.

    Not thread-safe. The same boxes, frames and vectors give the same sightings, to the byte.
    """

    def __init__(self, camera_id: str, clock: CaptureClock, model_id: str, settings: IngestSettings) -> None:
        """Begin with nobody; ``model_id`` is that of whoever makes the vectors."""
        self._model_id = model_id
        self._settings = settings
        self._tracker = CameraTracker(camera_id, clock, settings.track)
        self._evidence: dict[str, Evidence] = {}  # of the tracklets that have not ended
        self._ended: tuple[str, ...] = ()
        self._now_ms = 0

    def observe(self, frame: Frame, detections: Detections) -> list[Crop]:
        """Take a frame and its boxes; return the crops that are worth an embedding."""
        step = self._tracker.update(frame.captured_at_ms, detections)
        self._now_ms, self._ended = frame.captured_at_ms, step.ended
        for one in step.seen:
            if one.tracklet_id not in self._evidence:
                fresh = Evidence(self._now_ms, self._settings.crop, self._settings.sighting)
                self._evidence[one.tracklet_id] = fresh
            self._evidence[one.tracklet_id].last_seen_at_ms = self._now_ms
        crops = cut_crops(frame, detections, step.seen, self._settings.crop)
        return [crop for crop in crops if self._evidence[crop.tracklet_id].wants(crop)]

    def absorb(self, crops: Sequence[Crop], vectors: Sequence[Vector]) -> list[Sighting]:
        """Take the vectors of what ``observe`` returned; return the sightings that this frame makes due."""
        for crop, vector in zip(crops, vectors, strict=True):
            self._evidence[crop.tracklet_id].keep(crop, vector)
        due = (evidence.due(self._now_ms, self._model_id) for evidence in self._evidence.values())
        return [told for told in chain(due, self._closed(self._ended)) if told is not None]

    def finish(self) -> list[Sighting]:
        """End every tracklet; return their last sightings, and those of who ended with a frame never absorbed."""
        return [told for told in self._closed(self._ended + self._tracker.finish()) if told is not None]

    def _closed(self, ended: Sequence[str]) -> Iterator[Sighting | None]:
        for tracklet_id in ended:
            evidence = self._evidence.pop(tracklet_id, None)
            yield evidence.close(self._now_ms, self._model_id) if evidence else None


def ingest(
    frames: Iterable[Frame], detector: Detector, embedder: ImageEmbedder, settings: IngestSettings | None = None
) -> Iterator[Sighting]:
    """Yield the sightings of one camera's frames as they become due, and the last ones when the frames end.

    Frames are decoded and looked at in threads of their own, a few ahead of what is yielded; the sightings are the
    same as without. Where the footage turns out to be damaged, what was seen up to its last good frame is yielded
    before that is told.

    Raises:
        SourceError: the frames cannot be read.
        DamagedError: they end early; every sighting of the good ones has been yielded.
    """
    settings = settings or IngestSettings()
    camera: CameraIngest | None = None
    damage: DamagedError | None = None
    stream = ahead(_looked(ahead(frames, _DECODED_AHEAD, "decode"), detector), _LOOKED_AHEAD, "detect")
    while True:
        try:
            look = next(stream, None)
        except DamagedError as error:
            look, damage = None, error
        if look is None:
            break
        frame, detections = look
        camera = camera or CameraIngest(frame.camera_id, frame.clock, embedder.model_id, settings)
        crops = camera.observe(frame, detections)
        yield from camera.absorb(crops, embed_crops(crops, embedder))
    if camera is not None:
        yield from camera.finish()
    if damage is not None:
        raise damage


def _looked(frames: Iterable[Frame], detector: Detector) -> Iterator[tuple[Frame, Detections]]:
    for frame in frames:
        yield frame, detector.detect([frame.image])[0]
