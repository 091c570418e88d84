"""How well people keep their tracklets on generated streets, where it is known who is who."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from trackers.eval import (
    aggregate_clear_metrics,
    aggregate_identity_metrics,
    compute_clear_metrics,
    compute_identity_metrics,
)

from detectors.base import Detector, Float32
from detectors.boxes import overlaps
from pipeline.bench.street import DRAWN_FPS, Ids, Moment, moments
from pipeline.records import CaptureClock
from pipeline.scene.scene import SceneSettings
from pipeline.track import CameraTracker, TrackSettings

RATES_FPS = (10.0, 5.0, 2.0)

_SAME = 0.5  # intersection over union from which a tracklet's box is a person's
_STRAY_BOXES = 3  # of another person, from which a tracklet is of two


@dataclass(frozen=True, slots=True)
class Followed:
    """What a tracker made of one street.

    Attributes:
        people: how many passed, tall and clear enough to be followed.
        unfollowed: how many of them never had a tracklet.
        tracklets: how many there were.
        mixed: how many of these were of two people or more.
        delays_s: for each person with a tracklet, how long it took to begin.
        clear: frame by frame: what ``trackers.eval`` counts.
        identity: passage by passage: the same.
    """

    people: int
    unfollowed: int
    tracklets: int
    mixed: int
    delays_s: tuple[float, ...]
    clear: dict[str, float]
    identity: dict[str, float]


def bench_track(
    seeds: Sequence[int],
    settings: SceneSettings,
    detector: Detector | None = None,
    on_street: Callable[[], object] = lambda: None,
) -> dict[str, Any]:
    """Follow people along streets and return what became of them, by name, for each rate of ``RATES_FPS``.

    Args:
        seeds: one street each.
        settings: how busy and how long a street is.
        detector: tells the boxes; None for the truth, made as bad as a detector's boxes are.
        on_street: called after each street.
    """
    streets = []
    for seed in seeds:
        streets.append(tuple(moments(seed, settings, detector)))
        on_street()
    rates = []
    for fps in RATES_FPS:
        track = TrackSettings(nominal_fps=fps)
        followed = [follow(street[:: round(DRAWN_FPS / fps)], track) for street in streets]
        rates.append({"analysed_fps": fps, **summary(followed)})
    return {"boxes": detector.name if detector else "truth", "streets": len(streets), "rates": rates}


def follow(street: Sequence[Moment], settings: TrackSettings) -> Followed:
    """Run a tracker over a street and hold its tracklets against the truth."""
    tracker = CameraTracker("street", CaptureClock.GIVEN, settings)
    numbers: dict[str, int] = {}
    tracklets, likeness = [], []
    for moment in street:
        seen = tracker.update(moment.at_ms, moment.told).seen
        tracklets.append(np.array([numbers.setdefault(one.tracklet_id, len(numbers)) for one in seen], np.int64))
        rows = np.array([one.row for one in seen], np.intp)
        likeness.append(overlaps(moment.xyxy, moment.told.xyxy[rows]))  # (people, tracklets)
    people = [moment.people for moment in street]
    owned = [_owners(*each) for each in zip(people, tracklets, likeness, strict=True)]
    waits = _waits_s(street, owned)
    passed = len({int(person) for present in people for person in present})
    return Followed(
        people=passed,
        unfollowed=passed - len(waits),
        tracklets=len(numbers),
        mixed=_mixed(owned),
        delays_s=tuple(waits.values()),
        clear=compute_clear_metrics(people, tracklets, [np.asarray(each, np.float64) for each in likeness], _SAME),
        identity=compute_identity_metrics(people, tracklets, [np.asarray(e, np.float64) for e in likeness], _SAME),
    )


def summary(streets: Sequence[Followed]) -> dict[str, float]:
    """Return the figures over several streets."""
    clear = aggregate_clear_metrics([street.clear for street in streets])
    identity = aggregate_identity_metrics([street.identity for street in streets])
    people, tracklets = sum(street.people for street in streets), sum(street.tracklets for street in streets)
    delays_s = [delay for street in streets for delay in street.delays_s] or [0.0]
    return {
        "people": people,
        "unfollowed": sum(street.unfollowed for street in streets),
        "tracklets": tracklets,
        "tracklets_per_person": round(tracklets / max(people, 1), 3),
        "mixed_tracklets": sum(street.mixed for street in streets),
        "id_switches": int(clear["IDSW"]),
        "mota": round(float(clear["MOTA"]), 3),
        "idf1": round(float(identity["IDF1"]), 3),
        "delay_p50_s": round(float(np.quantile(delays_s, 0.5)), 2),
        "delay_p95_s": round(float(np.quantile(delays_s, 0.95)), 2),
    }


def _owners(people: Ids, tracklets: Ids, likeness: Float32) -> dict[int, int]:
    """Return by tracklet the person whom its box of one frame shows."""
    if not likeness.size:
        return {}
    best = likeness.argmax(axis=0)
    return {
        int(tracklet): int(people[row])
        for column, (tracklet, row) in enumerate(zip(tracklets, best, strict=True))
        if likeness[row, column] >= _SAME
    }


def _waits_s(street: Sequence[Moment], owned: Sequence[dict[int, int]]) -> dict[int, float]:
    """Return by person how long it took from the first box of theirs that was told to the first of a tracklet."""
    told: dict[int, int] = {}
    waits: dict[int, float] = {}
    for moment, owners in zip(street, owned, strict=True):
        rows = np.arange(len(moment.told), dtype=np.int64)
        for person in _owners(moment.people, rows, overlaps(moment.xyxy, moment.told.xyxy)).values():
            told.setdefault(person, moment.at_ms)
        for person in owners.values():
            waits.setdefault(person, (moment.at_ms - told[person]) / 1000.0)
    return waits


def _mixed(owned: Sequence[dict[int, int]]) -> int:
    """Return how many tracklets show a second person for more than a moment."""
    shown: dict[int, Counter[int]] = {}
    for owners in owned:
        for tracklet, person in owners.items():
            shown.setdefault(tracklet, Counter())[person] += 1
    return sum(len(counts) > 1 and counts.most_common(2)[1][1] >= _STRAY_BOXES for counts in shown.values())
