"""Tracklets: one person, one passage, through short gaps and past others."""

import numpy as np
import pytest

from detectors.base import Detections
from detectors.boxes import overlaps
from pipeline.errors import SettingsError
from pipeline.records import CaptureClock
from pipeline.track import CameraTracker, TrackSettings
from pipeline.tracking.overlap import UprightOverlap

START_MS = 1_700_000_000_000


def boxes(*people: tuple[float, float, float]) -> Detections:
    """Return the boxes of people told by the middle of their feet, px, and their height, px."""
    xyxy = [(x - 0.2 * height, y - height, x + 0.2 * height, y) for x, y, height in people]
    return Detections(np.array(xyxy, np.float32).reshape(-1, 4), np.full(len(people), 0.7, np.float32))


def tracker(fps: float = 5.0, clock: CaptureClock = CaptureClock.FILE, **settings: float) -> CameraTracker:
    """Return a tracker of one camera."""
    return CameraTracker("gate", clock, TrackSettings(nominal_fps=fps, **settings))  # type: ignore[arg-type]


def walk(
    tracked: CameraTracker, frames: list[Detections], fps: float = 5.0, start_ms: int = START_MS
) -> list[set[str]]:
    """Return the tracklets seen in each of the frames."""
    steps = (tracked.update(start_ms + round(1000 * n / fps), each) for n, each in enumerate(frames))
    return [{one.tracklet_id for one in step.seen} for step in steps]


@pytest.mark.parametrize("fps", [0.01, 0.1, 0.3, 0.4, 0.6, 1.0])
def test_who_stays_is_seen_however_seldom_frames_come(fps: float) -> None:
    """Somebody who waits is one tracklet from the second box on at rates below one frame a second, too."""
    seen = walk(tracker(fps), [boxes((50, 300, 150))] * 6, fps)
    assert seen[0] == set()
    assert all(seen[1:])
    assert len(set.union(*seen)) == 1


@pytest.mark.parametrize("fps", [0.05, 0.3, 0.45])
def test_who_stays_is_seen_by_a_camera_that_is_slower_than_was_known(fps: float) -> None:
    """Where five frames a second were awaited and one in several seconds comes, somebody who waits is seen all the same."""
    seen = walk(tracker(5.0), [boxes((50, 300, 150))] * 12, fps)
    assert all(seen[4:])
    assert len(set.union(*seen)) == 1


def test_one_long_gap_joins_nobody() -> None:
    """Who stands where somebody stood half a minute before, while no frame came, is somebody else."""
    tracked, somebody = tracker(5.0), [boxes((50, 300, 150))] * 20
    before = set.union(*walk(tracked, somebody))
    after = set.union(*walk(tracked, somebody, start_ms=START_MS + 34_000))
    assert len(before) == len(after) == 1
    assert before != after


@pytest.mark.parametrize("fps", [2.0, 5.0, 10.0, 25.0])
def test_a_walker_is_one_tracklet_from_the_second_box_on(fps: float) -> None:
    """At every rate of analysis somebody who walks at 60 px a second is one tracklet that the second box begins."""
    seen = walk(tracker(fps), [boxes((50 + 60 * n / fps, 300, 150)) for n in range(round(6 * fps))], fps)
    assert seen[0] == set()
    assert len(set.union(*seen)) == 1
    assert all(seen[1:])


def test_a_single_box_is_nobody() -> None:
    """A detection that the next frame does not confirm begins no tracklet."""
    assert walk(tracker(), [boxes((50, 300, 150)), boxes(), boxes((400, 200, 90)), boxes()]) == [set()] * 4


@pytest.mark.parametrize(("gap_s", "tracklets"), [(0.4, 1), (1.0, 1), (1.6, 1), (4.0, 2)])
def test_a_short_occlusion_ends_nothing(gap_s: float, tracklets: int) -> None:
    """Somebody out of sight for up to 2 s goes on as before; for longer, as somebody else."""
    gap = round(5 * gap_s)
    frames = [boxes() if 10 <= n < 10 + gap else boxes((50 + 10 * n, 300, 150)) for n in range(20 + gap)]
    assert len(set.union(*walk(tracker(), frames))) == tracklets


