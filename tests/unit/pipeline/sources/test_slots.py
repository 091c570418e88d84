import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from pipeline.sources.orders import Shown
from pipeline.sources.slots import SLOTS, SlotReader, SlotWriter


@pytest.fixture
def reader() -> Iterator[SlotReader]:
    """Return the reader's side of a memory that holds nothing."""
    made = SlotReader()
    yield made
    made.close()


def plain(value: int, height: int = 4, width: int = 6) -> np.ndarray:
    """Return a picture of one colour."""
    return np.full((height, width, 3), value, np.uint8)


def shown(writer: SlotWriter, image: np.ndarray) -> Shown:
    """Put a picture and return what a decoder would tell of it."""
    return Shown(*writer.put(image), image.shape[1], image.shape[0], 0, 0, by_rtcp=False)


def test_what_is_put_is_read(reader: SlotReader) -> None:
    """A frame is read as it was put, as a copy that stays."""
    writer = SlotWriter(reader.descriptor)
    image = reader.read(shown(writer, plain(7)))
    for value in range(2 * SLOTS):
        writer.put(plain(value))
    assert np.array_equal(image, plain(7))


def test_a_frame_can_be_written_in_place(reader: SlotReader) -> None:
    """From the second frame of a size on, the slot itself is what is decoded into."""
    writer = SlotWriter(reader.descriptor)
    assert writer.slot().size == 0
    writer.put(plain(1))
    slot = writer.slot()
    slot[:] = 2
    assert np.array_equal(reader.read(shown(writer, slot)), plain(2))


def test_a_frame_that_was_replaced_is_not_read(reader: SlotReader) -> None:
    """As many frames later as there are slots, or while its slot is written, a frame is gone."""
    writer = SlotWriter(reader.descriptor)
    first, second = shown(writer, plain(1)), shown(writer, plain(2))
    writer.put(plain(3))
    assert reader.read(first) is not None
    writer.slot()  # the first one's, being written
    assert reader.read(first) is None
    assert np.array_equal(reader.read(second), plain(2))


def test_sizes_change(reader: SlotReader) -> None:
    """Larger and smaller frames follow one another in one memory; those of the size before are gone."""
    writer = SlotWriter(reader.descriptor)
    for value, (height, width) in enumerate([(4, 6), (700, 900), (2, 2), (1100, 1900)]):
        before = shown(writer, plain(200, height, width))
        image = reader.read(shown(writer, plain(value, height, width)))
        assert np.array_equal(image, plain(value, height, width))
    writer.put(plain(9, 3, 3))
    assert reader.read(before) is None


def test_memory_has_no_name(reader: SlotReader) -> None:
    """No file stands for the memory, so that none is left when both processes are killed."""
    place = Path(f"/proc/self/fd/{reader.descriptor}")
    if not place.exists():
        pytest.skip("this system does not tell")
    assert str(place.readlink()).endswith("(deleted)")


def test_nothing_is_read_from_closed_memory(reader: SlotReader) -> None:
    """Whoever reads while the source is closed gets nothing, and no error."""
    last = shown(SlotWriter(reader.descriptor), plain(1))
    reader.close()
    reader.close()
    assert reader.read(last) is None


def test_a_decoder_that_tells_nonsense_gives_no_frame(reader: SlotReader) -> None:
    """A frame beyond the memory or in a slot that is none does not come."""
    SlotWriter(reader.descriptor).put(plain(1))
    assert reader.read(Shown(1, 0, 1 << 40, 6, 4, 0, 0, by_rtcp=False)) is None
    assert reader.read(Shown(SLOTS, 0, 4096, 6, 4, 0, 0, by_rtcp=False)) is None


WRITES = """
import sys
import numpy as np
from pipeline.sources.slots import SlotWriter

writer = SlotWriter(int(sys.argv[1]))
for turn in range(3000):
    side = 60 + 40 * (turn // 300 % 4)
    slot = writer.slot()
    image = slot if slot.shape == (side, side, 3) else np.empty((side, side, 3), np.uint8)
    image[:] = turn % 251
    print(*writer.put(image), side, turn % 251, flush=True)
"""


def test_no_frame_is_torn(reader: SlotReader) -> None:
    """Against a process that writes as fast as it can, every frame that is read is of one piece."""
    command = [sys.executable, "-c", WRITES, str(reader.descriptor)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, pass_fds=[reader.descriptor], text=True) as writer:
        whole = 0
        for line in writer.stdout:
            slot, stamp, offset, side, value = map(int, line.split())
            image = reader.read(Shown(slot, stamp, offset, side, side, 0, 0, by_rtcp=False))
            if image is not None:
                whole += 1
                assert np.array_equal(image, plain(value, side, side))
    assert writer.returncode == 0
    assert whole > 0
