"""Where frames wait for a batch: a short lane for each camera, and the fair gathering from all of them.

The pressure ends at the source: a lane of recorded footage makes its reader wait, a lane of a live camera keeps the
newest frame and counts the one that had to go.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Condition, RLock
from typing import NamedTuple

from pipeline.camera import Camera
from pipeline.clock import Clock
from pipeline.errors import SettingsError
from pipeline.records import Frame
from pipeline.sources.base import QueuePolicy

_NEVER_S = 1e9  # on the monotonic clock


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """When a batch is due."""

    most_frames: int = 8  # a batch is full
    longest_wait_ms: float = 10.0  # and due when a frame has waited for so long

    def __post_init__(self) -> None:
        """Refuse what makes no sense.

        Raises:
            SettingsError: a number is out of range.
        """
        if self.most_frames < 1 or not 0.0 <= self.longest_wait_ms < 60_000.0:
            raise SettingsError(
                "a batch ([ingest] batch and max_wait_ms) has 1 frame or more and is waited for 0..60000 ms, "
                f"but got {self.most_frames} and {self.longest_wait_ms}"
            )


class Waiting(NamedTuple):
    """A frame, and since when it waits in its lane, on the monotonic clock."""

    frame: Frame
    since_s: float


class Taken(NamedTuple):
    """A frame of a batch."""

    lane: "Lane"
    frame: Frame
    since_s: float


@dataclass(frozen=True, slots=True)
class Batch:
    """Frames of any cameras, those of one camera in the order of their times; and the lanes that end after them."""

    taken: tuple[Taken, ...]
    ended: tuple["Lane", ...]


class Lane:
    """Where one camera's frames wait. One thread puts them in; ``Lanes`` takes them out."""

    def __init__(self, camera: Camera, policy: QueuePolicy, lanes: "Lanes") -> None:
        """Begin empty; ``Lanes.open`` does this."""
        self.camera = camera
        self.policy = policy
        self.ended = False
        self.settled = False  # whether it has ended, and all that its frames showed is safe in the log
        self.waiting = deque[Waiting]()
        self.paused_until_s = float("-inf")
        self.has_changed = Condition(lanes.lock)  # for whoever waits to put a frame in
        self._lanes = lanes
        self._dropped = 0

    @property
    def is_live(self) -> bool:
        """Whether the newest frame counts, and none is waited for."""
        return self.policy is QueuePolicy.DROP_OLDEST

    @property
    def dropped(self) -> int:
        """Frames that were lost here, each because a newer one came before it was taken."""
        return self._dropped

    @property
    def has_room(self) -> bool:
        """Whether another frame may wait without one being lost."""
        return len(self.waiting) < (1 if self.is_live else self._lanes.room)

    def put(self, frame: Frame) -> bool:
        """Add a frame: at once where the camera is live, else when there is room; return False when it has ended."""
        with self._lanes.lock:
            if not self.is_live:
                self.has_changed.wait_for(lambda: self.ended or self.has_room)
            if self.ended:
                return False
            if self.is_live:
                self._dropped += len(self.waiting)
                self.waiting.clear()
            self.waiting.append(Waiting(frame, self._lanes.clock.monotonic_s()))
            self._lanes.has_changed.notify()
            return True

    def end(self) -> None:
        """Take no further frame; those that wait are still gathered. Harmless when done twice."""
        with self._lanes.lock:
            self.ended = True
            self.paused_until_s = float("-inf")
            self.has_changed.notify_all()
            self._lanes.has_changed.notify()

    def pause(self, seconds: float) -> None:
        """Leave its frames alone for a while: a live camera's are replaced, recorded ones wait."""
        with self._lanes.lock:
            if not self.ended:
                self.paused_until_s = self._lanes.clock.monotonic_s() + seconds


class Lanes:
    """All lanes of one accelerator, and the batches gathered from them: one thread gathers.

    A batch is due when it is full, when a frame has waited for the longest time, or when no lane has room left: a
    camera that is silent is never waited for. The lanes take turns, one frame each, and the next batch goes on where
    this one stopped; so no camera gets more than its share while others wait.
    """

    def __init__(self, settings: BatchSettings, clock: Clock) -> None:
        """Begin without lanes."""
        self.lock = RLock()  # guards the lanes, too
        self.has_changed = Condition(self.lock)  # for whoever gathers
        self.clock = clock
        self._settings = settings
        self._turn = deque[Lane]()  # whose turn it is, first
        self._closed = False

    @property
    def room(self) -> int:
        """How many frames of recorded footage may wait in one lane."""
        return max(2, self._settings.most_frames // max(1, len(self._turn)))

    def open(self, camera: Camera, policy: QueuePolicy) -> Lane:
        """Return a new lane; it stays until it has ended and is empty."""
        lane = Lane(camera, policy, self)
        with self.lock:
            self._turn.append(lane)
            lane.ended = self._closed
            self.has_changed.notify()
        return lane

    def close(self) -> None:
        """End every lane; gathering ends with the frames that wait."""
        with self.lock:
            self._closed = True
            for lane in self._turn:
                lane.end()
            self.has_changed.notify()

    def batches(self) -> Iterator[Batch]:
        """Yield batches as they become due, until the lanes are closed and empty; blocks in between."""
        while (batch := self._gather()) is not None:
            yield batch

    def _gather(self) -> Batch | None:
        with self.lock:
            while True:
                wait_s = self._due_in_s()
                if wait_s <= 0.0:
                    return self._take()
                if self._closed and not self._turn:
                    return None
                self.has_changed.wait(wait_s)

    def _due_in_s(self) -> float:
        """Return in how many seconds a batch is due, if nothing happens until then."""
        now_s, waiting, due_s, room = self.clock.monotonic_s(), 0, _NEVER_S, False
        longest_wait_s = self._settings.longest_wait_ms / 1000.0
        for lane in self._turn:
            if not lane.waiting:
                if lane.ended:
                    return 0.0
                room = True
            elif lane.paused_until_s > now_s:
                due_s = min(due_s, lane.paused_until_s)
            else:
                waiting += len(lane.waiting)
                due_s = min(due_s, lane.waiting[0].since_s + longest_wait_s)
                room = room or lane.has_room
        full = waiting >= self._settings.most_frames or (waiting > 0 and not room)
        return 0.0 if full else due_s - now_s

    def _take(self) -> Batch:
        now_s, taken, passed = self.clock.monotonic_s(), list[Taken](), 0
        while len(taken) < self._settings.most_frames and passed < len(self._turn):
            lane = self._turn[0]
            self._turn.rotate(-1)
            if lane.waiting and lane.paused_until_s <= now_s:
                taken.append(Taken(lane, *lane.waiting.popleft()))
                lane.has_changed.notify()
                passed = 0
            else:
                passed += 1
        ended = tuple(lane for lane in self._turn if lane.ended and not lane.waiting)
        for lane in ended:
            self._turn.remove(lane)
        return Batch(tuple(taken), ended)
