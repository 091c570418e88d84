"""A video file as a source."""

import stat
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from pipeline.errors import DamagedError, SourceError
from pipeline.records import Frame
from pipeline.redact import redact_address
from pipeline.sources.base import SourceSettings
from pipeline.sources.capture import open_capture
from pipeline.sources.recorded import Recorded
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
        self._fps = self._capture.get(cv2.CAP_PROP_FPS)

    @property
    def promised_frames(self) -> int:
        """How many frames the container says there are; 0 where it does not say."""
        count = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        return int(count) if 0.0 < count < 1e12 else 0

    @property
    def started_at_ms(self) -> int:
        """UTC of the first frame."""
        if self._settings.started_at_ms is not None:
            return self._settings.started_at_ms
        duration_ms = 1000.0 * self.promised_frames / self._fps if self._fps > 0.0 else 0.0
        return round(self._path.stat().st_mtime_ns / 1e6 - duration_ms)

    def frames(self) -> Iterator[Frame]:
        """Yield the frames that are to be analysed.

        Raises:
            SourceError: not one frame can be decoded.
            DamagedError: the file ends before the frames that its container promises.
        """
        timeline, sampler = Timeline(self._fps), Sampler(self._settings.analysed_fps)
        started_at_ms, index = self.started_at_ms, 0
        while not self._ended and self._capture.grab():
            elapsed_ms = timeline.at(self._capture.get(cv2.CAP_PROP_POS_MSEC))
            if sampler.takes(elapsed_ms):  # the others are decoded, but never become BGR
                good, image = self._capture.retrieve()
                if not good:
                    break
                yield Frame(self.camera_id, index, started_at_ms + elapsed_ms, self.clock, np.asarray(image, np.uint8))
            index += 1
        if not self._ended:
            self._check_end(index)

    def _check_end(self, good: int) -> None:
        promised = self.promised_frames
        if good == 0:
            raise SourceError(f"{self._path} opens as a video, but not one of its frames can be decoded")
        slack = _EXACT_SLACK if _counts_frames(self._path) else _ESTIMATED_SLACK_S * max(self._fps, 1.0)
        if promised - good > slack:
            raise DamagedError(
                f"{self._path} is damaged: its container promises {promised} frames, {good} can be decoded; "
                "those were dealt with. Copy the file again if the rest matters"
            )

    def close(self) -> None:
        """Let go of the file."""
        super().close()
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
        raise SourceError(f"cannot read {path}: {error}") from error
    if empty:
        raise SourceError(f"{path} is empty (0 bytes); was it copied to the end?")


def _counts_frames(path: Path) -> bool:
    """Return whether the container is one that counts its frames: MP4, QuickTime or AVI."""
    with path.open("rb") as file:
        head = file.read(12)
    return head[4:8] in (b"ftyp", b"moov", b"mdat") or (head[:4], head[8:]) == (b"RIFF", b"AVI ")
