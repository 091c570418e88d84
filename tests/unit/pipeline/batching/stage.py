"""Cameras, detectors and embedders that do as they are told, for the tests of batching."""

from collections.abc import Callable, Iterator, Sequence
from threading import Event
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from detectors.base import Detections
from pipeline.records import CaptureClock, Frame
from pipeline.sources.base import QueuePolicy, SourceState

Image = npt.NDArray[np.uint8]


def people(*boxes: tuple[float, float, float, float], confidence: float = 0.9) -> Detections:
    """Return detections of that confidence."""
    xyxy = np.array(boxes, np.float32).reshape(-1, 4)
    return Detections(xyxy, np.full(len(xyxy), confidence, np.float32))


def picture(seed: int = 1, size_wh: tuple[int, int] = (160, 120)) -> Image:
    """Return a picture with as much detail as a sharp crop has."""
    return np.random.default_rng(seed).integers(0, 255, (size_wh[1], size_wh[0], 3), np.uint8)


def frame(camera_id: str = "door", index: int = 0, **fields: Any) -> Frame:
    """Return a frame; the tenth of a second is its index."""
    return Frame(camera_id, index, 1_000_000 + 100 * index, fields.get("clock", CaptureClock.GIVEN), fields["image"])


class Film:
    """A source of recorded frames, or of a camera that has so many and is then silent until it is closed."""

    dropped: dict[str, int] = {}  # noqa: RUF012 - nothing is ever put in
    clock = CaptureClock.GIVEN
    reason = ""

    def __init__(self, camera_id: str, frames: Sequence[Frame | Exception], *, live: bool = False) -> None:
        self.camera_id = camera_id
        self.policy = QueuePolicy.DROP_OLDEST if live else QueuePolicy.WAIT
        self.state = SourceState.LIVE
        self.closed = Event()
        self._frames = frames

    def frames(self) -> Iterator[Frame]:
        """Yield or raise what was given; a camera's thread then waits until it is closed."""
        for each in self._frames:
            if isinstance(each, Exception):
                raise each
            if self.closed.is_set():
                return
            yield each
        if self.policy is QueuePolicy.DROP_OLDEST:
            self.closed.wait()

    def close(self) -> None:
        """End."""
        self.state = SourceState.ENDED
        self.closed.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object) -> None:
        self.close()


class Everywhere:
    """A detector that finds the same people in each frame, and remembers the batches; some frames it cannot bear."""

    name = "everywhere"
    provider = "cpu"

    def __init__(self, found: Detections, unbearable: Callable[[Image], bool] = lambda _: False) -> None:
        self.batches: list[list[Image]] = []
        self._found = found
        self._unbearable = unbearable

    def detect(self, frames: Sequence[Image]) -> list[Detections]:
        """Return the same people for each frame."""
        self.batches.append(list(frames))
        if any(map(self._unbearable, frames)):
            raise ValueError("this frame cannot be borne")
        return [self._found for _ in frames]


class Mean:
    """An embedder whose vectors are the mean colours of the crops."""

    model_id = "mean"

    def __init__(self, unbearable: Callable[[Image], bool] = lambda _: False) -> None:
        self.batches: list[int] = []
        self._unbearable = unbearable

    def encode_image(self, crops: Sequence[Image]) -> npt.NDArray[np.float32]:
        """Return (n, 3) float32."""
        self.batches.append(len(crops))
        if any(map(self._unbearable, crops)):
            raise ValueError("this crop cannot be borne")
        return np.stack([crop.mean(axis=(0, 1)).astype(np.float32) for crop in crops])
