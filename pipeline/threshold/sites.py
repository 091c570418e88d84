"""Which background each camera has at each place of the log: a fold over the log, so there is no state to lose.

Every tracklet counts once, by the sighting that opens it: those that end first are the ones seen worst, and
thresholds that rest on them let too many people through (docs/calibration.md has figures). Time is cut into windows
of twelve hours (UTC, by capture time), and a camera's background is its newest ``MOST_PEOPLE`` people of this window
and the one before. It is taken anew when a window begins, at its 8th, 16th, 32nd and so on to its 512th tracklet, and
at every further ``MOST_PEOPLE``. A record uses what was taken before it. All of that follows from the log alone:
whoever reads on from anywhere, after a crash, a rebalance or a redelivery, first reads up to 24 h back and comes to
the same backgrounds.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from pipeline.errors import RecordError
from pipeline.log.base import EventLog, LogRecord, Topic
from pipeline.records import Phase, Sighting
from pipeline.threshold.background import Background
from pipeline.threshold.site import LEAST_PEOPLE, Sentences, Site, site_thresholds

WINDOW_MS = 12 * 3_600_000
MOST_PEOPLE = 1024
_REMEMBERED = 3  # backgrounds of a camera, for records that are delivered again

FloatArray = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float16]
Read = Callable[[LogRecord], Sighting]
Polled = tuple[LogRecord, Sighting | None]
Placed = tuple[Sighting, Site | None]  # with the background that it is to be held against
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Camera:
    """The fold of one camera."""

    window: int
    before: list[Vector] = field(default_factory=list)  # of the window before, newest last
    now: dict[str, Vector] = field(default_factory=dict)  # by tracklet, newest last
    count: int = 0  # in this window
    taken: deque[tuple[int, Site | None]] = field(default_factory=lambda: deque([(-1, None)], maxlen=_REMEMBERED))

    def at(self, offset: int) -> Site | None:
        """Return what was taken before ``offset``."""
        return next((site for after, site in reversed(self.taken) if after < offset), None)

    def remembers(self, offset: int) -> bool:
        """Whether ``at`` knows."""
        return self.taken[0][0] < offset

    def enter(self, window: int, offset: int) -> None:
        """Begin a window with the record at ``offset``, which uses it already; an earlier one goes on as this one."""
        if window <= self.window:
            return
        self.before = list(self.now.values()) if window == self.window + 1 else []
        self.now.clear()
        self.window, self.count = window, 0
        self._take(offset - 1)

    def add(self, sighting: Sighting, offset: int) -> None:
        """Count the tracklet that the record at ``offset`` opened, unless it is footage that is read once more."""
        if sighting.tracklet_id in self.now:
            return
        self.now[sighting.tracklet_id] = sighting.vector
        if len(self.now) > MOST_PEOPLE:
            del self.now[next(iter(self.now))]
        self.count += 1
        doubled = self.count >= LEAST_PEOPLE and self.count & (self.count - 1) == 0 and self.count <= MOST_PEOPLE
        if doubled or self.count % MOST_PEOPLE == 0:
            self._take(offset)

    def _take(self, offset: int) -> None:
        room = MOST_PEOPLE - len(self.now)
        people = [*(self.before[-room:] if room else ()), *self.now.values()]
        self.taken.append((offset, Site(np.stack(people)) if len(people) >= LEAST_PEOPLE else None))


@dataclass(slots=True)
class _Partition:
    """The fold of one partition."""

    next_offset: int = 0
    cameras: dict[str, _Camera] = field(default_factory=dict)

    def fold(self, sighting: Sighting, offset: int) -> Site | None:
        """Count a sighting, unless that was done before, and return the background it is to be held against."""
        window = sighting.captured_at_ms // WINDOW_MS
        camera = self.cameras.setdefault(sighting.camera_id, _Camera(window))
        if offset >= self.next_offset:
            camera.enter(window, offset)
            if sighting.phase is Phase.OPEN:
                camera.add(sighting, offset)
            self.next_offset = offset + 1
        return camera.at(offset)

    def remembers(self, sighting: Sighting, offset: int) -> bool:
        """Whether the background at an offset is still to come, or was taken and is still known."""
        camera = self.cameras.get(sighting.camera_id)
        return offset >= self.next_offset or (camera is not None and camera.remembers(offset))


class Sites:
    """Folds the sightings of the partitions that this process is given. Not thread-safe."""

    def __init__(self, log: EventLog, read: Read) -> None:
        """Begin with nothing folded.

        Args:
            log: where to read back from.
            read: decodes a record, and raises RecordError for one that does not count.
        """
        self._log = log
        self._read = read
        self._partitions: dict[int, _Partition] = {}

    def __call__(self, polled: Sequence[Polled]) -> list[Site | None]:
        """Return the background that each polled sighting is to be held against, None for the shipped one alone.

        Where a partition does not go on from what was folded before, the log is read back first.

        Args:
            polled: in the order of the log; with None in place of a sighting that does not count.

        Raises:
            LogError: the log does not answer; ask again with the same records.
        """
        strange = self._strange(polled)
        if strange:
            self._rebuild({partition: _first(partition, polled) for partition in strange})
        return [self._fold(record, sighting) for record, sighting in polled]

    def _fold(self, record: LogRecord, sighting: Sighting | None) -> Site | None:
        known = self._partitions.get(record.partition)
        if known is None:
            return None
        if sighting is None:
            known.next_offset += record.offset == known.next_offset
            return None
        return known.fold(sighting, record.offset)

    def _strange(self, polled: Sequence[Polled]) -> set[int]:
        """Return the partitions whose records neither go on from what was folded nor are remembered."""
        strange, begun = set(), set()
        for record, sighting in polled:
            known = self._partitions.get(record.partition)
            gap = known is None or (record.partition not in begun and record.offset > known.next_offset)
            if gap or (known and sighting and not known.remembers(sighting, record.offset)):
                strange.add(record.partition)
            begun.add(record.partition)
        return strange & {record.partition for record, sighting in polled if sighting is not None}

    def _rebuild(self, firsts: Mapping[int, tuple[int, int]]) -> None:
        """Fold anew, of each partition, the window of its first record and the one before, up to that record.

        Args:
            firsts: partition to offset, and to the time in the log from where to read back, UTC ms.
        """
        folded = {partition: _Partition() for partition in firsts}
        since_ms = min(since_ms for _, since_ms in firsts.values())
        for record in self._log.read(Topic.SIGHTINGS, max(0, since_ms)):
            if record.partition in firsts and record.offset < firsts[record.partition][0]:
                try:
                    folded[record.partition].fold(self._read(record), record.offset)
                except RecordError:
                    continue  # counted and put aside by whoever polled it
        for partition, (offset, _) in firsts.items():
            folded[partition].next_offset = offset
            cameras = len(folded[partition].cameras)
            _log.info("partition %d: read the backgrounds of %d cameras back from the log", partition, cameras)
        self._partitions |= folded


def placed(log: EventLog, read: Read) -> Iterator[Placed]:
    """Yield all sightings of a log whose records all count, each with the background that it is to be held against.

    Raises:
        RecordError: a record cannot be read.
        LogError: the log does not answer.
    """
    sites = Sites(log, read)
    for record in log.read(Topic.SIGHTINGS, 0):
        sighting = read(record)
        (site,) = sites([(record, sighting)])
        yield sighting, site


def against(
    placed: Iterable[Placed], sentences: Sentences, shipped: Background
) -> Iterator[tuple[Placed, FloatArray, FloatArray]]:
    """Yield each sighting with its similarity to each sentence and the thresholds that hold there, (m,) each.

    Args:
        placed: the sightings, in the order of the log.
        sentences: to hold them against.
        shipped: the background that the sentences' thresholds were set on.
    """
    vectors = sentences.vectors.astype(np.float64)
    held: dict[str, tuple[Site | None, FloatArray]] = {}  # by camera
    for each in placed:
        sighting, site = each
        known = held.get(sighting.camera_id)
        if known is None or known[0] is not site:
            known = held[sighting.camera_id] = site, site_thresholds(sentences, site, shipped)
        yield each, vectors @ sighting.vector.astype(np.float64), known[1]


def _first(partition: int, polled: Sequence[Polled]) -> tuple[int, int]:
    """Return the offset of a partition's first sighting, and where the window before its own begins in the log, ms."""
    first = ((record, sighting) for record, sighting in polled if sighting and record.partition == partition)
    record, sighting = next(first)
    ahead_ms = max(0, sighting.captured_at_ms - record.timestamp_ms)  # by which the log does not believe the camera
    return record.offset, (sighting.captured_at_ms // WINDOW_MS - 1) * WINDOW_MS - ahead_ms
