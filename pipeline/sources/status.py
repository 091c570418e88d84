"""How a source fares, for whoever shows it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pipeline.records import CaptureClock
from pipeline.sources.base import Source, SourceState
from pipeline.sources.faults import Fault


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """A camera's state and counts at one moment; counts begin with the source. Footage has a state only."""

    state: SourceState
    reason: str = ""  # of the state, in words; empty while frames come
    fault: Fault | None = None  # what led to the state; None while frames come
    since_ms: int = 0  # UTC of the state's beginning
    decoded: int = 0  # frames
    complaints: int = 0  # of FFmpeg about what the camera sends
    connections: int = 0  # that gave frames
    restarts: int = 0  # of the decoder's process, after it crashed or hung
    faults: Mapping[Fault, int] = field(default_factory=dict)  # failed and ended connections, by what was the matter
    transport: str = ""  # of RTSP: tcp or udp
    codec: str = ""
    size_wh: tuple[int, int] = (0, 0)  # px
    decoding: str = ""  # software, or the kind of hardware
    clock: CaptureClock = CaptureClock.WALL  # where the frames' times come from now
    skew_ms: int | None = None  # by how much the camera's clock is ahead, where it is too far off to be believed
    spread_ms: int | None = None  # how long frames were held up on the way, at most; None where nobody can tell


class WatchedSource(Source, Protocol):
    """A source that tells how it fares in words and numbers, too."""

    @property
    def status(self) -> SourceStatus:
        """How it fares now and has fared; any thread may ask."""
        ...
