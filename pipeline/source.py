"""Source: the first stage. A file, a folder of images or a camera becomes frames with times."""

from pathlib import Path

from pipeline.clock import Clock, SystemClock
from pipeline.errors import SourceError
from pipeline.sources.base import NOT_TAKEN, QueuePolicy, Source, SourceSettings, SourceState
from pipeline.sources.film import FilmSource
from pipeline.sources.folder import FolderSource
from pipeline.sources.live import LiveSource
from pipeline.sources.locator import as_target, is_folder, is_live
from pipeline.sources.status import SourceStatus, WatchedSource
from pipeline.sources.times import paced

__all__ = [
    "NOT_TAKEN",
    "QueuePolicy",
    "Source",
    "SourceSettings",
    "SourceState",
    "SourceStatus",
    "WatchedSource",
    "is_folder",
    "is_live",
    "open_source",
    "paced",
]


def open_source(
    address: str, camera_id: str, settings: SourceSettings | None = None, clock: Clock | None = None
) -> WatchedSource:
    """Open what the frames of a camera come from.

    Args:
        address: a video file, a folder of images, the address of a camera, or the number of a device.
        camera_id: whose frames these are to be.
        settings: rate, start and deadlines.
        clock: of a camera's deadlines and waits; it has to move by itself.

    Raises:
        SourceError: recorded footage is missing or cannot be decoded, nobody knows such an address, or too many
            files are open or threads run. A camera that does not answer is no error: it is asked again.
    """
    settings = settings or SourceSettings()
    if is_live(address):
        try:
            return LiveSource(as_target(address), camera_id, settings, clock or SystemClock())
        except OSError as error:
            raise SourceError(
                f"camera {camera_id!r} cannot be watched: {error.strerror}; each camera takes five open files, "
                "see `ulimit -n`"
            ) from error
        except RuntimeError as error:
            raise SourceError(
                f"camera {camera_id!r} cannot be watched: {error}; see `ulimit -u` and the limits of its container"
            ) from error
    kind = FolderSource if is_folder(address) else FilmSource
    return kind(Path(address), camera_id, settings)
