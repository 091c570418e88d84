"""Track: the third stage. The boxes of one camera, frame by frame, become tracklets: one person, one passage.

The tracker is ByteTrack of the package ``trackers``; what is ours is the measure of likeness, the ids and the sessions.
"""

import base64
from collections import deque
from dataclasses import dataclass
from hashlib import blake2b
from statistics import median

import numpy as np
import supervision
from trackers import ByteTrackTracker

from detectors.base import Detections
from pipeline.errors import SettingsError
from pipeline.records import CaptureClock
from pipeline.tracking.overlap import UprightOverlap

_UNTRACKED = -1  # what the library calls a box that belongs to no tracklet, or not yet
# The library's motion filter is tuned in frames. Told of more frames a second than there are, it loses everybody;
# of fewer, nobody. At 5 a second people make the steps that it expects.
_MOST_FILTER_FPS = 5.0
# How far people walk, in their own heights a second. Each side of a box is widened by half of the way between two
# frames, so that who walks meets the place where they were; at 2 frames a second they are a box's width further.
_WALK_HEIGHTS_A_S = 0.8
_LEAST_LOST_FRAMES = 2.0  # at slow rates: who is lost before the next frame is there never has two boxes in a row
_GAPS = 9  # between frames, of which the usual one is taken
_FEW_GAPS = 3  # of which nobody can tell that
_LIBRARY_FPS = 30.0  # the unit in which the library counts how long somebody may be out of sight


@dataclass(frozen=True, slots=True)
class TrackSettings:
    """How boxes are joined."""

    nominal_fps: float = 5.0  # frames a second that come, as far as is known beforehand
    lost_s: float = 2.0  # somebody out of sight for longer, and for two frames, is a new tracklet when seen again
    least_likeness: float = 0.15  # of a box and where its tracklet is expected, 0..1
    least_boxes: int = 2  # in consecutive frames, before somebody counts as a person

    def __post_init__(self) -> None:
        """Refuse what makes no sense.

        Raises:
            SettingsError: a number is out of range.
        """
        if not 0.0 < self.nominal_fps < float("inf") or self.lost_s < 0.0 or self.least_boxes < 1:
            raise SettingsError(
                "tracking needs nominal_fps above 0, lost_s of 0 or more and least_boxes of 1 or more, "
                f"but got {self.nominal_fps}, {self.lost_s} and {self.least_boxes}"
            )
        if not 0.0 < self.least_likeness <= 1.0:
            raise SettingsError(f"least_likeness must lie within 0..1, but is {self.least_likeness}")


@dataclass(frozen=True, slots=True)
class Seen:
    """A box that belongs to a tracklet."""

    row: int  # of the frame's detections
    tracklet_id: str


@dataclass(frozen=True, slots=True)
class Step:
    """What one frame changed: whom it shows, and whose tracklets have ended."""

    seen: tuple[Seen, ...]
    ended: tuple[str, ...]


class CameraTracker:
    """Follows the people of one camera. The same boxes at the same times give the same tracklets with the same ids.

    A session begins with the first frame, and again whenever time goes back or stands still, as when a camera's clock
    is set: then every tracklet ends.
    """

    def __init__(self, camera_id: str, clock: CaptureClock, settings: TrackSettings | None = None) -> None:
        """Begin with nobody; camera and clock are part of every tracklet's id."""
        self._camera_id = camera_id
        self._clock = clock
        self._settings = settings or TrackSettings()
        self._gaps_ms = deque[int](maxlen=_GAPS)
        self._library = self._new_library()
        self._session_ms: int | None = None
        self._last_ms = 0
        self._ids: dict[int, str] = {}  # of the living tracklets, by the library's number

    def update(self, captured_at_ms: int, detections: Detections) -> Step:
        """Take the boxes of the next frame."""
        ended: tuple[str, ...] = ()
        if self._session_ms is None or captured_at_ms <= self._last_ms:
            ended = self.finish()
            self._session_ms = captured_at_ms
        else:
            self._gaps_ms.append(captured_at_ms - self._last_ms)
        self._last_ms = captured_at_ms
        self._library.maximum_time_without_update = self._lost_s()
        seen = tuple(self._follow(captured_at_ms - self._session_ms, detections))
        return Step(seen, ended + self._forget_lost())

    def finish(self) -> tuple[str, ...]:
        """End every tracklet and the session; return who was still there."""
        ended = tuple(self._ids.values())
        self._ids.clear()
        self._library = self._new_library()
        self._session_ms = None
        return ended

    def _follow(self, elapsed_ms: int, detections: Detections) -> list[Seen]:
        boxes = supervision.Detections(
            xyxy=detections.xyxy,
            confidence=detections.confidence,
            class_id=np.arange(len(detections)),  # brings the rows back: the library returns boxes in its own order
        )
        told = self._library.update(boxes, timestamp=elapsed_ms / 1000.0)
        if told.tracker_id is None or told.class_id is None:
            return []
        pairs = zip(told.class_id.tolist(), told.tracker_id.tolist(), strict=True)
        return [Seen(row, self._id_of(number)) for row, number in sorted(pairs) if number != _UNTRACKED]

    def _id_of(self, number: int) -> str:
        if number not in self._ids:
            self._ids[number] = tracklet_id(self._camera_id, self._clock, self._session_ms or 0, self._last_ms, number)
        return self._ids[number]

    def _forget_lost(self) -> tuple[str, ...]:
        alive = {track.tracker_id for track in self._library.tracks}
        lost = [number for number in self._ids if number not in alive]
        return tuple(self._ids.pop(number) for number in lost)

    def _lost_s(self) -> float:
        """Return how long somebody may be out of sight: longer where frames come at a slower rate than was known."""
        usual_s = median(self._gaps_ms) / 1000.0 if len(self._gaps_ms) >= _FEW_GAPS else 0.0
        return max(self._settings.lost_s, _LEAST_LOST_FRAMES * max(usual_s, 1.0 / self._settings.nominal_fps))

    def _new_library(self) -> ByteTrackTracker:
        settings = self._settings
        return ByteTrackTracker(
            lost_track_buffer=round(settings.lost_s * _LIBRARY_FPS),
            frame_rate=min(settings.nominal_fps, _MOST_FILTER_FPS),
            track_activation_threshold=0.0,  # the detector's threshold has already spoken
            high_conf_det_threshold=0.0,
            minimum_consecutive_frames=settings.least_boxes,
            minimum_iou_threshold=settings.least_likeness,
            iou=UprightOverlap(widening=0.5 * _WALK_HEIGHTS_A_S / settings.nominal_fps),
        )


def tracklet_id(camera_id: str, clock: CaptureClock, session_ms: int, first_seen_ms: int, number: int) -> str:
    """Return the id of a session's tracklet: 16 letters and digits.

    Nothing of it is drawn by chance, so a replay with the same start gives the same ids. A restarted camera begins
    another session, and the clock keeps a replay apart from what was live at that time.
    """
    told = f"{camera_id}\0{clock}\0{session_ms}\0{first_seen_ms}\0{number}"
    return base64.b32encode(blake2b(told.encode(), digest_size=10).digest()).decode().lower()
