"""What flows from stage to stage. Every record is frozen; units and layouts stand in the names.

Times are UTC in milliseconds since the epoch, boxes are (left, top, right, bottom) in px of the frame.
"""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Box = tuple[float, float, float, float]


class CaptureClock(StrEnum):
    """Where a frame's time comes from."""

    RTCP = "rtcp"  # the camera's own clock, by RTCP sender reports
    WALL = "wall"  # this machine's clock when the frame arrived
    FILE = "file"  # the file's timestamps, from its modification time
    GIVEN = "given"  # the file's timestamps, from a start that somebody gave


class Phase(StrEnum):
    """Which of a tracklet's sightings this is."""

    OPEN = "open"  # the first good crop
    UPDATE = "update"  # clearly better than what was published before
    CLOSE = "close"  # the tracklet has ended; nothing follows


class Origin(StrEnum):
    """How an alert came about."""

    LIVE = "live"
    REPLAY = "replay"


class AlertState(StrEnum):
    """What became of an alert."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    CONFIRMED = "confirmed"
    FALSE = "false"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of one camera."""

    camera_id: str
    index: int  # from 0, counting every decoded frame
    captured_at_ms: int
    clock: CaptureClock
    image: npt.NDArray[np.uint8]  # (H, W, 3) BGR

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height, px."""
        return self.image.shape[1], self.image.shape[0]


@dataclass(frozen=True, slots=True)
class Crop:
    """One tracklet's person in one frame."""

    tracklet_id: str
    camera_id: str
    captured_at_ms: int
    clock: CaptureClock
    box_xyxy: Box
    frame_size_wh: tuple[int, int]
    image: npt.NDArray[np.uint8]  # (h, w, 3) BGR
    confidence: float  # of the detector, 0..1
    quality: float  # how fit for an embedding, 0..1


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a tracklet publishes: all its evidence so far, so that a reader needs no memory of the person."""

    sighting_id: str  # tracklet id and sequence
    tracklet_id: str
    sequence: int  # from 0
    phase: Phase
    camera_id: str
    captured_at_ms: int  # of the best crop
    first_seen_at_ms: int
    last_seen_at_ms: int
    clock: CaptureClock
    box_xyxy: Box  # of the best crop
    frame_size_wh: tuple[int, int]
    confidence: float  # of the best crop
    quality: float  # of the best crop
    crops_pooled: int
    model_id: str
    vector: npt.NDArray[np.float16]  # (D,), mean of the pooled crops' vectors
    crop_jpeg: bytes  # the best crop


@dataclass(frozen=True, slots=True)
class Schedule:
    """When in a day an entry counts: minutes since midnight UTC, over midnight when the end comes first."""

    from_minute: int
    to_minute: int

    def holds(self, at_ms: int) -> bool:
        """Whether the schedule holds at that time."""
        minute = at_ms // 60_000 % 1440
        if self.from_minute <= self.to_minute:
            return self.from_minute <= minute < self.to_minute
        return minute >= self.from_minute or minute < self.to_minute


@dataclass(frozen=True, slots=True)
class WatchlistEntry:
    """A description to look out for, and when a similarity to it counts."""

    entry_id: str
    description: str
    vector: npt.NDArray[np.float32]  # (D,), unit length
    model_id: str
    threshold: float  # in the calibrated score's units, see pipeline/threshold
    false_match_rate: float  # share of people who are not wanted that the threshold lets through
    background: str  # in words: what the threshold rests on, and how large that is
    version: int  # grows with every edit
    created_at_ms: int
    label: str = ""
    reason: str = ""
    owner: str = ""
    cameras: tuple[str, ...] = ()  # none means all
    schedule: Schedule | None = None
    enabled: bool = True
    muted_until_ms: int | None = None
    expires_at_ms: int | None = None
    cooldown_s: float = 60.0  # on one camera, from the last alert's last sight

    def counts(self, camera_id: str, at_ms: int) -> bool:
        """Whether a sighting of that camera and time may match the entry at all."""
        return (
            self.enabled
            and (not self.cameras or camera_id in self.cameras)
            and (self.schedule is None or self.schedule.holds(at_ms))
            and (self.muted_until_ms is None or at_ms >= self.muted_until_ms)
            and not self.has_expired(at_ms)
        )

    def has_expired(self, at_ms: int) -> bool:
        """Whether the entry has expired at that time."""
        return self.expires_at_ms is not None and self.expires_at_ms <= at_ms


@dataclass(frozen=True, slots=True)
class Match:
    """A sighting above an entry's threshold."""

    sighting: Sighting
    entry: WatchlistEntry
    similarity: float  # -1..1, as compared with the threshold
    threshold: float
    coordinates: str  # topic[partition]@offset of the sighting
    background: str  # in words: the people whom the threshold rests on, and how many they are


@dataclass(frozen=True, slots=True)
class Alert:
    """What an operator sees of a tracklet's matches with an entry: a possible match, never an identification."""

    alert_id: str  # hash of tracklet, entry, its version and the model: the same however often it is raised
    entry_id: str
    entry_version: int
    description: str
    camera_id: str
    tracklet_id: str
    model_id: str
    similarity: float  # the best so far
    threshold: float
    captured_at_ms: int  # of the best crop
    first_seen_at_ms: int
    last_seen_at_ms: int
    clock: CaptureClock
    box_xyxy: Box
    frame_size_wh: tuple[int, int]
    origin: Origin
    raised_at_ms: int  # this machine's clock
    coordinates: str  # of the best sighting in the log
    background: str  # in words: the people whom the threshold rests on, and how many they are
    crop_jpeg: bytes = field(repr=False)
    state: AlertState = AlertState.NEW
