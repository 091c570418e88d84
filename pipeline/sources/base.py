"""What every source gives, and the settings they share."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self

from pipeline.errors import SettingsError
from pipeline.records import CaptureClock, Frame

_RATES = ("analysed_fps", "folder_fps")
_DEADLINES = ("open_timeout_s", "stalled_after_s", "read_timeout_s")
_WAITS = ("first_wait_s", "longest_wait_s", "failed_wait_s")
_LEAST_S = 0.1  # of a deadline: OpenCV takes whole ms, and 0 for no deadline at all
_DAY_S = 86_400.0  # OpenCV has 31 bits for the ms; and whoever asks for more has mistaken the unit
NOT_TAKEN = "not_taken"  # reason of a drop: a newer frame came before this one was taken


class QueuePolicy(StrEnum):
    """What becomes of a frame that nobody has taken yet when the next one is there."""

    WAIT = "wait"  # the source waits; nothing is lost
    DROP_OLDEST = "drop_oldest"  # the newer frame takes its place, and the loss is counted


class SourceState(StrEnum):
    """How a source fares."""

    CONNECTING = "connecting"
    LIVE = "live"
    STALLED = "stalled"  # connected, but no frame comes
    RECONNECTING = "reconnecting"
    FAILED = "failed"  # somebody has to correct something; it is asked again all the same, but seldom
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """How footage and cameras are read."""

    analysed_fps: float | None = None  # frames a second that are handed on; None for all
    started_at_ms: int | None = None  # of recorded footage: UTC of its first frame; None for the file's own time
    folder_fps: float = 5.0  # images a second that a folder stands for
    open_timeout_s: float = 10.0  # of a camera
    stalled_after_s: float = 4.0  # of a camera: without a frame for so long it has stalled
    read_timeout_s: float = 10.0  # of a camera: without a frame for so long it is connected again
    first_wait_s: float = 1.0  # before a camera is asked again; doubled with each further failure
    longest_wait_s: float = 30.0
    failed_wait_s: float = 300.0  # where its answer says that it cannot work as it stands
    hardware_decoding: bool = True  # of cameras, where this machine and this build of OpenCV have it

    def __post_init__(self) -> None:
        """Refuse what makes no sense.

        Raises:
            SettingsError: a number is out of range, or two do not go together.
        """
        for name in _RATES:
            value = getattr(self, name)
            if value is not None and not 0.0 < value < float("inf"):
                raise SettingsError(f"{name} must be a finite number above 0, but is {value}")
        for name in _DEADLINES:
            if not _LEAST_S <= (value := getattr(self, name)) <= _DAY_S:
                raise SettingsError(f"{name} must be from {_LEAST_S} s to a day, but is {value}")
        for name in _WAITS:
            if not 0.0 < (value := getattr(self, name)) <= _DAY_S:
                raise SettingsError(f"{name} must be above 0 s and at most a day, but is {value}")
        if self.stalled_after_s > self.read_timeout_s:
            raise SettingsError(
                f"stalled_after_s must be at most read_timeout_s, {self.read_timeout_s}, but is {self.stalled_after_s}"
            )
        if self.longest_wait_s < self.first_wait_s:
            raise SettingsError(
                f"longest_wait_s must be at least first_wait_s, {self.first_wait_s}, but is {self.longest_wait_s}"
            )


class Source(Protocol):
    """Gives the frames of one camera, once, as they were taken. One thread takes them; any may close it.

    Each frame's time is later than that of the one before, unless a camera's clock or this machine's was set back.
    """

    @property
    def camera_id(self) -> str:
        """Whose frames these are."""
        ...

    @property
    def clock(self) -> CaptureClock:
        """Where the frames' times come from."""
        ...

    @property
    def policy(self) -> QueuePolicy:
        """What becomes of frames that are not taken in time."""
        ...

    @property
    def state(self) -> SourceState:
        """How it fares now."""
        ...

    @property
    def dropped(self) -> Mapping[str, int]:
        """Frames that were lost, by reason; frames left out by ``analysed_fps`` are none of them."""
        ...

    def frames(self) -> Iterator[Frame]:
        """Yield the frames; blocks until there is one. Ends with the footage, or when the source is closed.

        Raises:
            SourceError: recorded footage gives no frame at all.
            DamagedError: recorded footage ends early; every good frame has been yielded before.
        """
        ...

    def close(self) -> None:
        """Let go of the file or the camera; harmless when done twice."""
        ...

    def __enter__(self) -> Self:
        """Enter."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        ...
