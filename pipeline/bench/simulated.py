"""Simulated cameras and networks, so that what lies between them can be measured."""

from collections.abc import Iterator, Mapping, Sequence
from threading import Event
from types import MappingProxyType, TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from detectors.base import Detections
from pipeline.clock import Clock
from pipeline.records import CaptureClock, Frame
from pipeline.sources.base import QueuePolicy, SourceState

Image = npt.NDArray[np.uint8]


class SimulatedSource:
    """Gives pictures that lie ready: all at once as recorded footage would, or at a rate for ever as a camera does."""

    dropped: Mapping[str, int] = MappingProxyType({})
    clock = CaptureClock.WALL
    reason = ""

    def __init__(self, camera_id: str, images: Sequence[Image], clock: Clock, live_fps: float | None = None) -> None:
        """Begin at the first picture.

        Args:
            camera_id: whose frames these are.
            images: handed out as they are; a live camera begins with them anew.
            clock: tells a live camera's times.
            live_fps: a live camera's rate; None for recorded footage of ten pictures a second.
        """
        self.camera_id = camera_id
        self.policy = QueuePolicy.WAIT if live_fps is None else QueuePolicy.DROP_OLDEST
        self._images = images
        self._time = clock
        self._fps = live_fps
        self._closed = Event()

    @property
    def state(self) -> SourceState:
        """Live until it is closed."""
        return SourceState.ENDED if self._closed.is_set() else SourceState.LIVE

    def frames(self) -> Iterator[Frame]:
        """Yield the pictures as frames."""
        return self._recorded() if self._fps is None else self._live(self._fps)

    def _recorded(self) -> Iterator[Frame]:
        for index, image in enumerate(self._images):
            if self._closed.is_set():
                return
            yield Frame(self.camera_id, index, 1_700_000_000_000 + 100 * index, CaptureClock.GIVEN, image)

    def _live(self, fps: float) -> Iterator[Frame]:
        index, began_s = 0, self._time.monotonic_s()
        # Cameras of one site do not beat in time.
        began_s += (sum(self.camera_id.encode()) * 0.618 % 1.0) / fps
        while not self._closed.wait(max(0.0, began_s + index / fps - self._time.monotonic_s())):
            image = self._images[index % len(self._images)]
            yield Frame(self.camera_id, index, self._time.now_ms(), CaptureClock.WALL, image)
            index += 1

    def close(self) -> None:
        """Give no more frames."""
        self._closed.set()

    def __enter__(self) -> Self:
        """Enter."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


class KnownDetector:
    """Knows whom each picture shows, and takes no time to say so."""

    name = "known"
    provider = "cpu"

    def __init__(self, images: Sequence[Image], found: Sequence[Detections]) -> None:
        """Remember the detections of each picture."""
        self._found = {id(image): each for image, each in zip(images, found, strict=True)}
        self._images = images  # their ids are theirs as long as they live

    def detect(self, frames: Sequence[Image]) -> list[Detections]:
        """Return what is known of the pictures."""
        return [self._found[id(frame)] for frame in frames]


class InstantEmbedder:
    """Gives every crop the same vector, in no time."""

    model_id = "instant"

    def encode_image(self, crops: Sequence[Image]) -> npt.NDArray[np.float32]:
        """Return (n, 512) float32."""
        return np.full((len(crops), 512), 512.0**-0.5, np.float32)
