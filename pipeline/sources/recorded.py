"""What files and folders of images have in common as sources."""

from types import MappingProxyType, TracebackType
from typing import Self

from pipeline.records import CaptureClock
from pipeline.sources.base import QueuePolicy, SourceSettings, SourceState
from pipeline.sources.status import SourceStatus


class Recorded:
    """A source that waits for whoever takes its frames and loses none."""

    policy = QueuePolicy.WAIT
    dropped = MappingProxyType[str, int]({})

    def __init__(self, camera_id: str, settings: SourceSettings) -> None:
        """Begin before the first frame."""
        self.camera_id = camera_id
        self.clock = CaptureClock.FILE if settings.started_at_ms is None else CaptureClock.GIVEN
        self._settings = settings
        self._ended = False

    @property
    def state(self) -> SourceState:
        """Live until its end."""
        return SourceState.ENDED if self._ended else SourceState.LIVE

    @property
    def status(self) -> SourceStatus:
        """Its state and its clock, and nothing else."""
        return SourceStatus(self.state, clock=self.clock)

    def close(self) -> None:
        """End."""
        self._ended = True

    def __enter__(self) -> Self:
        """Enter."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


def since_epoch(at_ms: int) -> int:
    """Return the beginning of footage, UTC ms, but none before 1970: archives set files' times to the epoch itself."""
    return max(0, at_ms)