def test_people_who_pass_each_other_keep_their_tracklets() -> None:
    """Two who cross at different distances, the farther one hidden meanwhile, are two tracklets that never swap."""
    frames = []
    for n in range(25):
        near, far = (60 + 16 * n, 330, 180), (440 - 16 * n, 270, 130)
        frames.append(boxes(near) if abs(near[0] - far[0]) < 40 else boxes(near, far))
    tracked = tracker()
    owners: dict[str, set[bool]] = {}
    for n, each in enumerate(frames):
        for one in tracked.update(START_MS + 200 * n, each).seen:
            owners.setdefault(one.tracklet_id, set()).add(bool(each.heights[one.row] > 150))
    assert sorted(map(len, owners.values())) == [1, 1]


def test_the_end_is_told_once() -> None:
    """A tracklet ends when it has been out of sight too long, and is told of as ended exactly once."""
    tracked = tracker()
    frames = [boxes((50 + 10 * n, 300, 150)) for n in range(5)] + [boxes()] * 20
    steps = [tracked.update(START_MS + 200 * n, each) for n, each in enumerate(frames)]
    (begun,) = {one.tracklet_id for step in steps for one in step.seen}
    assert [one for step in steps for one in step.ended] == [begun]
    assert tracked.finish() == ()


def test_a_clock_set_back_begins_a_session() -> None:
    """When time goes back or stands still everybody's tracklet ends, and ids do not repeat."""
    tracked = tracker()
    frames = [boxes((50, 300, 150))] * 4
    (first,) = set.union(*walk(tracked, frames))
    step = tracked.update(START_MS - 5000, frames[0])
    assert step.ended == (first,)
    (second,) = set.union(*walk(tracked, frames, start_ms=START_MS - 4000))
    assert second != first


def test_ids_are_the_same_in_every_replay() -> None:
    """The same boxes give the same ids; another camera clock gives others, so a replay never writes over what was live."""
    frames = [boxes((50 + 10 * n, 300, 150), (400 - 12 * n, 250, 100)) for n in range(8)]
    once, again = walk(tracker(), frames), walk(tracker(), frames)
    assert once == again
    assert set.union(*once).isdisjoint(set.union(*walk(tracker(clock=CaptureClock.WALL), frames)))


@pytest.mark.parametrize(
    "settings",
    [{"lost_s": -1.0}, {"least_boxes": 0}, {"least_likeness": 0.0}, {"least_likeness": 1.5}, {"fps": 0.0}],
)
def test_settings_out_of_range_are_refused(settings: dict[str, float]) -> None:
    """Numbers that make no sense are named before the first frame."""
    with pytest.raises(SettingsError, match="least_likeness|nominal_fps"):
        tracker(**settings)


def test_likeness_is_overlap_times_the_heights_overlap_squared() -> None:
    """The fast measure agrees with one written box by box, and is 1 for a box and itself, 0 for boxes apart."""
    rng = np.random.default_rng(5)
    corner = rng.uniform(0, 60, (12, 2))
    xyxy = np.concatenate([corner, corner + rng.uniform(5, 60, (12, 2))], axis=1).astype(np.float32)
    measured = UprightOverlap().compute(xyxy, xyxy)
    area = overlaps(xyxy, xyxy)
    for i, one in enumerate(xyxy):
        for j, other in enumerate(xyxy):
            shared = max(0.0, min(one[3], other[3]) - max(one[1], other[1]))
            upright = shared / (max(one[3], other[3]) - min(one[1], other[1]))
            assert measured[i, j] == pytest.approx(area[i, j] * upright**2, abs=1e-5)
    assert np.allclose(np.diag(measured), 1.0)


def test_widened_boxes_meet_where_somebody_has_walked_on() -> None:
    """Boxes side by side have nothing in common until they are widened; above one another they still have not."""
    place = np.array([[100, 100, 140, 200]], np.float32)
    beside, above = place + np.array([45, 0, 45, 0], np.float32), place - np.array([0, 105, 0, 105], np.float32)
    assert UprightOverlap().compute(place, beside)[0, 0] == 0.0
    assert UprightOverlap(0.2).compute(place, beside)[0, 0] > 0.2
    assert UprightOverlap(0.2).compute(place, above)[0, 0] == 0.0


def test_a_quick_walker_is_followed_at_two_frames_a_second() -> None:
    """Who walks a box's width between two frames, 0.8 of their height a second, is one tracklet."""
    seen = walk(tracker(2.0), [boxes((50 + 60 * n, 300, 150)) for n in range(8)], 2.0)
    assert len(set.union(*seen)) == 1
    assert all(seen[1:])
