"""What every camera store holds to; the same tests for each adapter."""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Thread

import pytest
import redis

from pipeline.camera import Camera
from pipeline.errors import StoreError, UnknownCameraError
from pipeline.store.cameras import ENDED, STUCK, Beat, CameraRoll, CameraStore, Lease, StreamReport
from pipeline.store.encoding import encode
from pipeline.store.open import open_cameras
from tests.waiting import PATIENCE_S, until

LONG_S = 60.0  # a lease that no test outlives
SHORT_S = 0.4
ENDED_FILM = StreamReport(ENDED, "", 1_700_000_000_000)


@pytest.fixture(params=["sqlite", "redis"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of an empty store of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    url: str = request.getfixturevalue("redis_url")
    return url


@pytest.fixture
def store(address: str) -> Iterator[CameraStore]:
    """Return a store."""
    with open_cameras(address) as opened:
        yield opened


def camera(camera_id: str, url: str = "rtsp://operator:s3cret@10.0.0.7/live") -> Camera:
    """Return a camera with everything in it."""
    mask = ((0.0, 0.0), (0.5, 0.0), (0.25, 1.0))
    return Camera(camera_id, url, 4.5, 0.35, 60, (mask, mask[::-1]), enabled=False)


def beat(member: str, known: str, watching: str = "", lease_s: float = LONG_S) -> Beat:
    """Return a beat about cameras of one letter each."""
    return Beat(member, lease_s, frozenset(known), {letter: StreamReport() for letter in watching})


def holders(leases: Mapping[str, Lease]) -> dict[str, str]:
    """Return who has which camera."""
    return {camera_id: lease.member for camera_id, lease in leases.items()}


def damage(address: str, what: str, camera_id: str, junk: bytes = b"junk") -> None:
    """Write what is no record over a camera or a lease."""
    if address.startswith("sqlite"):
        with closing(sqlite3.connect(address.removeprefix("sqlite:///"), isolation_level=None)) as file:
            query = f"UPDATE {what} SET value = ? WHERE camera_id = ?"  # noqa: S608 - of this file alone
            assert file.execute(query, (junk, camera_id)).rowcount == 1
        return
    with redis.Redis.from_url(address) as client:
        key = {"cameras": "lookout:cameras", "camera_leases": "lookout:cameras:leases"}[what]
        assert client.hset(key, camera_id, junk) == 0


def test_a_camera_comes_back_as_it_was_put(store: CameraStore) -> None:
    """Every field of a camera survives the store, its password and its masks too."""
    assert store.put(camera("gate")) == replace(camera("gate"), version=1)
    assert store.get("gate") == replace(camera("gate"), version=1)


def test_versions_count_edits(store: CameraStore) -> None:
    """The store numbers a camera's versions from 1, whatever the camera says."""
    for version in (1, 2, 3):
        store.put(replace(camera("gate"), version=99))
        assert store.get("gate").version == version


def test_all_cameras_are_listed_by_id(store: CameraStore) -> None:
    """The cameras come in the order of their ids, without those that were removed."""
    assert store.cameras() == CameraRoll(())
    for camera_id in ("hall", "gate", "yard", "étage 2"):
        store.put(camera(camera_id))
    store.remove("yard")
    assert [each.camera_id for each in store.cameras().cameras] == ["gate", "hall", "étage 2"]


def test_what_is_not_there_is_named(store: CameraStore) -> None:
    """Getting or removing an unknown camera is an error with its id."""
    with pytest.raises(UnknownCameraError, match="'lost'"):
        store.get("lost")
    with pytest.raises(UnknownCameraError, match="'lost'"):
        store.remove("lost")


def test_edits_of_another_process_show_at_once(address: str, store: CameraStore) -> None:
    """What another process puts is in the next list, and outlives that process."""
    code = (
        "from pipeline.camera import Camera; from pipeline.store.open import open_cameras as o;"
        f"s = o({address!r}); s.put(Camera('gate', 'a.mp4')); s.put(Camera('gate', 'b.mp4'))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    assert store.cameras() == CameraRoll((Camera("gate", "b.mp4", version=2),))


def test_writers_lose_nothing(address: str) -> None:
    """Four writers at once leave as many versions as they wrote."""

    def write() -> None:
        with open_cameras(address) as mine:
            for _ in range(10):
                mine.put(camera("shared"))

    writers = [Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with open_cameras(address) as store:
        assert store.get("shared").version == 40


def test_a_closed_store_says_so(address: str) -> None:
    """Using a store after it was closed is an error."""
    store = open_cameras(address)
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.cameras()


def test_a_damaged_camera_is_named_and_can_be_removed(address: str, store: CameraStore) -> None:
    """A record that cannot be read is an error that says which camera it is; removing that camera mends it."""
    store.put(camera("gate"))
    damage(address, "cameras", "gate")
    with pytest.raises(StoreError, match="camera gate.*lookout cameras remove gate"):
        store.get("gate")
    with pytest.raises(StoreError, match="camera gate"):
        store.put(camera("gate"))
    store.remove("gate")
    assert store.cameras() == CameraRoll(())
    assert store.put(camera("gate")).version == 1


def test_a_damaged_camera_keeps_nobody_from_the_others(address: str, store: CameraStore) -> None:
    """Beside records that cannot be read, the others are listed, edited and shared; the damaged stand apart, by id."""
    for camera_id in ("gate", "hall", "yard"):
        store.put(camera(camera_id))
    damage(address, "cameras", "gate")
    damage(address, "cameras", "yard", encode(camera("hall")))  # another camera's record, which must not take its place
    edited = store.put(Camera("hall", "hall.mp4"))
    roll = store.cameras()
    assert roll.cameras == (edited,)
    assert sorted(roll.damaged) == ["gate", "yard"]
    assert "camera gate" in roll.damaged["gate"]
    assert "camera 'hall'" in roll.damaged["yard"]
    assert all(f"lookout cameras remove {key}" in words for key, words in roll.damaged.items())
    assert holders(store.share(Beat("one", LONG_S, frozenset({"hall"}), {}))) == {"hall": "one"}


def test_a_damaged_lease_is_taken_anew(address: str, store: CameraStore) -> None:
    """A lease that cannot be read holds up nobody: its camera is free."""
    store.share(beat("one", "ab"))
    damage(address, "camera_leases", "a")
    assert holders(store.leases()) == {"b": "one"}
    assert holders(store.share(beat("two", "ab"))) == {"a": "two", "b": "one"}


def test_the_first_member_takes_everything(store: CameraStore) -> None:
    """A member that is alone has every camera that it knows, and everybody can read so."""
    assert holders(store.share(beat("one", "abc"))) == dict.fromkeys("abc", "one")
    assert holders(store.leases()) == dict.fromkeys("abc", "one")


def test_members_share_evenly(store: CameraStore) -> None:
    """Who joins takes over until nobody has two cameras more, and the rest stays where it was."""
    store.share(beat("one", "abcdef"))
    after = holders(store.share(beat("two", "abcdef")))
    assert sorted(after.values()) == ["one"] * 3 + ["two"] * 3
    assert holders(store.share(beat("one", "abcdef"))) == after


def test_a_dead_member_is_succeeded(store: CameraStore) -> None:
    """A member that gives no beat for the length of its lease loses its cameras, and its name with them."""
    store.share(beat("one", "ab", lease_s=SHORT_S))
    until(lambda: holders(store.share(beat("two", "ab"))) == dict.fromkeys("ab", "two"))


def test_a_lease_that_is_prolonged_is_kept(store: CameraStore) -> None:
    """A member that goes on giving beats outlives many of its leases."""
    store.share(beat("one", "ab", lease_s=SHORT_S))
    end_s = time.monotonic() + 3 * SHORT_S
    while time.monotonic() < end_s:
        last = store.share(beat("one", "ab", lease_s=SHORT_S))
        time.sleep(SHORT_S / 20)
    assert holders(last) == dict.fromkeys("ab", "one")


def test_who_was_silent_too_long_takes_nothing_back(store: CameraStore) -> None:
    """A member whose lease ran out and whose cameras were taken finds them taken when it returns."""
    store.share(beat("one", "a", lease_s=SHORT_S))
    until(lambda: holders(store.share(beat("two", "a"))) == {"a": "two"})
    assert holders(store.share(beat("one", "a", "a"))) == {"a": "two"}


def test_whoever_leaves_is_succeeded_at_once(store: CameraStore) -> None:
    """The cameras of a member that leaves are free before its lease has run out; leaving twice is no error."""
    store.share(beat("one", "ab"))
    store.leave("one")
    store.leave("one")
    assert store.leases() == {}
    assert holders(store.share(beat("two", "ab"))) == dict.fromkeys("ab", "two")


def test_a_camera_that_its_member_no_longer_knows_is_free(store: CameraStore) -> None:
    """A removed camera's lease goes with its member's next beat."""
    store.share(beat("one", "ab"))
    assert holders(store.share(beat("one", "b"))) == {"b": "one"}


def test_what_a_member_reports_stands_beside_its_lease(store: CameraStore) -> None:
    """State, reason and beginning of a stream can be read by everybody, until another member has the camera."""
    report = StreamReport("stalled", "no frame for 10.0 s", 1_700_000_000_000)
    store.share(beat("one", "ab"))
    store.share(Beat("one", LONG_S, frozenset("ab"), {"a": report}))
    assert store.leases() == {"a": Lease("one", report), "b": Lease("one")}
    store.leave("one")
    store.share(beat("two", "ab"))
    assert store.leases() == {"a": Lease("two"), "b": Lease("two")}


def test_whoever_hangs_is_succeeded_though_it_lives(store: CameraStore) -> None:
    """The cameras of a member that says that it hangs go to another with that one's next beat, and stay there."""
    stuck = {key: StreamReport(STUCK, "the detector hangs") for key in "ab"}
    store.share(beat("one", "ab"))
    assert store.share(Beat("one", LONG_S, frozenset("ab"), stuck, hangs=True))["a"] == Lease("one", stuck["a"])
    assert holders(store.share(beat("two", "ab"))) == dict.fromkeys("ab", "two")
    assert holders(store.share(Beat("one", LONG_S, frozenset("ab"), stuck, hangs=True))) == dict.fromkeys("ab", "two")
    assert holders(store.share(beat("one", "ab"))) == {"a": "two", "b": "one"}


def test_footage_that_has_ended_is_taken_over_by_nobody(store: CameraStore) -> None:
    """A film that was read to its end stays with its member, gone or not, while others live; the rest is shared."""
    store.share(beat("one", "abcd"))
    store.share(Beat("one", LONG_S, frozenset("abcd"), {"a": ENDED_FILM, "b": ENDED_FILM, "c": StreamReport()}))
    assert holders(store.share(beat("two", "abcd"))) == {"a": "one", "b": "one", "c": "one", "d": "two"}
    store.leave("one")
    for _ in range(2):
        assert holders(store.share(beat("two", "abcd"))) == {"a": "one", "b": "one", "c": "two", "d": "two"}
    assert store.leases()["a"] == Lease("one", ENDED_FILM)


def test_who_begins_alone_watches_all_footage(store: CameraStore) -> None:
    """When no member is left, the next one has every camera, and films that had ended are as new."""
    store.share(beat("one", "ab"))
    store.share(Beat("one", LONG_S, frozenset("ab"), {"a": ENDED_FILM, "b": ENDED_FILM}))
    store.leave("one")
    assert store.leases() == {}
    assert store.share(beat("two", "ab")) == {"a": Lease("two"), "b": Lease("two")}


def test_who_begins_together_watches_all_footage(address: str) -> None:
    """Members that give their first beat at the same moment, when all were gone, do not take footage for watched."""
    rounds, together, found = 30, Barrier(2, timeout=PATIENCE_S), list[Lease | None]()

    def join(member: str) -> None:
        with open_cameras(address) as mine:
            for number in range(rounds):
                if member == "one":
                    mine.share(Beat("gone", LONG_S, frozenset("a"), {"a": ENDED_FILM}))
                    mine.leave("gone")
                together.wait()
                mine.share(beat(f"{member} {number}", "ab"))
                together.wait()
                if member == "one":
                    found.append(mine.leases().get("a"))
                together.wait()
                mine.leave(f"{member} {number}")
                together.wait()

    members = [Thread(target=join, args=(name,)) for name in ("one", "two")]
    for each in members:
        each.start()
    for each in members:
        each.join()
    assert len(found) == rounds
    assert [lease for lease in found if lease is None or lease.report.state == ENDED] == []


def test_another_film_under_the_same_id_is_watched(store: CameraStore) -> None:
    """A camera whose film has ended is free when it is edited, whoever had watched it."""
    for camera_id in ("gate", "hall"):
        store.put(Camera(camera_id, "old.mp4"))
    known = frozenset({"gate", "hall"})
    store.share(Beat("one", LONG_S, known, {}))
    store.share(Beat("one", LONG_S, known, dict.fromkeys(known, ENDED_FILM)))
    store.share(Beat("two", LONG_S, known, {}))
    store.leave("one")
    store.put(Camera("gate", "new.mp4"))
    assert holders(store.share(Beat("two", LONG_S, known, {}))) == {"gate": "two", "hall": "one"}


def test_no_camera_is_ever_leased_twice(address: str) -> None:
    """Members that beat at the same time end up with all cameras, evenly, each with one of them."""
    known = "abcdefghijklmnopqrst"

    def live(member: str) -> None:
        with open_cameras(address) as mine:
            for _ in range(12):
                mine.share(beat(member, known))

    members = [Thread(target=live, args=(name,)) for name in ("one", "two", "three", "four")]
    for member in members:
        member.start()
    for member in members:
        member.join()
    with open_cameras(address) as store:
        leases = holders(store.leases())
    assert sorted(leases) == sorted(known)
    assert sorted(leases.values()) == sorted(["one", "two", "three", "four"] * 5)
