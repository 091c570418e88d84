import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.camera import Camera
from pipeline.camera_share import CameraShare, Membership, Pace
from pipeline.clock import ManualClock
from pipeline.errors import StoreError
from pipeline.log.sqlite import SqliteLog
from pipeline.services.ingest import IngestPorts, IngestService
from pipeline.store.cameras import ENDED, LIVE, CameraRoll, CameraStore
from pipeline.store.open import open_cameras
from pipeline.store.sqlite_cameras import SqliteCameras
from tests.unit.pipeline.batching.stage import Everywhere, Film, Mean, frame, people, picture
from tests.waiting import until

PACE = Pace()
PATIENCE_S = 20.0


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that the store and all members go by."""
    return ManualClock(1_000_000)


@pytest.fixture
def store(tmp_path: Path, clock: ManualClock) -> Iterator[SqliteCameras]:
    """Return a store with six cameras."""
    with SqliteCameras(tmp_path / "store.db", clock) as opened:
        for number in range(6):
            opened.put(Camera(f"camera-{number}", f"rtsp://10.0.0.{number}/live"))
        yield opened


@pytest.fixture
def join(store: SqliteCameras, clock: ManualClock) -> Callable[[], Membership]:
    """Return a function that begins a membership."""
    return lambda: Membership(store, {}, clock, PACE)


class AwayStore(SqliteCameras):
    """A store that answers when it is told to."""

    away = False

    def cameras(self) -> CameraRoll:
        """Return the cameras, or fail."""
        if self.away:
            raise StoreError("the store does not answer")
        return super().cameras()


def away(share: CameraShare) -> bool:
    """Return whether the store does not answer a share."""
    try:
        share()
    except StoreError:
        return True
    return False


def run(clock: ManualClock, seconds: float, *members: Membership) -> None:
    """Let members beat once a second."""
    for _ in range(round(seconds)):
        clock.advance(1.0)
        for member in members:
            report_live(member)
            member.beat()


def report_live(member: Membership) -> None:
    """Say that everything watched has frames."""
    for camera_id in member._watched:
        member.report(camera_id, LIVE)


def test_one_member_watches_everything(join: Callable[[], Membership]) -> None:
    """A process that is alone is to watch every camera from its first beat on."""
    assert [*join().beat()] == [f"camera-{number}" for number in range(6)]


def test_edits_come_with_the_next_beat(store: SqliteCameras, join: Callable[[], Membership]) -> None:
    """Cameras that are added, changed, switched off and removed show when the next beat is over."""
    member = join()
    member.beat()
    store.put(Camera("new", "new.mp4"))
    store.put(Camera("camera-0", "other.mp4"))
    store.put(replace(store.get("camera-1"), enabled=False))
    store.remove("camera-2")
    watched = member.beat()
    assert [*watched] == ["camera-0", "camera-3", "camera-4", "camera-5", "new"]
    assert watched["camera-0"] == Camera("camera-0", "other.mp4", version=2)


def test_cameras_of_the_file_count_too(store: SqliteCameras, clock: ManualClock) -> None:
    """A camera of lookout.toml is shared like any other; the store's camera of the same id has precedence."""
    fixed = {"own": Camera("own", "own.mp4"), "camera-0": Camera("camera-0", "of-the-file.mp4")}
    member = Membership(store, fixed, clock)
    watched = member.beat()
    assert watched["own"] == Camera("own", "own.mp4")
    assert watched["camera-0"].url == "rtsp://10.0.0.0/live"
    store.remove("camera-0")
    assert member.beat()["camera-0"].url == "of-the-file.mp4"


def test_a_newcomer_waits_before_it_takes_over(clock: ManualClock, join: Callable[[], Membership]) -> None:
    """A second process gets its even half once it has lived for a while, and not before."""
    first, second = join(), join()
    run(clock, 1, first, second)
    assert (len(first.beat()), len(second.beat())) == (6, 0)
    run(clock, PACE.settle_s + 2, first, second)
    assert (len(first.beat()), len(second.beat())) == (3, 3)
    assert first.beat().keys().isdisjoint(second.beat())


