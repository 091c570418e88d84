"""Replay: recorded footage through the same log and matcher as live cameras, in a folder of its own.

Nothing of it touches the site: no live offset, no alert of the site's store. The same footage, entries and weights
give the same alerts.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from pipeline.clock import Clock
from pipeline.errors import DamagedError
from pipeline.log.base import Topic
from pipeline.log.open import open_log
from pipeline.match import Matcher, MatcherPorts, MatcherSettings
from pipeline.records import Alert, Origin, Sighting, WatchlistEntry
from pipeline.store.base import AlertFilter, AlertStore
from pipeline.store.open import open_alerts
from pipeline.threshold.background import Background
from pipeline.threshold.nearest import Nearest, find_nearest
from pipeline.threshold.sites import Placed, placed
from pipeline.watchlist import WatchlistMatrix
from pipeline.wire import decode_sighting, encode_sighting

FILE_NAME = "replay.db"
_AT_ONCE = 64  # sightings between two looks of the matcher
_MOST_ALERTS = 1_000_000


class Replay:
    """Sightings in, alerts out, over a scratch folder that the caller owns; ``close`` lets go of it."""

    def __init__(self, folder: Path, entries: Sequence[WatchlistEntry], background: Background, clock: Clock) -> None:
        """Prepare.

        Args:
            folder: empty; the log and the alerts are kept here.
            entries: whom to look out for.
            background: of the weights that the sightings are embedded with.
            clock: for the time an alert is raised.
        """
        address = address_in(folder)
        self._entries = entries
        self._background = background
        self._log = open_log(address)
        self._alerts: AlertStore = open_alerts(address)
        matrix = _matrix(entries, background.vectors.shape[1])
        ports = MatcherPorts(self._log, self._alerts, lambda: matrix, clock)
        settings = MatcherSettings(group="replay", origin=Origin.REPLAY, poll_s=0.0)
        self._matcher = Matcher(ports, background, settings)
        self.sightings = 0

    def run(self, sightings: Iterable[Sighting]) -> None:
        """Match all sightings, in batches, as they come.

        Raises:
            SourceError: the footage cannot be read.
            DamagedError: it broke off; everything before that has been matched.
        """
        stream, damage = _until_damage(sightings)
        while batch := list(islice(stream, _AT_ONCE)):
            for sighting in batch:
                value = encode_sighting(sighting)
                self._log.append(Topic.SIGHTINGS, sighting.camera_id, value, sighting.captured_at_ms)
            self._log.flush()
            self.sightings += len(batch)
            while self._matcher.step():
                pass
        if damage:
            raise damage[0]

    def alerts(self) -> list[Alert]:
        """Return what was raised so far, with its best evidence, in the order in which people came into sight."""
        found = self._alerts.find(AlertFilter(limit=_MOST_ALERTS))
        return sorted(found, key=lambda alert: (alert.first_seen_at_ms, alert.alert_id))

    def placed(self) -> Iterator[Placed]:
        """Yield every sighting so far with the camera's own people at its place, in the order in which they came."""
        return placed(self._log, lambda record: decode_sighting(record.value))

    def nearest(self) -> list[Nearest]:
        """Return who came nearest to each entry that nobody matched so far."""
        matched = {alert.entry_id for alert in self.alerts()}
        own = [entry for entry in self._entries if entry.model_id == self._background.model_id]
        silent = [entry for entry in own if entry.entry_id not in matched]
        return find_nearest(silent, self.placed(), self._background)

    def close(self) -> None:
        """Let go of the folder."""
        self._matcher.close()
        self._alerts.close()
        self._log.close()


def address_in(folder: Path) -> str:
    """Return the address of the log and the stores that a replay keeps in ``folder``."""
    return f"sqlite:////{str((folder / FILE_NAME).resolve()).lstrip('/')}"


def _until_damage(sightings: Iterable[Sighting]) -> tuple[Iterator[Sighting], list[DamagedError]]:
    """Return the sightings up to where the footage breaks off, and a list that then holds the error."""
    damage: list[DamagedError] = []

    def whole() -> Iterator[Sighting]:
        try:
            yield from sightings
        except DamagedError as error:
            damage.append(error)

    return whole(), damage


def _matrix(entries: Sequence[WatchlistEntry], embedding_dim: int) -> WatchlistMatrix:
    vectors = np.stack([entry.vector for entry in entries]) if entries else np.zeros((0, embedding_dim), np.float32)
    return WatchlistMatrix(tuple(entries), vectors, revision=1)
