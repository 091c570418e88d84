"""Generated streets as a tracker meets them: boxes, and the truth about who they are."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from detectors.base import Detections, Detector, Float32
from detectors.boxes import clip
from pipeline.scene.scene import Presence, Scene, SceneFrame, SceneSettings, walker_id

DRAWN_FPS = 10.0

_COUNTS = 0.3  # share of a person in sight from which somebody is expected to be followed
_LEAST_HEIGHT_PX = 40  # smaller people are not embedded
_TREMBLE = 0.03  # standard deviation of a told box's sides, as a share of its height
_MISSED = 0.05  # probability that somebody is not told of
_LEAST_VISIBLE = 0.35  # share of a person; of who is hidden more, nothing is told

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Moment:
    """One frame: who is where, and which boxes the tracker is told of."""

    at_ms: int
    people: Ids  # (n,) numbers of passages: who comes back later is somebody else to a tracker
    xyxy: Float32  # (n, 4) px
    told: Detections


def moments(seed: int, settings: SceneSettings, detector: Detector | None) -> Iterator[Moment]:
    """Yield the frames of a street's one camera, ``DRAWN_FPS`` a second.

    Args:
        seed: decides the street.
        settings: how busy and how long; the rate is not taken from here.
        detector: tells the boxes; None for the truth, made as bad as a detector's boxes are.
    """
    scene = Scene(seed, 1, replace(settings, fps=DRAWN_FPS))
    rng = np.random.default_rng([seed, 1])
    for frame in scene.frames(scene.cameras[0].camera_id):
        known = [one for one in frame.truth if one.visible_share >= _COUNTS and _height(one) >= _LEAST_HEIGHT_PX]
        people = np.array([_passage(scene, one, frame) for one in known], np.int64)
        told = detector.detect([frame.image])[0] if detector else _trembling(frame, rng)
        yield Moment(frame.captured_at_ms, people, _boxes(known), told)


def _trembling(frame: SceneFrame, rng: np.random.Generator) -> Detections:
    """Return the truth with sides that shake, without some people by chance, and without those who are hidden."""
    clear = [one for one in frame.truth if one.visible_share >= _LEAST_VISIBLE and rng.random() >= _MISSED]
    xyxy = _boxes(clear)
    shaken = xyxy + (xyxy[:, 3:] - xyxy[:, 1:2]) * rng.normal(0.0, _TREMBLE, xyxy.shape)
    shaken[:, 2:] = np.maximum(shaken[:, 2:], shaken[:, :2] + 1.0)
    inside = clip(np.asarray(shaken, np.float32), (frame.image.shape[1], frame.image.shape[0]))
    return Detections(inside, np.full(len(inside), 0.8, np.float32))


def _passage(scene: Scene, one: Presence, frame: SceneFrame) -> int:
    """Return the number of the passage that shows somebody."""
    now_s = (frame.captured_at_ms - scene.settings.started_at_ms) / 1000.0
    own = (n for n, each in enumerate(scene.passages(0)) if walker_id(each.walker) == one.walker_id)
    return max(n for n in own if scene.passages(0)[n].enters_at_s <= now_s)


def _boxes(people: list[Presence]) -> Float32:
    return np.array([one.box_xyxy for one in people], np.float32).reshape(-1, 4)


def _height(one: Presence) -> int:
    return one.box_xyxy[3] - one.box_xyxy[1]
