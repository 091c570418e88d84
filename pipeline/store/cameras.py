"""The port of the camera store: the cameras of a site, and which ingest process watches which of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

from pipeline.camera import Camera

LIVE = "live"  # the state of a stream that gives frames
ENDED = "ended"  # that of recorded footage that has been read to its end
STUCK = "stuck"  # that of one whose member hangs: others are to watch it


@dataclass(frozen=True, slots=True)
class StreamReport:
    """How a camera's stream goes, in the words of whoever watches it."""

    state: str = ""  # connecting, live, stalled, …; empty before the first report
    reason: str = ""  # without secrets
    since_ms: int | None = None  # when the state began


@dataclass(frozen=True, slots=True)
class Lease:
    """Who watches a camera, and how that goes."""

    member: str
    report: StreamReport = field(default_factory=StreamReport)


@dataclass(frozen=True, slots=True)
class Beat:
    """What an ingest process tells the store about once a second."""

    member: str
    lease_s: float  # without another beat, the member counts as dead after so long
    known: frozenset[str]  # ids of the cameras that it could watch
    watching: Mapping[str, StreamReport]  # those that it watches now, by id
    overdue: frozenset[str] = frozenset()  # those that it has seen go unwatched for too long
    settled: bool = True  # False for a while after joining: then it takes nothing over from members that live
    returned: bool = False  # True for a while after silence: of what is free, it takes what it watches
    hangs: bool = False  # True while it looks at no frame, though it lives: then it takes nothing, and others take over


@dataclass(frozen=True, slots=True)
class CameraRoll:
    """All cameras of a store: one whose record is damaged keeps nobody from the others."""

    cameras: tuple[Camera, ...]  # those that can be read, by id
    damaged: Mapping[str, str] = field(default_factory=dict)  # of each other, by id: what is wrong, and what to do


class CameraStore(Protocol):
    """Keeps the cameras and their leases. Every method may be called from several threads and processes at once.

    Footage that has ended keeps its lease, whatever becomes of its member, for as long as any member lives: nobody is
    to watch it again. Any other lease counts while its member lives. A member lives for ``lease_s`` after each beat, by
    a clock of the store's own: clocks of different machines are never compared.
    """

    def put(self, camera: Camera) -> Camera:
        """Write a camera, new or edited; durable on return.

        The stored version is one more than the stored camera's, 1 for a new one, whatever ``camera.version`` says.
        Footage of it that has ended is forgotten to have, so that what it shows now is watched.

        Returns:
            The camera as it is stored now.

        Raises:
            StoreError: the store does not answer; nothing was written, or the same camera was. Or the stored camera is
                damaged, and stays.
        """
        ...

    def remove(self, camera_id: str) -> None:
        """Remove a camera, with the password that its address may hold, even where its record is damaged.

        Raises:
            UnknownCameraError: there is none of that id.
            StoreError: the store does not answer.
        """
        ...

    def get(self, camera_id: str) -> Camera:
        """Return a camera.

        Raises:
            UnknownCameraError: there is none of that id.
            StoreError: the store does not answer, or the camera is damaged.
        """
        ...

    def cameras(self) -> CameraRoll:
        """Return all cameras. Cheap enough to be asked for every second: that is how edits are noticed.

        Raises:
            StoreError: the store does not answer.
        """
        ...

    def share(self, beat: Beat) -> Mapping[str, Lease]:
        """Prolong a member's life, and divide the cameras anew by ``pipeline.store.dividing.divide``.

        Where no member has lived up to this beat, all footage is watched from its beginning.

        Reading, dividing and writing are one transaction: no camera is ever leased to two members.

        Returns:
            The leases that count, by camera id, as they are from now on.

        Raises:
            StoreError: the store does not answer. The leases are as they were, or as they would have been returned.
        """
        ...

    def leave(self, member: str) -> None:
        """End a member's life and its leases at once.

        Raises:
            StoreError: the store does not answer; the member's life ends with its last lease.
        """
        ...

    def leases(self) -> Mapping[str, Lease]:
        """Return the leases of the members that live and of footage that has ended, by camera id.

        Raises:
            StoreError: the store does not answer.
        """
        ...

    def close(self) -> None:
        """Let go."""
        ...

    def __enter__(self) -> Self:
        """Enter."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        ...
