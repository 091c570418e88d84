"""Sightings and entries of the shipped weights, made so that who matches whom is known."""

import time
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from pipeline.log.base import EventLog, Topic
from pipeline.records import CaptureClock, Phase, Sighting, WatchlistEntry
from pipeline.threshold.background import FILE_NAME, Background
from pipeline.wire import encode_sighting
from reid.card import SHIPPED_WEIGHTS

JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")


@dataclass(frozen=True)
class Cast:
    """People and descriptions in the space of the shipped weights: whoever is wanted is the description itself."""

    started_at_ms: int

    @classmethod
    def now(cls) -> "Cast":
        """Return a cast whose first sighting is of this moment."""
        return cls(time.time_ns() // 1_000_000)

    @cached_property
    def background(self) -> Background:
        """The shipped background."""
        return Background.read(SHIPPED_WEIGHTS / FILE_NAME)

    @cached_property
    def _direction(self) -> npt.NDArray[np.float32]:
        """Return where nobody of the background is: the direction that they spread least along."""
        spread = np.linalg.eigh(self.background.covariance)[1][:, 0]
        return np.asarray(spread, np.float32)

    def entry(self, entry_id: str = "red", cooldown_s: float = 0.0) -> WatchlistEntry:
        """Return an entry that the wanted match and the others do not."""
        return WatchlistEntry(
            entry_id=entry_id,
            description="a person in a red coat",
            vector=self._direction,
            model_id=self.background.model_id,
            threshold=0.5,
            false_match_rate=0.01,
            background="people of the tests",
            version=0,
            created_at_ms=self.started_at_ms,
            cooldown_s=cooldown_s,
        )

    def sighting(self, number: int, *, wanted: bool, camera_id: str = "gate") -> Sighting:
        """Return the only sighting of a person, so many milliseconds after the start."""
        at_ms = self.started_at_ms + number
        ordinary = self.background.vectors[number % len(self.background)]
        return Sighting(
            sighting_id=f"{camera_id}-{number}#0",
            tracklet_id=f"{camera_id}-{number}",
            sequence=0,
            phase=Phase.CLOSE,
            camera_id=camera_id,
            captured_at_ms=at_ms,
            first_seen_at_ms=at_ms,
            last_seen_at_ms=at_ms,
            clock=CaptureClock.WALL,
            box_xyxy=(10.0, 20.0, 74.0, 148.0),
            frame_size_wh=(640, 480),
            confidence=0.9,
            quality=0.9,
            crops_pooled=1,
            model_id=self.background.model_id,
            vector=self._direction.astype(np.float16) if wanted else ordinary,
            crop_jpeg=JPEG,
        )


def publish(log: EventLog, *sightings: Sighting) -> None:
    """Append sightings, and wait until they are durable."""
    for each in sightings:
        log.append(Topic.SIGHTINGS, each.camera_id, encode_sighting(each), each.captured_at_ms)
    log.flush()
