"""The gathering of batches: fair, never late, and the pressure ends at the source."""

from collections import Counter
from threading import Thread

import pytest

from pipeline.batching.lanes import Batch, BatchSettings, Lane, Lanes
from pipeline.camera import Camera
from pipeline.clock import ManualClock, SystemClock
from pipeline.errors import SettingsError
from pipeline.sources.base import QueuePolicy
from tests.unit.pipeline.batching.stage import frame, picture
from tests.waiting import until

NEVER_MS = 50_000.0
IMAGE = picture()


def open_lane(lanes: Lanes, camera_id: str, *, live: bool = False, frames: int = 0) -> Lane:
    """Return a lane in which so many frames wait."""
    lane = lanes.open(Camera(camera_id, "film.mp4"), QueuePolicy.DROP_OLDEST if live else QueuePolicy.WAIT)
    for index in range(frames):
        assert lane.put(frame(camera_id, index, image=IMAGE))
    return lane


def taken_from(batch: Batch) -> dict[str, int]:
    """Return how many frames of each camera a batch holds."""
    return dict(Counter(one.frame.camera_id for one in batch.taken))


def test_no_camera_gets_more_than_its_share_while_others_wait() -> None:
    """Of three cameras with frames enough, each gets a third of every three batches, and a batch differs by one."""
    lanes = Lanes(BatchSettings(8, NEVER_MS), ManualClock())
    batches = lanes.batches()
    for name in "abc":
        open_lane(lanes, name)
    told: Counter[str] = Counter()
    feeders = [Thread(target=lambda lane=lane: _feed(lane, 40), daemon=True) for lane in lanes._turn]
    for feeder in feeders:
        feeder.start()
    for _ in range(12):
        until(lambda: sum(len(lane.waiting) for lane in lanes._turn) == 6)  # two wait in each lane
        shares = taken_from(next(batches))
        assert set(shares.values()) == {2}
        told.update(shares)
    assert set(told.values()) == {24}
    lanes.close()


def _feed(lane: Lane, count: int) -> None:
    for index in range(count):
        if not lane.put(frame(lane.camera.camera_id, index, image=IMAGE)):
            return


def test_the_next_batch_goes_on_where_the_last_one_stopped() -> None:
    """With more cameras than a batch has frames, the cameras take turns."""
    lanes = Lanes(BatchSettings(2, 0.0), ManualClock())
    for name in "abcde":
        open_lane(lanes, name, live=True, frames=1)
    batches = lanes.batches()
    first = [one.frame.camera_id for batch in (next(batches), next(batches)) for one in batch.taken]
    for lane in lanes._turn:
        lane.put(frame(lane.camera.camera_id, 9, image=IMAGE))
    assert first == ["a", "b", "c", "d"]
    assert [one.frame.camera_id for one in next(batches).taken] == ["e", "a"]


def test_a_silent_camera_is_waited_for_no_longer_than_the_longest_wait() -> None:
    """A frame beside a silent camera is in a batch once it has waited for the longest time, and not before."""
    clock = ManualClock()
    lanes = Lanes(BatchSettings(8, 30.0), clock)
    open_lane(lanes, "silent", live=True)
    open_lane(lanes, "talking", live=True, frames=1)
    assert lanes._due_in_s() == pytest.approx(0.030)
    clock.advance(0.030)
    assert taken_from(next(lanes.batches())) == {"talking": 1}


def test_nothing_is_waited_for_when_no_lane_has_room() -> None:
    """Two live cameras whose newest frames wait make a batch at once, though it is not full."""
    lanes = Lanes(BatchSettings(8, NEVER_MS), ManualClock())
    open_lane(lanes, "a", live=True, frames=1)
    open_lane(lanes, "b", live=True, frames=1)
    assert taken_from(next(lanes.batches())) == {"a": 1, "b": 1}


