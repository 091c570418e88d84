"""Frames in memory that two processes share: three slots, of which one is written while another is read.

The memory has no name: nothing of it is left anywhere once both processes are gone, however they went. Each slot has a
stamp, 0 while it is written and new with each frame. A reader that finds the same stamp before and after it has copied
a frame has a whole one.
"""

import fcntl
import mmap
import os
import tempfile
import time
from threading import Lock

import numpy as np
import numpy.typing as npt

from pipeline.sources.orders import Shown

Image = npt.NDArray[np.uint8]

SLOTS = 3  # the newest, the one being read, the one being written
_HEAD_BYTES = mmap.PAGESIZE  # the stamps, int64 each


def open_memory() -> int:
    """Return a file descriptor of shared memory that holds the stamps and no slot yet."""
    if not hasattr(os, "memfd_create"):  # not Linux: a file without a name
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
            os.ftruncate(descriptor, _HEAD_BYTES)
            return descriptor
    descriptor = os.memfd_create("frames", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(descriptor, _HEAD_BYTES)
    # A decoder gone wild cannot take away pages that its parent reads.
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK)
    return descriptor


def _stamps(memory: mmap.mmap) -> npt.NDArray[np.int64]:
    return np.frombuffer(memory, np.int64, SLOTS)


class SlotWriter:
    """The decoder's side; the memory grows with the frames and never shrinks."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._memory = mmap.mmap(descriptor, 0)
        self._capacity = 0  # bytes of a slot
        self._next = 0
        self._shape = (0, 0, 3)

    def slot(self) -> Image:
        """Return the next slot, marked as being written, in the shape of the frame before; ``put`` ends that."""
        _stamps(self._memory)[self._next] = 0
        return self._view(self._shape)

    def put(self, image: Image) -> tuple[int, int, int]:
        """Make an image the content of the next slot, with a copy unless it is what ``slot`` returned.

        Returns:
            Slot, stamp and offset of the frame.
        """
        slot = self._next
        if image.shape != self._shape:
            self._fit(image)
        place = self._view(image.shape)
        if not np.shares_memory(image, place):
            np.copyto(place, image)
        stamp = time.monotonic_ns()  # so that a decoder's successor on the same memory does not repeat one
        _stamps(self._memory)[slot] = stamp
        self._next = (slot + 1) % SLOTS
        return slot, stamp, _HEAD_BYTES + slot * self._capacity

    def _fit(self, image: Image) -> None:
        _stamps(self._memory)[:] = 0
        self._shape = image.shape
        if image.nbytes > self._capacity:
            self._capacity = -(-image.nbytes // mmap.PAGESIZE) * mmap.PAGESIZE
            size = _HEAD_BYTES + SLOTS * self._capacity
            if os.fstat(self._descriptor).st_size < size:
                os.ftruncate(self._descriptor, size)
            self._memory = mmap.mmap(self._descriptor, 0)  # the old one goes with the last array that shows it

    def _view(self, shape: tuple[int, ...]) -> Image:
        offset = _HEAD_BYTES + self._next * self._capacity
        count = int(np.prod(shape))
        return (
            np.frombuffer(self._memory, np.uint8, count, offset).reshape(shape) if count else np.empty(shape, np.uint8)
        )


class SlotReader:
    """The side of whoever takes the frames; any thread may read or close."""

    def __init__(self) -> None:
        self.descriptor = open_memory()
        try:
            self._memory: mmap.mmap | None = mmap.mmap(self.descriptor, 0)
        except OSError:
            os.close(self.descriptor)
            raise
        self._lock = Lock()

    def read(self, shown: Shown) -> Image | None:
        """Return a copy of a frame; None where it is there no more, never was, or the memory is closed."""
        count = shown.height * shown.width * 3
        with self._lock:
            if self._memory is None or not 0 <= shown.slot < SLOTS:
                return None
            if len(self._memory) < shown.offset + count:
                self._memory = mmap.mmap(self.descriptor, 0)
            too_far = len(self._memory) < shown.offset + count
            if too_far or int(_stamps(self._memory)[shown.slot]) != shown.stamp:
                return None
            image = np.frombuffer(self._memory, np.uint8, count, shown.offset).copy()
            whole = int(_stamps(self._memory)[shown.slot]) == shown.stamp
        return image.reshape(shown.height, shown.width, 3) if whole else None

    def close(self) -> None:
        """Let go of the memory; harmless when done twice."""
        with self._lock:
            if self._memory is not None:
                self._memory.close()
                self._memory = None
                os.close(self.descriptor)