def test_a_camera_is_watched_on_until_its_new_member_has_frames(
    clock: ManualClock, join: Callable[[], Membership]
) -> None:
    """Nobody lets go of a camera for another process before that has frames, or has had its time to get them."""
    first, second = join(), join()
    for member in (first, second):
        member.beat()
    clock.advance(PACE.settle_s)
    report_live(first)
    taken = second.beat().keys()
    assert len(taken) == 3
    assert first.beat().keys() >= taken
    second.report(min(taken), LIVE)
    second.beat()
    assert first.beat().keys() & taken == taken - {min(taken)}
    clock.advance(PACE.handover_s)
    assert not first.beat().keys() & taken


def test_who_takes_a_camera_after_another_has_its_own_time_to_get_frames(
    store: SqliteCameras, clock: ManualClock, join: Callable[[], Membership]
) -> None:
    """A camera whose new process leaves before it has frames is watched on until the next one has them, too."""
    own = {f"own-{number}": Camera(f"own-{number}", str(number)) for number in range(12)}
    first, second, third = Membership(store, own, clock, PACE), join(), join()
    for member in (first, second):
        member.beat()
    clock.advance(PACE.settle_s)
    report_live(first)
    taken = second.beat().keys()
    third.beat()
    assert first.beat().keys() >= taken
    clock.advance(PACE.handover_s - 1.0)
    second.leave()
    assert first.beat().keys() >= taken
    clock.advance(1.0)
    third.beat()
    assert store.leases()[min(taken)].member == third.name
    assert first.beat().keys() >= taken


def test_a_dead_process_is_succeeded_within_ten_seconds(clock: ManualClock, join: Callable[[], Membership]) -> None:
    """When one of three gives no beat any more, the two others watch everything 7 s later, 3 cameras each."""
    first, second, third = join(), join(), join()
    run(clock, 10, first, second, third)
    assert {len(each.beat()) for each in (first, second, third)} == {2}
    run(clock, 7, first, second)
    assert {len(each.beat()) for each in (first, second)} == {3}
    assert first.beat().keys() | second.beat().keys() == {f"camera-{number}" for number in range(6)}


def test_a_paused_process_lets_go_when_it_returns(clock: ManualClock, join: Callable[[], Membership]) -> None:
    """A process that slept through its lease lets go of what others took, with its first beat."""
    first, second = join(), join()
    run(clock, 10, first, second)
    run(clock, 60, second)
    assert len(first._watched) == 3
    assert first.beat() == {}
    run(clock, 10, first, second)
    assert (len(first.beat()), len(second.beat())) == (3, 3)
    assert first.beat().keys().isdisjoint(second.beat())


def test_all_return_to_what_they_watched(clock: ManualClock, tmp_path: Path) -> None:
    """When the store was away for everybody for a minute, nobody stops a camera, and none moves afterwards."""
    with AwayStore(tmp_path / "away.db", clock) as store:
        for number in range(6):
            store.put(Camera(f"camera-{number}", f"{number}.mp4"))
        members = [Membership(store, {}, clock, PACE) for _ in range(3)]
        run(clock, 10, *members)
        before = [member.beat().keys() for member in members]
        store.away = True
        clock.advance(60)
        with pytest.raises(StoreError):
            members[0].beat()
        store.away = False
        for _ in range(12):
            assert [member.beat().keys() for member in members] == before
            clock.advance(1.0)