def test_a_live_camera_keeps_its_newest_frame_and_counts_the_others() -> None:
    """Of five frames that nobody took, the last one is given, and four are counted as lost."""
    lanes = Lanes(BatchSettings(8, 0.0), ManualClock())
    lane = open_lane(lanes, "a", live=True, frames=5)
    (one,) = next(lanes.batches()).taken
    assert one.frame.index == 4
    assert lane.dropped == 4


def test_a_live_camera_that_has_ended_keeps_the_frame_that_waits() -> None:
    """A frame that comes after a camera's end is not taken, and takes nothing away."""
    lanes = Lanes(BatchSettings(4, NEVER_MS), ManualClock())
    lane = open_lane(lanes, "a", live=True, frames=1)
    lane.end()
    assert not lane.put(frame("a", 9, image=IMAGE))
    assert lane.dropped == 0
    lanes.close()
    assert [one.frame.index for batch in lanes.batches() for one in batch.taken] == [0]


def test_recorded_footage_waits_and_loses_nothing() -> None:
    """A film of a hundred frames comes out whole and in order, though its lane has room for two."""
    lanes = Lanes(BatchSettings(2, 0.0), SystemClock())
    lane = open_lane(lanes, "a")

    def feed() -> None:
        _feed(lane, 100)
        lane.end()
        lanes.close()

    Thread(target=feed, daemon=True).start()
    batches = list(lanes.batches())
    assert [one.frame.index for batch in batches for one in batch.taken] == list(range(100))
    assert [lane.camera.camera_id for batch in batches for lane in batch.ended] == ["a"]
    assert lane.dropped == 0


def test_an_end_comes_after_the_last_frame() -> None:
    """A lane that has ended is told of with or after its last frame, once, and then it is gone."""
    lanes = Lanes(BatchSettings(1, 0.0), ManualClock())
    lane = open_lane(lanes, "a", frames=2)
    lane.end()
    lanes.close()
    assert [(len(batch.taken), len(batch.ended)) for batch in lanes.batches()] == [(1, 0), (1, 1)]


def test_a_paused_camera_is_left_alone_until_its_time_is_over() -> None:
    """A paused camera's frames are in no batch; they are once the pause has ended."""
    clock = ManualClock()
    lanes = Lanes(BatchSettings(8, 0.0), clock)
    open_lane(lanes, "bad", live=True, frames=1).pause(5.0)
    open_lane(lanes, "good", live=True, frames=1)
    batches = lanes.batches()
    assert taken_from(next(batches)) == {"good": 1}
    assert lanes._due_in_s() == pytest.approx(5.0)
    clock.advance(5.0)
    assert taken_from(next(batches)) == {"bad": 1}


def test_a_reader_that_waits_for_room_is_let_go_when_its_lane_ends() -> None:
    """Ending a full lane wakes its reader, whose frame is not taken."""
    lanes = Lanes(BatchSettings(8, NEVER_MS), ManualClock())
    lane = open_lane(lanes, "a", frames=2)
    open_lane(lanes, "b")
    lane.waiting.extend(lane.waiting * 3)
    told: list[bool] = []
    reader = Thread(target=lambda: told.append(lane.put(frame(index=9, image=IMAGE))), daemon=True)
    reader.start()
    lane.end()
    reader.join(30)
    assert told == [False]


def test_a_lane_opened_after_the_close_takes_nothing() -> None:
    """A camera that comes while the service ends is told that nobody takes its frames."""
    lanes = Lanes(BatchSettings(), ManualClock())
    lanes.close()
    lane = lanes.open(Camera("late", "film.mp4"), QueuePolicy.WAIT)
    assert not lane.put(frame(image=IMAGE))
    assert [len(batch.ended) for batch in lanes.batches()] == [1]


@pytest.mark.parametrize("wrong", [{"most_frames": 0}, {"longest_wait_ms": -1.0}, {"longest_wait_ms": 1e9}])
def test_batches_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    """A batch of nothing, or one that nobody can wait for, is a wrong setting."""
    with pytest.raises(SettingsError):
        BatchSettings(**wrong)  # type: ignore[arg-type]
