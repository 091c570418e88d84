"""Recorded footage, as the commands that take it open and read it."""

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cli.site import progress_bar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.records import Frame
    from pipeline.source import Source


def open_footage(footage: str, camera: str, started_at_ms: int | None, analysed_fps: float) -> "Source":
    """Open the footage.

    Raises:
        SourceError: it is a camera, or cannot be opened.
        SettingsError: no camera can be called so.
    """
    from pipeline.camera import check_camera_id
    from pipeline.errors import SourceError
    from pipeline.redact import redact_address
    from pipeline.source import SourceSettings, is_live, open_source

    if is_live(footage):
        raise SourceError(
            f"a video file or a folder of images was expected, but {redact_address(footage)} is a camera; "
            "watch it with: lookout cameras add, then lookout run"
        )
    if any("\ud800" <= letter <= "\udfff" for letter in footage) and not Path(footage).is_dir():  # OpenCV crashes
        raise SourceError(f"the name of the footage is not UTF-8: {footage!r}; give the file another name")
    check_camera_id(camera)
    return open_source(footage, camera, SourceSettings(analysed_fps, started_at_ms))


def frames_of(source: "Source", times: float | None) -> "Iterator[Frame]":
    """Yield the frames, at so many times their own pace or as fast as may be, with a progress bar on standard error."""
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    from pipeline.clock import SystemClock
    from pipeline.source import paced

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with source, progress_bar(*columns) as bar:
        task = bar.add_task("first frame")
        for frame in source.frames() if times is None else paced(source.frames(), times, SystemClock()):
            bar.update(task, description=f"frame {frame.index}")
            yield frame
