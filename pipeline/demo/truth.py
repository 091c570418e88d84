"""Alerts held against the truth of a drawn street: whom each is on, and who was missed.

An alert is on the walker whose true box at the alert's time overlaps its box most, from ``LEAST_OVERLAP`` on, and it is
right when its sentence describes that walker. A passage is a described walker who was in sight of a camera, however
often; it is found by a right alert there. Precision is the share of alerts that are right, recall the share of
passages that are found. Chance is what as many alerts on walkers drawn by lot among those in sight of the same
camera would come to.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline.errors import SceneError
from pipeline.records import Alert, Box

LEAST_OVERLAP = 0.4  # intersection over union
_CLEARLY_VISIBLE = 0.5  # share of the walker, neither outside the frame nor behind somebody
_LEAST_HEIGHT_PX = 40  # smaller people are not embedded
_LEAST_SIGHT_S = 1.0


@dataclass(frozen=True)
class CameraTruth:
    """Who was before a camera, and when: the file that lies beside a film."""

    camera_id: str
    fps: float
    frames: Sequence[Mapping[str, Any]]

    @classmethod
    def read(cls, path: Path) -> "CameraTruth":
        """Read what ``pipeline.scene.video`` wrote.

        Raises:
            SceneError: it is missing or damaged.
        """
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            return cls(told["camera_id"], float(told["fps"]), told["frames"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SceneError(f"cannot read the truth about a film, {path}: {error}") from error

    def frame_at(self, at_ms: int) -> Mapping[str, Any]:
        """Return the truth about the frame that was taken nearest to a time."""
        return min(self.frames, key=lambda frame: abs(frame["captured_at_ms"] - at_ms))

    def walker_at(self, at_ms: int, box_xyxy: Box) -> str | None:
        """Return whom a box is on, None for nobody."""
        overlaps = [
            (_overlap(box_xyxy, walker["box_xyxy"]), walker["walker_id"]) for walker in self.frame_at(at_ms)["walkers"]
        ]
        overlap, walker = max(overlaps, default=(0.0, ""))
        return walker if overlap >= LEAST_OVERLAP else None

    @cached_property
    def in_sight(self) -> frozenset[str]:
        """The walkers who could be seen well enough, for long enough, to be found at all."""
        frames: dict[str, int] = {}
        for walker in (walker for frame in self.frames for walker in frame["walkers"]):
            _, top, _, bottom = walker["box_xyxy"]
            if walker["visible_share"] >= _CLEARLY_VISIBLE and bottom - top >= _LEAST_HEIGHT_PX:
                frames[walker["walker_id"]] = frames.get(walker["walker_id"], 0) + 1
        return frozenset(walker for walker, count in frames.items() if count >= _LEAST_SIGHT_S * self.fps)


@dataclass(frozen=True, slots=True)
class Judged:
    """An alert, and whom it is on."""

    alert: Alert
    walker_id: str | None
    right: bool


@dataclass(frozen=True, slots=True)
class Passage:
    """A described walker in sight of a camera."""

    entry_id: str
    camera_id: str
    walker_id: str
    found: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the alerts of a street are worth. Shares are 0..1, None where there is nothing to share."""

    judged: tuple[Judged, ...]
    passages: tuple[Passage, ...]
    chance_precision: float | None
    chance_recall: float | None

    @property
    def precision(self) -> float | None:
        """The share of alerts that are on the walker whom their sentence describes."""
        return _share([each.right for each in self.judged])

    @property
    def recall(self) -> float | None:
        """The share of described walkers in sight of a camera who were found there."""
        return _share([each.found for each in self.passages])


def judge(alerts: Sequence[Alert], described: Mapping[str, str | None], cameras: Mapping[str, CameraTruth]) -> Outcome:
    """Return what alerts are worth.

    Args:
        alerts: of the cameras.
        described: by entry, the walker whom its sentence is true of, or None.
        cameras: the truth, by camera.
    """
    judged = tuple(_judge(alert, described, cameras[alert.camera_id]) for alert in alerts)
    right = {(each.alert.entry_id, each.alert.camera_id) for each in judged if each.right}
    passages = tuple(
        Passage(entry_id, camera_id, walker, (entry_id, camera_id) in right)
        for entry_id, walker in described.items()
        for camera_id, truth in cameras.items()
        if walker is not None and walker in truth.in_sight
    )
    drawn = [_chance_right(alert, described, cameras[alert.camera_id]) for alert in alerts]
    caught = [_chance_found(passage, alerts, cameras[passage.camera_id]) for passage in passages]
    return Outcome(judged, passages, _share(drawn), _share(caught))


def _judge(alert: Alert, described: Mapping[str, str | None], truth: CameraTruth) -> Judged:
    walker = truth.walker_at(alert.captured_at_ms, alert.box_xyxy)
    return Judged(alert, walker, walker is not None and walker == described[alert.entry_id])


def _chance_right(alert: Alert, described: Mapping[str, str | None], truth: CameraTruth) -> float:
    return (described[alert.entry_id] in truth.in_sight) / max(len(truth.in_sight), 1)


def _chance_found(passage: Passage, alerts: Sequence[Alert], truth: CameraTruth) -> float:
    raised = sum((one.entry_id, one.camera_id) == (passage.entry_id, passage.camera_id) for one in alerts)
    return min(raised / len(truth.in_sight), 1.0)


def _share(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _overlap(one: Box, other: Box) -> float:
    """Return intersection over union."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(width, 0.0) * max(height, 0.0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return shared / (sum(areas) - shared) if shared else 0.0
