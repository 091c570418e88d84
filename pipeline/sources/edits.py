"""What an MP4's edit list leaves out: a film that was cut without being coded anew keeps frames that nobody is shown.

A cut can only begin where a frame stands by itself. So whoever cuts without coding anew keeps the frames from there on,
and writes into the edit list that the film begins later; FFmpeg decodes those frames and gives none of them.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_MOST_BYTES = 256 * 2**20  # of the index; a day's film has a tenth of that


def shown_share(path: Path) -> float:
    """Return which share of its frames an MP4 or QuickTime film shows, 0..1; 1 where it does not say otherwise."""
    try:
        with path.open("rb") as file:
            index = _index(file)
        return min(1.0, _share(index)) or 1.0  # an edit of no length is one that goes on to the end
    except (OSError, struct.error, ZeroDivisionError):  # no such film, or one whose index is damaged
        return 1.0


def _index(file: BinaryIO) -> bytes:
    """Return what the box ``moov`` holds; nothing where there is none."""
    while len(head := file.read(8)) == 8:
        size, kind = struct.unpack(">I4s", head)
        size -= 8
        if size == 1 - 8:  # longer than 32 bits can say
            size = struct.unpack(">Q", file.read(8))[0] - 16
        if kind == b"moov":
            return file.read(min(size, _MOST_BYTES)) if size >= 0 else b""
        if size < 0:  # up to the end of the file
            break
        file.seek(size, 1)
    return b""


def _boxes(held: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and content of the boxes that lie one after another."""
    place = 0
    while place + 8 <= len(held):
        size, kind = struct.unpack_from(">I4s", held, place)
        if size < 8:
            return
        yield kind, held[place + 8 : place + size]
        place += size


def _box(held: bytes, *path: bytes) -> bytes:
    """Return what the first box of a path of kinds holds; nothing where there is none."""
    for kind in path:
        held = next((content for found, content in _boxes(held) if found == kind), b"")
    return held


def _share(index: bytes) -> float:
    film_s = _length(_box(index, b"mvhd"))
    for kind, track in _boxes(index):
        if kind == b"trak" and _box(track, b"mdia", b"hdlr")[8:12] == b"vide" and film_s is not None:
            media_s = _length(_box(track, b"mdia", b"mdhd"))
            shown = sum(_edits(_box(track, b"edts", b"elst")))
            return shown / film_s[0] / (media_s[1] / media_s[0]) if shown and media_s else 1.0
    return 1.0


def _length(head: bytes) -> tuple[int, int] | None:
    """Return units a second and length in units, of a box ``mvhd`` or ``mdhd``."""
    if not head:
        return None
    units, length = struct.unpack_from(">IQ" if head[0] else ">II", head, 20 if head[0] else 12)
    return units, length


def _edits(listed: bytes) -> Iterator[int]:
    """Yield the lengths of what is shown, in the film's units; those that show nothing are left out."""
    if len(listed) < 8:
        return
    count = struct.unpack_from(">I", listed, 4)[0]
    form = ">QqI" if listed[0] else ">IiI"
    for number in range(min(count, (len(listed) - 8) // struct.calcsize(form))):
        length, begins, _ = struct.unpack_from(form, listed, 8 + number * struct.calcsize(form))
        if begins >= 0:
            yield length
