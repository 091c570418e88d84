"""A stream of people before many cameras whose alerts are known beforehand, and what must hold once it is matched."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from kafka.admin import KafkaAdminClient, MemberToRemove, OffsetSpec
from kafka.errors import CoordinatorNotAvailableError, GroupIdNotFoundError

from pipeline.clock import SystemClock
from pipeline.errors import LogError
from pipeline.log.base import Topic
from pipeline.log.open import open_log
from pipeline.publish import Publisher
from pipeline.records import Alert, Phase, Sighting, WatchlistEntry
from pipeline.replay import Replay
from pipeline.store.base import AlertFilter
from pipeline.store.open import open_alerts, open_watchlist
from pipeline.wire import decode_alert
from tests.contract.services.kafka_broker import KafkaBroker
from tests.e2e.conftest import Place
from tests.e2e.sightings import Cast

CAMERAS = 23  # a prime, so that every kind of person passes every camera
KINDS = 8  # of eight people two are red and one is blue
RED, BLUE = frozenset({1, 5}), 3
APART_MS = 1000  # from one person to the next, by capture time; the same kind is back at a camera after 184 s
_LIKENESS = (0.70, 0.80, 0.75)  # of a wanted person's sightings: raised, improved, seen again
_ALL = 1_000_000
_NOBODY_YET = (GroupIdNotFoundError, CoordinatorNotAvailableError)  # the latter where no group ever was
_HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Crowd(Cast):
    """People who pass one after another; who is wanted is seen ever better, and nobody's passage ends."""

    @classmethod
    def of_late(cls) -> "Crowd":
        """Return a crowd that began two hours ago: a broker takes no record of the future."""
        return cls(Cast.now().started_at_ms - 2 * _HOUR_MS)

    @cached_property
    def _directions(self) -> npt.NDArray[np.float32]:
        """Directions that nobody of the background lies along, (D, D), the emptiest first in its columns."""
        return np.asarray(np.linalg.eigh(self.background.covariance)[1], np.float32)

    def wanted(self, number: int, cooldown_s: float = 0.0) -> WatchlistEntry:
        """Return an entry that only its own kind of people match: 0 for the red, 1 for the blue, others for nobody."""
        vector = self._directions[:, number]
        return replace(self.entry(f"entry-{number}", cooldown_s), vector=vector, description=f"description {number}")

    def passage(self, person: int) -> list[Sighting]:
        """Return the sightings of a person."""
        camera = f"camera-{person % CAMERAS}"
        if person % KINDS in RED:
            return list(self._seen(person, camera, 0))
        return list(self._seen(person, camera, 1 if person % KINDS == BLUE else None))

    def late(self, person: int, number: int) -> list[Sighting]:
        """Return the sightings of a person of the entry ``number`` at a camera of their own."""
        return list(self._seen(person, f"late-{number}", number))

    def _seen(self, person: int, camera: str, wanted: int | None) -> Iterator[Sighting]:
        plain = self.sighting(person * APART_MS, wanted=False, camera_id=camera)
        for sequence, likeness in enumerate(_LIKENESS):
            at_ms = plain.captured_at_ms + 200 * sequence
            yield replace(
                plain,
                sighting_id=f"{plain.tracklet_id}#{sequence}",
                sequence=sequence,
                phase=Phase.UPDATE if sequence else Phase.OPEN,
                captured_at_ms=at_ms,
                last_seen_at_ms=at_ms,
                vector=plain.vector if wanted is None else self._alike(person, wanted, likeness),
                crop_jpeg=plain.crop_jpeg + f"{camera} {person} {sequence}".encode(),
            )

    def _alike(self, person: int, number: int, likeness: float) -> npt.NDArray[np.float16]:
        aside = self._directions[:, -1 - person % 32]
        vector = likeness * self._directions[:, number] + np.sqrt(1.0 - likeness**2) * aside
        return vector.astype(np.float16)


@dataclass
class Stream:
    """Publishes a crowd, some people a second, until it is told to end; then every sighting is acknowledged."""

    address: str
    crowd: Crowd
    people_per_s: float
    sightings: list[Sighting] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._over = Event()
        self._log = open_log(self.address)
        self._publisher = Publisher(self._log, SystemClock())
        self._thread = Thread(target=self._flow, name="stream", daemon=True)

    def _flow(self) -> None:
        person = 0
        while not self._over.wait(1.0 / self.people_per_s):
            self.publish(self.crowd.passage(person))
            person += 1

    def publish(self, sightings: Sequence[Sighting]) -> None:
        """Publish, for as long as it takes, as ingest does."""
        for sighting in sightings:
            self.sightings.append(sighting)
            with suppress(LogError):
                self._publisher.publish(sighting)
                continue
            self._insist()

    def _insist(self) -> None:
        while True:
            with suppress(LogError):
                self._publisher.flush()
                return

    def end(self) -> None:
        """Publish nobody any more, and return once the log has acknowledged all."""
        self._over.set()
        self._thread.join()
        self._insist()
        assert self._publisher.unacknowledged == 0
        assert self._publisher.published == len(self.sightings)

    def __enter__(self) -> Self:
        self._publisher.__enter__()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        with suppress(LogError):
            self._publisher.close()
            self._log.close()


