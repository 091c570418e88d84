"""Which cameras are read now: readers are added, removed and replaced as the cameras of the site change."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Event, Lock

from pipeline.batching.lanes import Lanes
from pipeline.batching.reading import CameraReader, Opening
from pipeline.batching.steps import STUCK_AFTER_S, Step
from pipeline.camera import Camera
from pipeline.errors import PipelineError
from pipeline.source import SourceState, SourceStatus

_log = logging.getLogger(__name__)

Cameras = Callable[[], Mapping[str, Camera]]  # those to watch now, by id
Report = Callable[[str, str, str], None]  # camera id, state, reason


@dataclass(frozen=True, slots=True)
class Reading:
    """How the reading of one camera goes."""

    state: str
    reason: str  # without secrets
    frames: int
    dropped: Mapping[str, int]  # by reason
    status: SourceStatus | None  # of its source, where that tells


class Roster:
    """The readers of the cameras to watch. ``follow`` belongs to one thread; the properties may be read from any."""

    def __init__(
        self,
        cameras: Cameras,
        lanes: Lanes,
        opening: Opening,
        report: Report | None = None,
        stuck_after_s: float = STUCK_AFTER_S,
    ) -> None:
        """Begin without readers.

        Args:
            cameras: returns those to watch now.
            lanes: where their frames wait.
            opening: opens a source.
            report: is told how each camera fares.
            stuck_after_s: footage that is being opened or read for so long without a frame has stalled.
        """
        self.trouble: str | None = None  # why it is not known which cameras to watch
        self.over = Event()  # set whenever the reading of a camera has come to an end
        self._cameras = cameras
        self._lanes = lanes
        self._opening = opening
        self._report = report
        self._stuck_after_s = stuck_after_s
        self._readers: dict[str, CameraReader] = {}
        self._dropped: dict[str, int] = {}  # by readers that are no more
        self._counting = Lock()  # no frame counts twice while its reader goes: the sum would shrink afterwards

    def follow(self) -> None:
        """Ask which cameras to watch, and begin and end readers accordingly; then report how each fares."""
        try:
            wanted = {key: camera for key, camera in self._cameras().items() if camera.enabled}
        except PipelineError as error:
            self.trouble = f"which cameras to watch is not known, the last ones are watched on: {error}"
        else:
            self.trouble = None
            for key in [key for key, reader in self._readers.items() if wanted.get(key) != reader.camera]:
                self._let_go(key)
            for key in [key for key in wanted if key not in self._readers]:
                self._begin(wanted[key])
        self._tell(self._readers)

    def tell_ended(self) -> None:
        """Report which footage has ended; the last word, when the readers have been closed."""
        self._tell({key: reader for key, reader in self._readers.items() if reader.whole})

    def _tell(self, readers: Mapping[str, CameraReader]) -> None:
        report = self._report or (lambda *_: None)
        for key, reader in readers.items():
            reading = self._reading(reader)
            if reading.state != SourceState.ENDED or reader.whole:  # else its reader was stopped, and others go on
                report(key, reading.state, reading.reason)

    def close(self, timeout_s: float) -> None:
        """End all readers, and wait for them no longer than that together."""
        readers = list(self._readers.values())
        for reader in readers:
            reader.stop()
        until_s = self._lanes.clock.monotonic_s() + timeout_s
        for reader in readers:
            reader.join(max(0.0, until_s - self._lanes.clock.monotonic_s()))

    @property
    def readings(self) -> Mapping[str, Reading]:
        """How the reading of each camera goes, by camera."""
        return {key: self._reading(reader) for key, reader in self._readers.items()}

    @property
    def steps(self) -> list[Step]:
        """What each reader of footage is at."""
        return [reader.step for reader in self._readers.values()]

    @property
    def dropped(self) -> Mapping[str, int]:
        """Frames that were lost, by reason, of all cameras, those that are no longer watched included."""
        with self._counting:
            lost = dict(self._dropped)
            for reader in self._readers.values():
                for reason, count in reader.dropped.items():
                    lost[reason] = lost.get(reason, 0) + count
        return lost

    @property
    def all_ended(self) -> bool:
        """Whether there are cameras, and every one of them is recorded footage that has ended."""
        readers = self._readers.values()
        return bool(readers) and all(reader.ended for reader in readers)

    @property
    def errors(self) -> list[PipelineError]:
        """Why recorded footage ended early or never began."""
        found = (reader.error for reader in self._readers.values() if reader.ended)
        return [error for error in found if error is not None]

    def _reading(self, reader: CameraReader) -> Reading:
        state, reason, hangs = reader.state, reader.reason, reader.step.trouble(self._stuck_after_s)
        if hangs is not None:
            state, reason = str(SourceState.STALLED), hangs
        return Reading(state, reason, reader.frames, reader.dropped, reader.status)

    def _begin(self, camera: Camera) -> None:
        try:
            reader = CameraReader(camera, self._lanes, self._opening, self.over)
        except RuntimeError as error:  # the system starts no further thread; perhaps it does the next time
            limits = "see `ulimit -u` and the limits of its container"
            self.trouble = f"camera '{camera.camera_id}' cannot be watched: {error}; {limits}"
        else:
            self._readers = {**self._readers, camera.camera_id: reader}

    def _let_go(self, key: str) -> None:
        reader = self._readers[key]
        reader.stop()
        with self._counting:
            for reason, count in reader.dropped.items():
                self._dropped[reason] = self._dropped.get(reason, 0) + count
            self._readers = {other: each for other, each in self._readers.items() if other != key}
        _log.info("camera '%s' is no longer watched as it was", key)
