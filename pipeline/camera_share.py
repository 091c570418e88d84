"""Which cameras this ingest process is to watch now: its part of the site's, kept up to date from the camera store.

Several processes share the cameras by leases in the store; docs/cameras.md describes what happens when one of them
joins, dies, hangs or loses the store.
"""

import logging
import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import Event, Lock, Thread
from types import MappingProxyType, TracebackType
from typing import Self

from pipeline.camera import Camera
from pipeline.clock import Clock, SystemClock
from pipeline.errors import StoreError
from pipeline.redact import redact
from pipeline.store.cameras import ENDED, LIVE, STUCK, Beat, CameraStore, Lease, StreamReport

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast members notice things; the defaults take cameras over within 7 s of a death."""

    beat_s: float = 1.0  # between beats: edits and deaths are noticed after so long
    lease_s: float = 6.0  # without a beat, a member counts as dead after so long
    settle_s: float = 5.0  # who is new takes nothing over from the living before: it may be dying again and again
    handover_s: float = 5.0  # a camera that was taken over is watched on for so long, unless its new member has frames
    overdue_s: float = 3.0  # a camera that nobody watches for so long is taken beyond the even share


class Membership:
    """One member's part in the sharing, a beat at a time. Not thread-safe but for ``report`` and ``hangs``."""

    def __init__(
        self, store: CameraStore, fixed: Mapping[str, Camera], clock: Clock | None = None, pace: Pace | None = None
    ) -> None:
        """Begin with no camera.

        Args:
            store: where cameras and leases are.
            fixed: the cameras of lookout.toml, by id; the store's camera of the same id has precedence.
            clock: tells the time.
            pace: how fast things are noticed.
        """
        self.hangs: str | None = None  # what this process hangs in, so that it watches nothing; any thread sets it
        self.name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self._store, self._fixed = store, dict(fixed)
        self._clock, self._pace = clock or SystemClock(), pace or Pace()
        self._lock = Lock()
        self._reports: dict[str, StreamReport] = {}
        self.damaged: Mapping[str, str] = {}  # of each camera whose record cannot be read: what is wrong, what to do
        self._stored: dict[str, Camera] = {}  # the store's, as each could be read last
        self._watched: dict[str, Camera] = {}
        self._beat_at_s: float | None = None  # the last one that the store took
        self._joined_at_s = 0.0
        self._came_back = False  # whether it joined again, after a silence in which its leases ran out
        self._free_since_s: dict[str, float] = {}
        self._lost_since_s: dict[str, float] = {}

    def beat(self) -> Mapping[str, Camera]:
        """Tell the store that this member lives; return the cameras that it is to watch, by id.

        Raises:
            StoreError: the store does not answer; what was watched is to be watched on.
        """
        known = self._known()
        now_s = self._clock.monotonic_s()
        if self._beat_at_s is None or now_s - self._beat_at_s >= self._pace.lease_s:
            self._joined_at_s, self._came_back = now_s, self._beat_at_s is not None
        leases = self._store.share(self._tell(frozenset(known), now_s))
        self._beat_at_s = now_s
        free = known.keys() - leases.keys()
        self._free_since_s = {camera_id: self._free_since_s.get(camera_id, now_s) for camera_id in free}
        self._watched = {
            camera_id: camera
            for camera_id, camera in sorted(known.items())
            if self._watches(camera_id, leases.get(camera_id), now_s)
        }
        return MappingProxyType(self._watched)

    def _known(self) -> Mapping[str, Camera]:
        """Return the cameras that could be watched; the store's that is damaged now as it was before.

        Without that, a damaged camera is unknown, even where lookout.toml has one of its id: it may have been put into
        the store to be watched no more.
        """
        roll = self._store.cameras()
        before = {key: camera for key, camera in self._stored.items() if key in roll.damaged}
        self._stored = before | {camera.camera_id: camera for camera in roll.cameras}
        for key in sorted(roll.damaged.keys() - self.damaged.keys()):
            until = "it is watched on as it was" if key in before else "it is not watched by this process"
            _log.warning("%s; until then %s", roll.damaged[key], until)
        self.damaged = roll.damaged
        fixed = {key: camera for key, camera in self._fixed.items() if key not in roll.damaged}
        return {key: camera for key, camera in (fixed | self._stored).items() if camera.enabled}

    def _tell(self, known: frozenset[str], now_s: float) -> Beat:
        pace = self._pace
        overdue = (key for key, since_s in self._free_since_s.items() if now_s - since_s >= pace.overdue_s)
        with self._lock:
            self._reports = {key: report for key, report in self._reports.items() if key in self._watched}
            watching = {key: self._reports.get(key, StreamReport()) for key in self._watched}
        settled = now_s - self._joined_at_s >= pace.settle_s
        returned = not settled and self._came_back
        hangs = self.hangs
        if hangs is not None:
            watching = {key: _stuck(report, hangs) for key, report in watching.items()}
        told = Beat(self.name, pace.lease_s, known, watching, frozenset(overdue), settled, returned)
        return replace(told, hangs=hangs is not None)

    def _watches(self, camera_id: str, lease: Lease | None, now_s: float) -> bool:
        """Return whether a camera is to be watched: losing footage is worse than watching twice for a while."""
        if lease is not None and lease.member == self.name:
            self._lost_since_s.pop(camera_id, None)
            return True
        if camera_id not in self._watched:
            return False
        if lease is None:
            self._lost_since_s.pop(camera_id, None)  # who takes it next has its own time to get frames
            return True  # whoever watched it last does until somebody takes it
        since_s = self._lost_since_s.setdefault(camera_id, now_s)
        watches = lease.report.state != LIVE and now_s - since_s < self._pace.handover_s
        if not watches:
            del self._lost_since_s[camera_id]
        return watches

    def report(self, camera_id: str, state: str, reason: str = "") -> None:
        """Say how a watched camera's stream goes, for the next beat; may be called from any thread, and never waits."""
        with self._lock:
            before = self._reports.get(camera_id)
            began = before.since_ms if before is not None and before.state == state else self._clock.now_ms()
            self._reports[camera_id] = StreamReport(state, reason, began)

    def leave(self) -> None:
        """Let the others take over at once.

        Raises:
            StoreError: the store does not answer; they take over when the lease has run out.
        """
        self._store.leave(self.name)


