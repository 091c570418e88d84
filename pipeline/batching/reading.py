"""One camera's reader: a thread that opens the source and does nothing but move frames into the camera's lane."""

import logging
from collections.abc import Callable, Iterator, Mapping
from threading import Event, Lock, Thread

from pipeline.batching.lanes import Lane, Lanes
from pipeline.batching.steps import Step
from pipeline.camera import Camera
from pipeline.errors import DamagedError, PipelineError, SourceError
from pipeline.records import Frame
from pipeline.redact import redact
from pipeline.source import NOT_TAKEN, QueuePolicy, Source, SourceState, SourceStatus, is_live

_log = logging.getLogger(__name__)

Opening = Callable[[Camera], Source]

_FIRST_WAIT_S = 1.0  # after a live source has failed to open or has broken; doubled with each further failure
_LONGEST_WAIT_S = 30.0


class CameraReader:
    """Reads one camera until it is stopped, or to the end of its footage.

    A live camera whose source fails is opened again, after waits that double. Recorded footage that fails has ended,
    and ``error`` says why. A thread that hangs in a decoder harms nobody: it is left behind when it is stopped.
    """

    def __init__(self, camera: Camera, lanes: Lanes, opening: Opening, over: Event) -> None:
        """Begin to read; ``over`` is set once that has come to an end."""
        self.camera = camera
        self.error: PipelineError | None = None  # of recorded footage, which ended early or never began
        self.frames = 0
        self.step = Step("is the disk or the network share there that it lies on?", lanes.clock)  # of its source
        self._lanes = lanes
        self._opening = opening
        self._over = over
        self._source: Source | None = None
        self._policy: QueuePolicy | None = None  # of the source, once it was open
        self._status: SourceStatus | None = None  # of the source, at its end
        self._lane: Lane | None = None
        self._whole: Lane | None = None  # of footage that was read to its end
        self._state = SourceState.CONNECTING
        self._reason = ""
        self._stopping = Event()
        self._lock = Lock()  # guards source, lane and what was lost, which change together
        self._dropped: dict[str, int] = {}  # of sources and lanes that are no more
        self._ended = False
        self._thread = Thread(target=self._work, name=f"reader {camera.camera_id}", daemon=True)
        self._thread.start()

    @property
    def state(self) -> str:
        """How the source fares, a ``SourceState``. Only footage ends, once all that it showed is safe in the log."""
        source = self._source
        told = self._state if source is None else source.state
        if told is SourceState.ENDED and self._whole is not None and not self._whole.settled:
            told = SourceState.LIVE
        broke_off = (
            told is SourceState.ENDED and self._policy is QueuePolicy.DROP_OLDEST and not self._stopping.is_set()
        )
        return str(SourceState.RECONNECTING if broke_off else told)

    @property
    def reason(self) -> str:
        """Why it fares so, without secrets; empty where there is nothing to say. Anybody can write it down as UTF-8."""
        told = self._reason if self._source is None else getattr(self._source, "reason", "")
        return redact(str(told)).encode(errors="replace").decode()  # a file's name may be anything but UTF-8

    @property
    def status(self) -> SourceStatus | None:
        """How the source fares in numbers, or did at its end; None where it does not tell."""
        told = getattr(self._source, "status", None)
        return told if isinstance(told, SourceStatus) else self._status

    @property
    def dropped(self) -> Mapping[str, int]:
        """Frames that were lost, by reason."""
        with self._lock:
            lost = dict(self._dropped)
            if self._source is not None:
                _add(lost, self._source.dropped)
            if self._lane is not None:
                _add(lost, {NOT_TAKEN: self._lane.dropped})
            return lost

    @property
    def whole(self) -> bool:
        """Whether this is footage that was read to its end, and all that it showed is safe in the log."""
        return self._whole is not None and self._whole.settled

    @property
    def ended(self) -> bool:
        """Whether it will never read again."""
        return self._ended

    def stop(self) -> None:
        """Ask it to end; does not wait."""
        self._stopping.set()
        with self._lock:
            source, lane = self._source, self._lane
        if lane is not None:
            lane.end()
        if source is not None:
            closing = Thread(target=source.close, name=f"closing {self.camera.camera_id}", daemon=True)
            try:
                closing.start()
            except RuntimeError:  # the system starts no further thread; that one would not wait for a camera that hangs
                source.close()

    def join(self, timeout_s: float) -> None:
        """Wait for its end, but no longer than that."""
        self._thread.join(timeout_s)

    def _work(self) -> None:
        try:
            self._read_on()
        finally:
            self._ended = True
            self._over.set()

    def _read_on(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            before = self.frames
            again = self._read_to_its_end()
            failures = 1 if self.frames > before else failures + 1
            wait_s = min(_FIRST_WAIT_S * 2.0 ** min(failures - 1, 30), _LONGEST_WAIT_S)
            if not again or self._stopping.wait(wait_s):
                return
        self._state = SourceState.ENDED

    def _read_to_its_end(self) -> bool:
        """Read the source once; return whether it is worth another try."""
        camera_id = self.camera.camera_id
        try:
            self._read()
        except SourceError as error:
            self._state, self._reason, self.error = SourceState.FAILED, str(error), error
        except Exception as error:  # noqa: BLE001 - a source must not end the others' service
            self.error = SourceError(redact(f"camera '{camera_id}': {type(error).__name__}: {error}"))
            self._state, self._reason = SourceState.FAILED, str(self.error)
        else:
            self._state, self._reason, self.error = SourceState.ENDED, "", None
        finally:
            self.step.end()
        if isinstance(self.error, DamagedError):
            self._state = SourceState.ENDED
        if self.error is not None and not self._stopping.is_set():
            _log.warning("camera '%s' at %s: %s", camera_id, self.camera.address, self._reason)
        if not self._is_live():
            return False
        self.error = None  # a camera that is to be asked again has not failed for good
        return not self._stopping.is_set()

    def _is_live(self) -> bool:
        if self._policy is not None:
            return self._policy is QueuePolicy.DROP_OLDEST
        try:
            return is_live(self.camera.url)
        except SourceError:  # an address that nobody knows does not get better
            return False

    def _read(self) -> None:
        self.step.begin(f"camera '{self.camera.camera_id}' has been opening")
        with self._opening(self.camera) as source:
            self.step.end()
            self._source, self._policy = source, source.policy
            if self._stopping.is_set():  # from here on, ``stop`` closes the source
                return
            lane = self._lane = self._lanes.open(self.camera, source.policy)
            try:
                for frame in source.frames() if lane.is_live else self._timed(source.frames()):
                    if self._stopping.is_set() or not lane.put(frame):
                        break
                    self.frames += 1
                else:
                    self._whole = None if lane.is_live or self._stopping.is_set() else lane
            except DamagedError:
                self._whole = lane
                raise
            finally:
                lane.end()
                self._status = self.status
                with self._lock:
                    _add(self._dropped, source.dropped)
                    _add(self._dropped, {NOT_TAKEN: lane.dropped})
                    self._source = self._lane = None

    def _timed(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        """Yield recorded frames, and time how long each is waited for; a camera's source does that itself."""
        waiting = f"camera '{self.camera.camera_id}' has been reading its footage without a frame"
        self.step.begin(waiting)
        for frame in frames:
            self.step.end()
            yield frame
            self.step.begin(waiting)


def _add(into: dict[str, int], more: Mapping[str, int]) -> None:
    for reason, count in dict(more).items():  # a copy in one step, for the source's own thread adds to it
        into[reason] = into.get(reason, 0) + count