def test_a_camera_that_one_process_knows_is_watched(store: SqliteCameras, clock: ManualClock) -> None:
    """Cameras of one machine's lookout.toml are watched, however few other processes have."""
    own = {f"own-{number}": Camera(f"own-{number}", str(number)) for number in range(12)}
    first, second = Membership(store, own, clock, PACE), Membership(store, {}, clock, PACE)
    run(clock, 15, second, first)
    assert own.keys() <= first.beat().keys()
    assert first.beat().keys() | second.beat().keys() == own.keys() | {f"camera-{number}" for number in range(6)}


def test_reports_reach_the_store_with_their_beginning(
    store: SqliteCameras, clock: ManualClock, join: Callable[[], Membership]
) -> None:
    """A state is told with the time when it began, however often it is reported, and a new state with its own."""
    member = join()
    member.beat()
    member.report("camera-0", "connecting")
    member.report("nowhere", "live")
    clock.advance(3)
    member.report("camera-0", "connecting", "no answer yet")
    member.beat()
    report = store.leases()["camera-0"].report
    assert (report.state, report.reason, report.since_ms) == ("connecting", "no answer yet", 1_000_000)
    member.report("camera-0", "live")
    member.beat()
    report = store.leases()["camera-0"].report
    assert (report.state, report.reason, report.since_ms) == ("live", "", 1_003_000)
    assert "nowhere" not in store.leases()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.permutations(range(3)), st.sets(st.integers(0, 2)), st.booleans()), min_size=5, max_size=40),
    st.integers(0, 8),
)
def test_no_camera_goes_unwatched_while_processes_live(
    seconds: list[tuple[list[int], set[int], bool]], cameras: int
) -> None:
    """Whichever processes cannot reach the store when, and for how long: every camera is watched at all times.

    Afterwards, when all reach it again, each camera is watched by one of them, evenly, and none moves any more.
    """
    clock = ManualClock(1_000_000)
    with SqliteCameras(Path(":memory:"), clock) as store:
        wanted = {store.put(Camera(f"camera-{number}", "film.mp4")).camera_id for number in range(cameras)}
        members = [Membership(store, {}, clock, PACE) for _ in range(3)]
        members[0].beat()
        for order, reaching, live in seconds:
            clock.advance(1.0)
            for place in order:
                if place in reaching:
                    if live:
                        report_live(members[place])
                    members[place].beat()
                assert {camera_id for member in members for camera_id in member._watched} == wanted
        run(clock, 3 * PACE.settle_s, *members)
        parts = [{*member._watched} for member in members]
        assert sorted(map(len, parts)) == sorted(len(wanted) // 3 + (rest < len(wanted) % 3) for rest in range(3))
        assert set().union(*parts) == wanted
        run(clock, 5, *members)
        assert [{*member._watched} for member in members] == parts


def test_a_share_follows_by_itself(tmp_path: Path) -> None:
    """A share notices edits by itself, names its member in the store, and gives its cameras back when it closes."""
    address = f"sqlite:///{tmp_path / 'store.db'}"
    with open_cameras(address) as store, open_cameras(address) as other:
        store.put(Camera("gate", "gate.mp4"))
        with CameraShare(store, {}, pace=Pace(beat_s=0.05)) as share:
            assert [*share()] == ["gate"]
            other.put(Camera("hall", "hall.mp4"))
            until(lambda: [*share()] == ["gate", "hall"])
            share.report("hall", "live")
            until(lambda: other.leases()["hall"].report.state == "live")
            assert {lease.member for lease in other.leases().values()} == {share.member}
        assert other.leases() == {}


def test_a_share_keeps_its_cameras_while_the_store_is_away(tmp_path: Path) -> None:
    """While the store does not answer, who asks is told so, and the cameras stay; edits come afterwards."""
    with AwayStore(tmp_path / "store.db") as store:
        store.put(Camera("gate", "gate.mp4"))
        with CameraShare(store, {}, pace=Pace(beat_s=0.05, lease_s=0.2)) as share:
            store.away = True
            until(lambda: away(share))
            store.put(Camera("hall", "hall.mp4"))
            time.sleep(0.3)
            assert away(share)
            assert [*share.watched] == ["gate"]
            store.away = False
            until(lambda: not away(share) and [*share()] == ["gate", "hall"])


def damage(path: Path, camera_id: str) -> None:
    """Write what is no record over a camera."""
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        assert file.execute("UPDATE cameras SET value = x'6a' WHERE camera_id = ?", (camera_id,)).rowcount == 1


def test_a_damaged_camera_is_shared_on_by_those_who_know_it(
    tmp_path: Path, store: SqliteCameras, clock: ManualClock, join: Callable[[], Membership]
) -> None:
    """Whoever could read it once watches it as it was and takes it over; who comes later shares the others."""
    one, two = join(), join()
    run(clock, 12, one, two)
    damage(tmp_path / "store.db", "camera-0")
    run(clock, 2, one, two)
    assert {*one.beat()} | {*two.beat()} == {f"camera-{number}" for number in range(6)}
    holder, other = (one, two) if "camera-0" in one.beat() else (two, one)
    holder.leave()
    run(clock, 4, other)
    assert len(other.beat()) == 6
    assert other.beat()["camera-0"].url == "rtsp://10.0.0.0/live"
    other.leave()
    late = join()
    run(clock, 2, late)
    assert [*late.beat()] == [f"camera-{number}" for number in range(1, 6)]
    store.put(replace(store.get("camera-1"), url="rtsp://10.0.0.9/live"))
    assert late.beat()["camera-1"].url == "rtsp://10.0.0.9/live"


def test_a_damaged_camera_that_was_switched_off_stays_so(
    tmp_path: Path, store: SqliteCameras, clock: ManualClock
) -> None:
    """What is disabled in the store is watched by nobody when it is damaged, though lookout.toml has it too."""
    store.put(replace(store.get("camera-0"), enabled=False))
    fixed = {"camera-0": Camera("camera-0", "of-the-file.mp4")}
    knows = Membership(store, fixed, clock)
    assert "camera-0" not in knows.beat()
    damage(tmp_path / "store.db", "camera-0")
    assert "camera-0" not in knows.beat()
    knows.leave()
    newcomer = Membership(store, fixed, clock)
    assert "camera-0" not in newcomer.beat()
    store.remove("camera-0")
    assert newcomer.beat()["camera-0"].url == "of-the-file.mp4"


def test_damaged_cameras_are_told_of_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A share says which cameras cannot be read and what to do, logs each once, and is well when they have gone."""
    with SqliteCameras(tmp_path / "store.db") as store:
        for camera_id in ("gate", "hall", "yard"):
            store.put(Camera(camera_id, f"{camera_id}.mp4"))
        damage(tmp_path / "store.db", "gate")
        with CameraShare(store, {}, pace=Pace(beat_s=0.05)) as share:
            assert [*share()] == ["hall", "yard"]
            damage(tmp_path / "store.db", "yard")
            until(lambda: (share.damaged or "").endswith("lookout cameras remove gate; damaged as well: yard"))
            store.put(Camera("new", "new.mp4"))
            until(lambda: [*share()] == ["hall", "new", "yard"])
            store.remove("gate")
            until(lambda: (share.damaged or "").endswith("lookout cameras remove yard"))
            store.remove("yard")
            until(lambda: share.damaged is None and [*share()] == ["hall", "new"])
    assert caplog.text.count("lookout cameras remove gate; until then it is not watched by this process") == 1
    assert caplog.text.count("lookout cameras remove yard; until then it is watched on as it was") == 1


class StrangeStore(SqliteCameras):
    """A store that fails as nobody reckoned with, when it is told to."""

    strange = False

    def cameras(self) -> CameraRoll:
        """Return the cameras, or fail."""
        if self.strange:
            raise RuntimeError("nobody reckoned with this")
        return super().cameras()


def test_a_share_outlives_what_nobody_reckoned_with(tmp_path: Path) -> None:
    """An error that is none of the store's is told like one that is, and beats go on once it has gone."""
    with StrangeStore(tmp_path / "store.db") as store, CameraShare(store, {}, pace=Pace(beat_s=0.05)) as share:
        store.strange = True
        until(lambda: away(share))
        store.strange = False
        store.put(Camera("gate", "gate.mp4"))
        until(lambda: not away(share) and [*share()] == ["gate"])


def test_a_goodbye_that_fails_is_no_error_of_its_process(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What nobody reckoned with while a share closes is told, and neither raised nor put before another error."""
    with StrangeStore(tmp_path / "store.db") as store:
        with CameraShare(store, {}, pace=Pace(beat_s=60.0)):
            store.strange = True
        assert "left without telling" in caplog.text
        assert "nobody reckoned with this" in caplog.text


class Process:
    """An ingest process that shares two films with others; its long one lasts until it is stopped, where it waits."""

    def __init__(self, store: CameraStore, log: SqliteLog, *, waits: bool) -> None:
        self.opened: list[str] = []
        self._waits = waits
        films = {name: Camera(name, f"{name}.mp4") for name in ("long", "short")}
        self._share = CameraShare(store, films, pace=Pace(beat_s=0.05, settle_s=0.1))
        ports = IngestPorts(self._share, self._open, log, report=self._share.report)
        self._service = IngestService(ports, Everywhere(people()), Mean())
        self._thread = Thread(target=self._service.run, daemon=True)
        self._thread.start()

    def _open(self, camera: Camera) -> Film:
        self.opened.append(camera.camera_id)
        frames = [frame(camera.camera_id, image=picture())]
        return Film(camera.camera_id, frames, live=camera.camera_id == "long" and self._waits)

    def end(self, *, stopped: bool) -> None:
        """Wait until the service has ended, by itself or stopped, and leave."""
        if stopped:
            self._service.stop()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()
        self._share.close()


def test_others_take_over_from_a_process_that_hangs(
    store: SqliteCameras, clock: ManualClock, join: Callable[[], Membership]
) -> None:
    """Who hangs keeps its life and its words, others watch its cameras; afterwards it gets its share again."""
    one, two = join(), join()
    run(clock, 12, one, two)
    assert (len(one._watched), len(two._watched)) == (3, 3)
    one.hangs = "the detector has been at frames of 'camera-0' for 31 s"
    one.beat()
    assert {lease.report.reason for lease in store.leases().values() if lease.member == one.name} == {one.hangs}
    run(clock, 8, one, two)
    assert (len(one._watched), len(two._watched)) == (0, 6)
    one.hangs = None
    run(clock, 8, one, two)
    assert (len(one._watched), len(two._watched)) == (3, 3)


def test_footage_that_has_ended_is_not_watched_by_the_next_process(tmp_path: Path) -> None:
    """When a process ends, another goes on with its film that has not ended, and does not open the other one."""
    address = f"sqlite:///{tmp_path / 'store.db'}"
    with open_cameras(address) as store, open_cameras(address) as other, SqliteLog(tmp_path / "log.db") as log:
        first = Process(store, log, waits=True)
        until(lambda: store.leases()["short"].report.state == ENDED)
        second = Process(other, log, waits=False)
        first.end(stopped=True)
        second.end(stopped=False)
    assert sorted(first.opened) == ["long", "short"]
    assert second.opened == ["long"]


def test_the_last_word_is_told_when_a_process_ends(store: SqliteCameras) -> None:
    """A film that ended since the last beat is known to have when its process has left."""
    with (
        CameraShare(store, {}, pace=Pace(beat_s=60.0)) as other,
        CameraShare(store, {}, pace=Pace(beat_s=60.0)) as last,
    ):
        assert other.watched
        other.report("camera-0", ENDED)
        other.close()
        assert {*store.leases()} == {"camera-0"}
        assert last.watched == {}