def _stuck(report: StreamReport, words: str) -> StreamReport:
    return report if report.state == ENDED else replace(report, state=STUCK, reason=words)


class CameraShare:
    """Keeps up a membership from a thread of its own; calling it gives the cameras to watch now. A context manager.

    While the store does not answer, this process goes on watching what it has, for as long as that takes: when the
    store is away for all, letting go would blind the site, and when it is away for this process alone, the others
    take over, and the cameras are watched twice until it hears of that.
    """

    def __init__(
        self, store: CameraStore, fixed: Mapping[str, Camera], clock: Clock | None = None, pace: Pace | None = None
    ) -> None:
        """Join; see ``Membership`` for the arguments. The store stays the caller's to close.

        Raises:
            StoreError: the store does not answer.
        """
        self._pace = pace or Pace()
        self._membership = Membership(store, fixed, clock, self._pace)
        self._watched = self._membership.beat()
        self._trouble: str | None = None
        self._ending = Event()
        self._thread = Thread(target=self._follow, name="camera-share", daemon=True)
        self._thread.start()

    def __call__(self) -> Mapping[str, Camera]:
        """Return the cameras to watch now, by id; an edited camera is another record than before.

        Never waits, so that it may be asked many times a second.

        Raises:
            StoreError: the store does not answer just now; what was watched is to be watched on.
        """
        if self._trouble is not None:
            raise StoreError(self._trouble)
        return self._watched

    @property
    def watched(self) -> Mapping[str, Camera]:
        """The cameras to watch as last heard of, whether the store answers or not."""
        return self._watched

    @property
    def damaged(self) -> str | None:
        """Which cameras cannot be read in the store, and what to do; None where all can. The others are shared."""
        words = dict(sorted(self._membership.damaged.items()))
        if not words:
            return None
        first, *others = words
        return f"{words[first]}{'; damaged as well: ' if others else ''}{', '.join(others)}"

    @property
    def member(self) -> str:
        """This process, as ``lookout cameras list`` names it."""
        return self._membership.name

    def report(self, camera_id: str, state: str, reason: str = "") -> None:
        """Say how a watched camera's stream goes, for ``lookout cameras list``; a state's beginning is kept.

        From any thread, as often as one likes: it never waits and never fails. The next beat tells the store. The
        state "live" ends the watching by the process that had the camera before, so it is to be told only of frames.

        Args:
            camera_id: one of those to watch now; others are ignored.
            state: connecting, live, stalled, …
            reason: why, without secrets.
        """
        self._membership.report(camera_id, state, reason)

    def hangs(self, words: str | None) -> None:
        """Say what this process hangs in, so that others take its cameras over; None for nothing, or no more.

        From any thread, as often as one likes. Cameras that no other process can watch stay here.
        """
        self._membership.hangs = words

    def _follow(self) -> None:
        while not self._ending.wait(self._pace.beat_s):
            try:
                self._watched = self._membership.beat()
                self._trouble = None
            except StoreError as error:
                if self._trouble is None:
                    _log.warning("%s; the cameras stay as they are, and edits come when the store answers", error)
                self._trouble = str(error)
            except Exception as error:  # noqa: BLE001 - a member without beats must not look well
                if self._trouble is None:
                    _log.warning("the cameras stay as they are, for a beat failed", exc_info=error)
                self._trouble = redact(f"a beat failed: {type(error).__name__}: {error}")

    def close(self) -> None:
        """Let the others take the cameras over; to be called once they are no longer watched."""
        self._ending.set()
        self._thread.join()
        try:
            self._membership.beat()  # which footage has ended since the last one: nobody else is to watch that
            self._membership.leave()
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not hide how the watching ended
            words = redact(str(error) if isinstance(error, StoreError) else f"{type(error).__name__}: {error}")
            _log.warning("left without telling, so others take over in %g s: %s", self._pace.lease_s, words)

    def __enter__(self) -> Self:
        """Enter."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()