@dataclass
class Group:
    """A consumer group as its broker sees it."""

    broker: KafkaBroker
    name: str

    def _admin(self) -> KafkaAdminClient:
        return KafkaAdminClient(bootstrap_servers=self.broker.bootstrap, bootstrap_timeout_ms=60_000)

    def bury(self) -> None:
        """Take out every member at once, as the broker does by itself ten seconds after their death."""
        with self._admin() as admin, suppress(*_NOBODY_YET):
            members = [each["member_id"] for each in admin.describe_groups([self.name])[self.name]["members"]]
            admin.remove_group_members(self.name, [MemberToRemove(each) for each in members])

    def behind(self, topic: str) -> int:
        """Return how many records of a topic are not committed."""
        with self._admin() as admin:
            try:
                committed = admin.list_group_offsets({self.name: None})[self.name]
            except _NOBODY_YET:
                committed = {}
            (described,) = admin.describe_topics([topic])
            parts = [_partition(topic, each) for each in described["partitions"]]
            ends = admin.list_partition_offsets(dict.fromkeys(parts, OffsetSpec.LATEST))
        done = {part: committed[part].offset if part in committed else 0 for part in parts}
        return sum(ends[part].offset - max(0, done[part]) for part in parts)


def _partition(topic: str, described: Any) -> Any:
    from kafka import TopicPartition

    return TopicPartition(topic, described["partition_index"])


def undisturbed(
    crowd: Cast, sightings: Sequence[Sighting], entries: Sequence[WatchlistEntry], folder: Path
) -> list[Alert]:
    """Return the alerts of a run in which nothing goes wrong: the same matcher on the embedded log."""
    folder.mkdir()
    with closing(Replay(folder, entries, crowd.background, SystemClock())) as replay:
        replay.run(sightings)
        return replay.alerts()


def essence(alerts: Sequence[Alert]) -> dict[str, Any]:
    """Return what of alerts must not depend on luck, by id."""
    return {
        each.alert_id: (
            each.entry_id,
            each.entry_version,
            each.tracklet_id,
            each.similarity,
            each.captured_at_ms,
            each.first_seen_at_ms,
            each.last_seen_at_ms,
            each.crop_jpeg,
        )
        for each in alerts
    }


def _differences(found: dict[str, Any], expected: dict[str, Any]) -> list[tuple[Any, Any]]:
    pairs = [(found.get(key), expected.get(key)) for key in sorted(found.keys() | expected.keys())]
    return [pair for pair in pairs if pair[0] != pair[1]]


def told_in(log: str) -> list[Alert]:
    """Return what the log tells of alerts, in the order of each partition."""
    with open_log(log) as opened:
        return [decode_alert(record.value) for record in opened.read(Topic.ALERTS, 0)]


def check_alerts(place: Place, crowd: Cast, sightings: Sequence[Sighting], folder: Path) -> list[Alert]:
    """See that log and store hold exactly the alerts of an undisturbed run, each under one id; return them."""
    with open_watchlist(place.store) as watchlist, open_alerts(place.store) as alerts:
        entries, stored = watchlist.snapshot().entries, alerts.find(AlertFilter(limit=_ALL))
    expected, told = undisturbed(crowd, sightings, entries, folder), told_in(place.log)
    differences = _differences(essence(stored), essence(expected))
    assert not differences, f"{len(differences)} of {len(expected)} alerts, first as stored: {differences[:4]}"
    untold = {each.alert_id for each in told} ^ {each.alert_id for each in expected}
    assert not untold, f"told or expected, but not both: {untold}"
    ids = defaultdict[Any, set[str]](set)
    best = dict[str, float]()
    for each in told:
        ids[each.tracklet_id, each.entry_id, each.entry_version, each.model_id].add(each.alert_id)
        best[each.alert_id] = max(best.get(each.alert_id, -1.0), each.similarity)
    assert [known for known in ids.values() if len(known) > 1] == []
    assert best == {each.alert_id: each.similarity for each in stored}
    with open_log(place.log) as log:
        assert list(log.read(Topic.DEAD_LETTERS, 0)) == []
    return expected
