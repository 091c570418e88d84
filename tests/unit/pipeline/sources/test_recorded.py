"""Films and folders of images as sources."""

import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.errors import DamagedError, SourceError
from pipeline.records import Frame
from pipeline.source import SourceSettings, open_source

# Closes films from another thread while they are read, again and again.
_CLOSING = """
import sys, time
from threading import Thread
from pipeline.source import open_source

for number in range(20):
    film = open_source(sys.argv[1], "door")
    def close():
        time.sleep(0.003 * number)
        film.close()
    closer = Thread(target=close)
    closer.start()
    for frame in film.frames():
        pass
    closer.join()
"""


def make_film(path: Path, frames: int, size_wh: tuple[int, int] = (320, 240)) -> Path:
    """Write a film of noise, 25 frames a second."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 25.0, size_wh)
    rng = np.random.default_rng(1)
    for _ in range(frames):
        writer.write(rng.integers(0, 255, (size_wh[1], size_wh[0], 3), np.uint8))
    writer.release()
    return path


def huge_png() -> bytes:
    """Return a PNG that says that it is 100,000 px wide and high."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"0" * 99)) + chunk(b"IEND", b"")


def test_a_film_may_be_closed_while_it_is_read(tmp_path: Path) -> None:
    """Whoever closes a film within a read of another thread ends its frames, and not the process."""
    film = make_film(tmp_path / "film.mp4", 60, (1280, 720))
    done = subprocess.run([sys.executable, "-c", _CLOSING, str(film)], check=False, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr


def cut(film: Path, from_s: float, shown_s: float) -> Path:
    """Write a film's edit list anew, as whoever cuts without coding anew does: it begins later, and is shorter."""
    held = bytearray(film.read_bytes())
    units = struct.unpack_from(">I", held, held.index(b"mdhd") + 16)[0]
    film_units = struct.unpack_from(">I", held, held.index(b"mvhd") + 16)[0]
    struct.pack_into(">II", held, held.index(b"elst") + 12, round(shown_s * film_units), round(from_s * units))
    film.write_bytes(held)
    return film


@pytest.mark.parametrize(("from_s", "shown_s", "frames"), [(0.8, 1.6, 40), (0.4, 1.0, 25)])
def test_a_film_that_was_cut_is_told_of_as_such(tmp_path: Path, from_s: float, shown_s: float, frames: int) -> None:
    """Where an MP4's edit list leaves out as many frames as are missing, the film may be whole, and that is said."""
    film, good = cut(make_film(tmp_path / "film.mp4", 60), from_s, shown_s), list[Frame]()
    told = "damaged or was cut: its container promises 60 frames, .* which is all that its edit list shows"
    with open_source(str(film), "door") as source, pytest.raises(DamagedError, match=told):
        good.extend(source.frames())
    assert len(good) == pytest.approx(frames, abs=1)


def test_a_film_that_was_cut_and_broken_is_damaged(tmp_path: Path) -> None:
    """A cut film of which frames are missing beyond those that were left out is told of as damaged, and no more."""
    film = cut(make_film(tmp_path / "film.mp4", 100), 0.8, 3.2)
    held = bytearray(film.read_bytes())
    held[len(held) // 2 : held.index(b"moov") - 4] = bytes(held.index(b"moov") - 4 - len(held) // 2)
    film.write_bytes(held)
    with open_source(str(film), "door") as source, pytest.raises(DamagedError, match="is damaged: its container"):
        list(source.frames())


def test_footage_as_old_as_time_begins_with_it(tmp_path: Path) -> None:
    """A file of 1970, as archives make them, has no times before that: no record of the log could hold them."""
    film, folder = make_film(tmp_path / "film.mp4", 30), tmp_path / "images"
    folder.mkdir()
    for number in range(10):
        cv2.imwrite(str(folder / f"{number}.png"), np.zeros((20, 20, 3), np.uint8))
    for path in (film, *folder.iterdir()):
        os.utime(path, (0, 0))
    for path in (film, folder):
        with open_source(str(path), "door") as source:
            assert next(iter(source.frames())).captured_at_ms == 0


def test_an_image_that_says_it_is_huge_harms_no_other(tmp_path: Path) -> None:
    """What OpenCV refuses to decode counts as damaged, and the images after it are still yielded."""
    for name in ("1.png", "3.png"):
        cv2.imwrite(str(tmp_path / name), np.zeros((20, 20, 3), np.uint8))
    (tmp_path / "2.png").write_bytes(huge_png())
    seen: list[int] = []
    with open_source(str(tmp_path), "door") as source, pytest.raises(DamagedError, match=r"1 of 3 images.*2\.png"):
        seen.extend(frame.index for frame in source.frames())
    assert seen == [0, 2]


def test_images_that_are_not_to_be_analysed_count_as_neither_good_nor_bad(tmp_path: Path) -> None:
    """A folder of which no chosen image can be decoded is useless, however many were left out by the rate."""
    for number in range(10):
        (tmp_path / f"{number}.png").write_bytes(b"no image")
    with (
        open_source(str(tmp_path), "door", SourceSettings(analysed_fps=2.5, folder_fps=5.0)) as source,
        pytest.raises(SourceError, match="none of the 5 images"),
    ):
        list(source.frames())


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_one_grey_pixel_is_a_frame(tmp_path: Path, depth: type) -> None:
    """A grey image of one pixel, of 8 or 16 bits, becomes a frame of three channels of 8 bits."""
    cv2.imwrite(str(tmp_path / "1.png"), np.full((1, 1), 200, depth))
    with open_source(str(tmp_path), "door", SourceSettings(analysed_fps=5.0)) as source:
        (frame,) = source.frames()
    assert (frame.image.shape, frame.image.dtype) == ((1, 1, 3), np.uint8)
