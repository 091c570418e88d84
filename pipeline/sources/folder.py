"""A folder of images as a source."""

import re
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.errors import DamagedError, SourceError
from pipeline.records import Frame
from pipeline.sources.base import SourceSettings
from pipeline.sources.recorded import Recorded, since_epoch
from pipeline.sources.times import Sampler

SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})


class FolderSource(Recorded):
    """The images of a folder in the order of their names, ``folder_fps`` of them a second.

    Counted from the given start (clock ``given``), else so that the last image falls on its modification time
    (clock ``file``). Numbers in names count as numbers: ``2.jpg`` comes before ``10.jpg``.
    """

    def __init__(self, path: Path, camera_id: str, settings: SourceSettings) -> None:
        """List the folder.

        Raises:
            SourceError: it cannot be read or holds no image.
        """
        super().__init__(camera_id, settings)
        self._path = path
        self._images = sorted(_images(path), key=_natural)
        if not self._images:
            known = ", ".join(sorted(SUFFIXES))
            raise SourceError(f"the folder {path} holds no image; footage may be a folder of files {known}")

    @property
    def started_at_ms(self) -> int:
        """UTC of the first image."""
        if self._settings.started_at_ms is not None:
            return self._settings.started_at_ms
        ended_at_ms = round(self._images[-1].stat().st_mtime_ns / 1e6)
        return since_epoch(ended_at_ms - self._elapsed_ms(len(self._images) - 1))

    def frames(self) -> Iterator[Frame]:
        """Yield the images that are to be analysed.

        Raises:
            SourceError: not one image can be decoded.
            DamagedError: some could not be decoded; all others have been yielded.
        """
        sampler, started_at_ms = Sampler(self._settings.analysed_fps), self.started_at_ms
        good, bad = 0, list[str]()
        for index, path in enumerate(self._images):
            elapsed_ms = self._elapsed_ms(index)
            if self._ended:
                return
            if not sampler.takes(elapsed_ms):
                continue
            image = _read(path)
            if image is None:
                bad.append(path.name)
            else:
                good += 1
                yield Frame(self.camera_id, index, started_at_ms + elapsed_ms, self.clock, image)
        self._check_end(good, bad)

    def _elapsed_ms(self, index: int) -> int:
        return round(1000.0 * index / self._settings.folder_fps)

    def _check_end(self, good: int, bad: list[str]) -> None:
        if not good:
            raise SourceError(f"none of the {len(bad)} images of {self._path} can be decoded")
        if bad:
            raise DamagedError(
                f"{self._path}: {len(bad)} of {good + len(bad)} images cannot be decoded, the first is {bad[0]}; "
                "the others were dealt with"
            )


def _images(path: Path) -> list[Path]:
    try:
        return [file for file in path.iterdir() if file.suffix.lower() in SUFFIXES and file.is_file()]
    except OSError as error:
        raise SourceError(f"cannot list the folder {path}: {error.strerror}") from error


def _natural(path: Path) -> tuple[list[tuple[int, str]], str]:
    parts = re.findall(r"\d+|\D+", path.name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts], path.name


def _read(path: Path) -> npt.NDArray[np.uint8] | None:
    try:
        coded = np.frombuffer(path.read_bytes(), np.uint8)
        image = cv2.imdecode(coded, cv2.IMREAD_COLOR) if coded.size else None
    except (OSError, cv2.error):  # OpenCV refuses sizes beyond a bound so, damaged ones among them
        return None
    return None if image is None else np.asarray(image, np.uint8)
