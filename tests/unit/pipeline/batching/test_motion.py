"""Motion gating: what is left out, and that nobody is missed for it."""

from collections.abc import Iterator

import numpy as np
import pytest

from pipeline.batching.lanes import Batch, BatchSettings, Lanes, Taken
from pipeline.batching.looking import Looker
from pipeline.batching.motion import MotionGate, MotionSettings
from pipeline.camera import Camera
from pipeline.clock import ManualClock
from pipeline.errors import SettingsError
from pipeline.records import CaptureClock, Frame
from pipeline.scene.scene import Scene, SceneCamera, SceneSettings
from pipeline.sources.base import QueuePolicy
from tests.unit.pipeline.batching.stage import Everywhere, Image, frame, people, picture

FPS = 5
STREET = np.full((180, 320, 3), 120, np.uint8)  # half the size of a camera's frame, to be quick


def quiet(count: int, first: int = 0, scene: Image = STREET) -> Iterator[Frame]:
    """Yield frames of a scene in which nothing happens, seen by a camera with noise."""
    rng = np.random.default_rng(first)
    for index in range(first, first + count):
        noise = rng.normal(0.0, 3.0, scene.shape)
        image = np.clip(scene + noise, 0, 255).astype(np.uint8)
        yield Frame("door", index, 1000 * index // FPS, CaptureClock.WALL, image)


def with_box(height: int, x: int = 150, level: int = 60) -> Image:
    """Return the street with somebody of that height in it."""
    scene = STREET.copy()
    scene[150 - height : 150, x : x + max(2, height // 3)] = level
    return scene


def looks(gate: MotionGate, frames: Iterator[Frame], people_seen: int = 0) -> list[bool]:
    """Return which frames are looked at, when each look shows so many people."""
    told = []
    for each in frames:
        told.append(gate.wants(each))
        if told[-1]:
            gate.saw(each.captured_at_ms, people_seen)
    return told


def test_a_quiet_scene_is_looked_at_now_and_then() -> None:
    """After the first seconds, one frame in ten is looked at: one every two seconds at five a second."""
    gate = MotionGate()
    assert all(looks(gate, quiet(10)))
    later = looks(gate, quiet(100, 10))
    assert sum(later) == 10
    assert max(np.diff(np.flatnonzero(later))) == 10


@pytest.mark.parametrize("height", [20, 40, 80])
def test_who_comes_in_is_looked_at_at_once(height: int) -> None:
    """The first frame that shows somebody is looked at, from the least height that is embedded, 40 px of 360."""
    gate = MotionGate()
    looks(gate, quiet(53))
    assert not gate.wants(next(quiet(1, 53)))
    assert gate.wants(next(quiet(1, 54, with_box(height))))


def test_while_somebody_is_about_every_frame_is_looked_at() -> None:
    """Somebody who stands still and is seen is looked at in every frame, and for three seconds after."""
    gate = MotionGate()
    looks(gate, quiet(50))
    looks(gate, quiet(3, 50, with_box(40)), people_seen=1)
    gate._background = gate._now  # who stands there long enough is in the background, too
    assert all(looks(gate, quiet(200, 53, with_box(40)), people_seen=1))
    assert all(looks(gate, quiet(14, 253, with_box(40))))


def test_what_changed_and_is_nobody_becomes_scenery() -> None:
    """A parked car is looked at for a few seconds, then it is left alone."""
    gate = MotionGate()
    looks(gate, quiet(50))
    told = looks(gate, quiet(200, 50, with_box(70)))
    assert all(told[: 3 * FPS])
    assert sum(told[5 * FPS :]) <= len(told[5 * FPS :]) // 8


def test_a_change_of_light_is_no_motion() -> None:
    """An exposure that changes by a few levels over the whole picture opens nothing."""
    gate = MotionGate()
    looks(gate, quiet(50))
    brighter = looks(gate, quiet(60, 50, STREET + np.uint8(25)))
    assert sum(brighter) <= 6


def test_a_clock_that_goes_back_begins_anew() -> None:
    """After a step back in time the scene is learned again, and looked at meanwhile."""
    gate = MotionGate()
    looks(gate, quiet(60))
    assert all(looks(gate, quiet(10)))


def test_nobody_of_a_drawn_street_is_looked_at_later() -> None:
    """With a detector that sees whoever is half in sight, no walker is seen a frame later than without gating."""
    camera = SceneCamera("gate", "pavement", "dusk")
    scene = Scene(7, (camera,), SceneSettings(walkers=1, duration_s=40.0, fps=FPS))
    gate, looked, entered = MotionGate(), 0, 0
    before: set[str] = set()
    for each in scene.frames("gate"):
        wanted = gate.wants(Frame("gate", each.index, each.captured_at_ms, CaptureClock.WALL, each.image))
        seen = {one.walker_id for one in each.truth if one.visible_share >= 0.5}
        if wanted:
            gate.saw(each.captured_at_ms, len(seen))
        assert wanted or not seen
        looked += wanted
        entered += len(seen - before)
        before = seen
    assert entered >= 1
    assert looked < scene.frame_count


def test_recorded_footage_is_looked_at_in_full_and_live_cameras_are_not() -> None:
    """Gating is for live cameras, so that the same footage always gives the same sightings."""
    lanes = Lanes(BatchSettings(), ManualClock())
    live = lanes.open(Camera("live", "rtsp://door"), QueuePolicy.DROP_OLDEST)
    film = lanes.open(Camera("film", "film.mp4"), QueuePolicy.WAIT)
    image = picture()
    batches = [
        Batch(tuple(Taken(lane, frame(lane.camera.camera_id, index, image=image), 0.0) for lane in (live, film)), ())
        for index in range(100)
    ]
    looker = Looker(Everywhere(people()), MotionSettings())
    told = list(looker.looked(iter(batches)))
    assert [len(each.looks) for each in told] == [2] * 100
    assert sum(map(len, looker.detector.batches)) == looker.counts.looked
    assert looker.counts.looked == 200 - looker.counts.unchanged
    assert looker.counts.unchanged > 60


def test_times_that_make_no_sense_are_refused() -> None:
    """A look that is never due is a wrong setting."""
    with pytest.raises(SettingsError):
        MotionSettings(full_look_s=0.0)
