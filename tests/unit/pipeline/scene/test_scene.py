import math

import numpy as np
import pytest

from pipeline.errors import SceneError
from pipeline.scene.scene import Scene, SceneCamera, SceneFrame, SceneSettings

SETTINGS = SceneSettings(walkers=6, duration_s=12.0, fps=2.0, wear=0.0)
PARK = (SceneCamera("gate", "park", "night", (160, 90)), SceneCamera("gate", "park", "day", (160, 90)))
CAMERAS = (SceneCamera("gate", "pavement", "day", (320, 180)),)


@pytest.fixture(scope="module")
def frames() -> list[SceneFrame]:
    """Return twelve seconds of a street before a perfect camera."""
    return list(Scene(3, CAMERAS, SETTINGS).frames("gate"))


def test_the_same_seed_draws_the_same_frames(frames: list[SceneFrame]) -> None:
    """Two scenes of one seed agree in every pixel and every word of their truth."""
    again = list(Scene(3, CAMERAS, SETTINGS).frames("gate"))
    assert all(np.array_equal(one.image, other.image) for one, other in zip(frames, again, strict=True))
    assert [one.truth for one in frames] == [other.truth for other in again]


def test_another_seed_draws_others(frames: list[SceneFrame]) -> None:
    """Another seed gives another street."""
    other = next(Scene(4, CAMERAS, SETTINGS).frames("gate"))
    assert not np.array_equal(frames[0].image, other.image)


def test_frames_have_their_times(frames: list[SceneFrame]) -> None:
    """Frames are numbered from 0 and half a second apart at two frames a second."""
    assert [frame.index for frame in frames] == list(range(24))
    times = [frame.captured_at_ms - SETTINGS.started_at_ms for frame in frames]
    assert times == [500 * n for n in range(24)]


def test_somebody_is_there(frames: list[SceneFrame]) -> None:
    """Walkers come into view, and each is told of by id and outfit."""
    seen = {one.walker_id for frame in frames for one in frame.truth}
    assert len(seen) >= 3
    assert all(one.outfit.upper.kind for frame in frames for one in frame.truth)


def test_boxes_hold_all_that_is_drawn(frames: list[SceneFrame]) -> None:
    """Outside the boxes of its truth a frame is the empty street; inside, each box shows something else."""
    empty = next(Scene(3, CAMERAS, SceneSettings(walkers=0, duration_s=1, fps=2.0, wear=0.0)).frames("gate")).image
    for frame in frames[::4]:
        differs = np.abs(frame.image.astype(int) - empty.astype(int)).max(axis=2) > 40
        for one in frame.truth:
            left, top, right, bottom = one.box_xyxy
            inside = differs[top:bottom, left:right]
            assert inside.any() or one.visible_share < 0.3, (frame.index, one)
            differs[max(top - 3, 0) : bottom + 3, max(left - 3, 0) : right + 3] = False
        assert differs.mean() < 0.02  # shadows on the ground


def test_boxes_lie_within_the_frame(frames: list[SceneFrame]) -> None:
    """Every box has an area and lies within the frame; every visible share lies above 0 and up to 1."""
    for one in (one for frame in frames for one in frame.truth):
        left, top, right, bottom = one.box_xyxy
        assert 0 <= left < right <= 320
        assert 0 <= top < bottom <= 180
        assert 0 < one.visible_share <= 1


@pytest.mark.parametrize(
    ("cameras", "settings", "found"),
    [
        ((), SETTINGS, "none"),
        ((SceneCamera("a"), SceneCamera("a")), SETTINGS, "'a'"),
        (CAMERAS, SceneSettings(duration_s=0), "0 s"),
        (CAMERAS, SceneSettings(fps=1000), "1000 fps"),
        (CAMERAS, SceneSettings(walkers=-1), "-1 walkers"),
        (CAMERAS, SceneSettings(duration_s=math.inf), "inf s"),
        (CAMERAS, SceneSettings(duration_s=math.nan), "nan s"),
        (CAMERAS, SceneSettings(fps=math.nan), "nan fps"),
        (CAMERAS, SceneSettings(duration_s=0.05), "0.05 s at 10.0 fps is not one frame"),
        (CAMERAS, SceneSettings(wear=-1), "got -1"),
        ((SceneCamera("a", "moon"),), SETTINGS, "camera 'a': expected one of .*, but got 'moon'"),  # type: ignore[arg-type]
        ((SceneCamera("a", light="neon"),), SETTINGS, "camera 'a': expected one of .*, but got 'neon'"),  # type: ignore[arg-type]
        ((SceneCamera("a", size_wh=(0, 0)),), SETTINGS, "at least 16x16 px"),
    ],
)
def test_an_impossible_scene_is_refused(cameras: tuple[SceneCamera, ...], settings: SceneSettings, found: str) -> None:
    """A scene that cannot be drawn is an error that says what was found."""
    with pytest.raises(SceneError, match=found):
        Scene(1, cameras, settings)


def test_a_negative_seed_is_refused() -> None:
    """A seed below 0 is an error of the scene's, not of the generator's below it."""
    with pytest.raises(SceneError, match="got -1"):
        Scene(-1)


def test_every_moment_has_its_frame() -> None:
    """The frames of a scene are its seconds times its rate, however those are rounded."""
    assert Scene(1, 1, SceneSettings(walkers=0, duration_s=0.57, fps=100.0)).frame_count == 57
    assert Scene(1, 1, SceneSettings(walkers=0, duration_s=1.0, fps=29.97)).frame_count == 29


def test_cameras_are_drawn_by_chance() -> None:
    """Given a number, a scene has as many cameras, each of its own name and, up to five, in a place of its own."""
    cameras = Scene(2, 5, SceneSettings(walkers=0)).cameras
    assert [camera.camera_id for camera in cameras] == [f"camera-{n}" for n in range(1, 6)]
    assert len({camera.place for camera in cameras}) == 5


def test_night_is_darker() -> None:
    """A park is darker at night than by day, whatever its lamps and however the camera makes up for it."""
    for seed in range(3):
        night, day = (next(Scene(seed, (camera,), SceneSettings(walkers=0)).frames("gate")) for camera in PARK)
        assert night.image.mean() < 0.9 * day.image.mean()


def test_an_unknown_camera_is_named() -> None:
    """Asking for a camera the scene lacks names those it has."""
    with pytest.raises(SceneError, match="'door' is not in this scene; it has gate"):
        next(Scene(3, CAMERAS, SETTINGS).frames("door"))
