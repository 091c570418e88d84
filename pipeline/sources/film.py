"""A video file as a source."""

import stat
from collections.abc import Iterator
from pathlib import Path
from threading import Lock

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.errors import DamagedError, SourceError
from pipeline.records import Frame
from pipeline.redact import redact_address
from pipeline.sources.base import SourceSettings
from pipeline.sources.capture import open_capture
from pipeline.sources.edits import shown_share
from pipeline.sources.recorded import Recorded, since_epoch
from pipeline.sources.times import Sampler, Timeline

_EXACT_SLACK = 1  # frames that may be missing where the container counts them
_ESTIMATED_SLACK_S = 2.0  # where it tells a duration only, which may be that of a longer sound track


class FilmSource(Recorded):
    """The frames of a video file with the file's own timestamps, so that a replay is the same however fast it runs.

    Counted from the given start (clock ``given``), else so that the last frame falls on the file's modification
    time (clock ``file``).
    """

    def __init__(self, path: Path, camera_id: str, settings: SourceSettings) -> None:
        """Open the file.

        Raises:
            SourceError: it is missing, no regular file, empty, or nothing that FFmpeg can decode.
        """
        super().__init__(camera_id, settings)
        _check(path)
        self._path = path
        self._capture = open_capture(str(path.resolve()), settings.open_timeout_s, settings.read_timeout_s)
        if not self._capture.isOpened():
            raise SourceError(f"{path} is no video that FFmpeg can decode; is it a video file, and whole?")
        self._reading = Lock()  # whoever closes a film within a read of another thread has FFmpeg end the process
        self._fps = self._capture.get(cv2.CAP_PROP_FPS)
        count = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.promised_frames = int(count) if 0.0 < count < 1e12 else 0  # by the container; 0 where it does not say

    @property
    def started_at_ms(self) -> int:
        """UTC of the first frame."""
        if self._settings.started_at_ms is not None:
            return self._settings.started_at_ms
        duration_ms = 1000.0 * self.promised_frames / self._fps if self._fps > 0.0 else 0.0
        return since_epoch(round(self._path.stat().st_mtime_ns / 1e6 - duration_ms))

    def frames(self) -> Iterator[Frame]:
        """Yield the frames that are to be analysed.

        Raises:
            SourceError: not one frame can be decoded.
            DamagedError: the file ends before the frames that its container promises.
        """
        timeline, sampler = Timeline(self._fps), Sampler(self._settings.analysed_fps)
        started_at_ms, index = self.started_at_ms, 0
        while (read := self._read(timeline, sampler)) is not None:
            elapsed_ms, image = read
            if image is not None:
                yield Frame(self.camera_id, index, started_at_ms + elapsed_ms, self.clock, image)
            index += 1
        if not self._ended:
            self._check_end(index)

    def _read(self, timeline: Timeline, sampler: Sampler) -> tuple[int, npt.NDArray[np.uint8] | None] | None:
        """Return the next frame's time, and its image where it is to be analysed; None at the end."""
        with self._reading:
            if self._ended or not self._capture.grab():
                return None
            elapsed_ms = timeline.at(self._capture.get(cv2.CAP_PROP_POS_MSEC))
            if not sampler.takes(elapsed_ms):  # it is decoded, but never becomes BGR
                return elapsed_ms, None
            good, image = self._capture.retrieve()
            return (elapsed_ms, np.asarray(image, np.uint8)) if good else None

    def _check_end(self, good: int) -> None:
        promised = self.promised_frames
        if good == 0:
            raise SourceError(f"{self._path} opens as a video, but not one of its frames can be decoded")
        slack = _EXACT_SLACK if _counts_frames(self._path) else _ESTIMATED_SLACK_S * max(self._fps, 1.0)
        if promised - good > slack:
            cut = promised * shown_share(self._path) - good <= slack  # nobody can tell from one that was broken off
            raise DamagedError(
                f"{self._path} is damaged{' or was cut' if cut else ''}: its container promises {promised} frames, "
                f"{good} can be decoded{', which is all that its edit list shows' if cut else ''}; "
                "those were dealt with. Copy the file again if the rest matters"
            )

    def close(self) -> None:
        """Let go of the file, after a read that is under way."""
        super().close()
        with self._reading:
            self._capture.release()


def _check(path: Path) -> None:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise SourceError(f"a video file was expected at {path}, but it is a folder")
        if not stat.S_ISREG(mode):
            raise SourceError(f"a video file was expected at {path}, but it is a device or a pipe")
        with path.open("rb") as file:
            empty = not file.read(1)
    except FileNotFoundError:
        raise SourceError(f"there is no file {redact_address(str(path))}") from None  # a mistyped address
    except (OSError, ValueError) as error:  # a name with a zero byte is a ValueError
        told = getattr(error, "strerror", None) or error  # all that an error of the system says beside the path
        raise SourceError(f"cannot read {redact_address(str(path))}: {told}") from None
    if empty:
        raise SourceError(f"{path} is empty (0 bytes); was it copied to the end?")


def _counts_frames(path: Path) -> bool:
    """Return whether the container is one that counts its frames: MP4, QuickTime or AVI."""
    with path.open("rb") as file:
        head = file.read(12)
    return head[4:8] in (b"ftyp", b"moov", b"mdat") or (head[:4], head[8:]) == (b"RIFF", b"AVI ")
