"""The first half of a batch's way: which frames need a look, one call of the detector, whom a camera lets through."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from time import perf_counter

from detectors.base import Detections, Detector
from pipeline.batching.lanes import Batch, Lane, Taken
from pipeline.batching.motion import MotionGate, MotionSettings
from pipeline.batching.region import let_through
from pipeline.batching.steps import Step, named

_log = logging.getLogger(__name__)

RESTART = "if that goes on, start ingest anew: nothing else ends it"


@dataclass(frozen=True, slots=True)
class Look:
    """A frame and whom it shows; or, where it could not be looked at, why."""

    taken: Taken
    detections: Detections
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class Looked:
    """A batch that has been looked at."""

    looks: tuple[Look, ...]
    ended: tuple[Lane, ...]


@dataclass(slots=True)
class LookCounts:
    """What was looked at so far."""

    batches: int = 0
    batched: int = 0  # frames in them
    looked: int = 0  # frames that the detector saw
    unchanged: int = 0  # frames that motion gating left out
    detect_s: float = 0.0
    gate_s: float = 0.0
    idle_s: float = 0.0  # waiting for frames


@dataclass(slots=True)
class Looker:
    """Turns batches into batches that have been looked at. ``looked`` belongs to one thread.

    Attributes:
        detector: of this accelerator.
        motion: how live cameras are gated; None to look at every frame. Recorded footage is looked at in full, so that
            the same footage gives the same sightings.
        step: what the detector is at.
    """

    detector: Detector
    motion: MotionSettings | None = None
    step: Step = field(default_factory=lambda: Step(RESTART))
    counts: LookCounts = field(default_factory=LookCounts)
    _gates: dict[Lane, MotionGate] = field(default_factory=dict)

    def looked(self, batches: Iterator[Batch]) -> Iterator[Looked]:
        """Yield every batch with what the detector makes of it."""
        since_s = perf_counter()
        for batch in batches:
            self.counts.idle_s += perf_counter() - since_s
            with self.step(f"the detector has been at frames of {named(_cameras(batch.taken))}"):
                looks = tuple(self._look(batch.taken))
            yield Looked(looks, batch.ended)
            for lane in batch.ended:
                self._gates.pop(lane, None)
            since_s = perf_counter()

    def _look(self, taken: Sequence[Taken]) -> list[Look]:
        began_s = perf_counter()
        wanted, found = self._gated(taken)
        gated_s = perf_counter()
        found |= zip(map(id, wanted), self._detect(wanted), strict=True)
        counts = self.counts
        counts.batches += 1 if taken else 0
        counts.batched += len(taken)
        counts.looked += len(wanted)
        counts.unchanged += len(taken) - len(found)
        counts.gate_s += gated_s - began_s
        counts.detect_s += perf_counter() - gated_s
        return [found.get(id(one)) or Look(one, Detections.none()) for one in taken]

    def _gated(self, taken: Sequence[Taken]) -> tuple[list[Taken], dict[int, Look]]:
        """Return the frames that are to be looked at; and what is to be said of those that the gate cannot bear."""
        wanted, found = list[Taken](), dict[int, Look]()
        for one in taken:
            try:
                if self._wants(one):
                    wanted.append(one)
            except Exception as error:  # noqa: BLE001 - a picture that nobody reckoned with is its camera's only
                found[id(one)] = Look(one, Detections.none(), error)
        return wanted, found

    def _wants(self, one: Taken) -> bool:
        if self.motion is None or not one.lane.is_live:
            return True
        if one.lane not in self._gates:
            self._gates[one.lane] = MotionGate(self.motion)
        return self._gates[one.lane].wants(one.frame)

    def _detect(self, wanted: Sequence[Taken]) -> list[Look]:
        """Return a look at each frame; where the batch fails, each frame alone, so that one harms no other."""
        try:
            found = self.detector.detect([one.frame.image for one in wanted]) if wanted else []
            return [self._seen(one, each) for one, each in zip(wanted, found, strict=True)]
        except Exception as error:  # noqa: BLE001 - whatever a detector raises, it is this batch's only
            if len(wanted) == 1:
                return [Look(wanted[0], Detections.none(), error)]
            _log.warning("detection of %d frames failed and is tried one by one: %s", len(wanted), error)
        return [look for one in wanted for look in self._detect([one])]

    def _seen(self, one: Taken, found: Detections) -> Look:
        seen = let_through(one.lane.camera, found, one.frame.size_wh)
        if one.lane in self._gates:
            self._gates[one.lane].saw(one.frame.captured_at_ms, len(seen))
        return Look(one, seen)


def _cameras(taken: Sequence[Taken]) -> Iterator[str]:
    return (one.lane.camera.camera_id for one in taken)
