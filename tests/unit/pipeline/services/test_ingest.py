"""Ingest as a service: cameras that end, hang, break and come and go, and a log that takes its time."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from pipeline.batching.motion import MotionSettings
from pipeline.camera import Camera
from pipeline.clock import SystemClock
from pipeline.errors import DamagedError, LogError, SourceError, StoreError
from pipeline.log.base import Topic
from pipeline.log.sqlite import SqliteLog
from pipeline.publish import PublishSettings
from pipeline.records import CaptureClock, Phase
from pipeline.services.ingest import GAUGES, IngestPorts, IngestService, opening_of
from pipeline.settings import Settings
from pipeline.settings import Source as SourceTable
from pipeline.sources.base import Source, SourceState
from pipeline.wire import decode_sighting
from tests.unit.pipeline.batching.stage import Everywhere, Film, Mean
from tests.unit.pipeline.services.site import SETTINGS, SOMEBODY, Site, film, live, recorded
from tests.waiting import until


def test_it_ends_by_itself_with_the_last_footage(site: Site) -> None:
    """Two films are read to their ends, not a frame is lost, and what they showed stands in the log."""
    site.add(lambda: recorded("a"), "a")
    site.add(lambda: recorded("b", film("b", 40)), "b")
    site.start().ended()
    assert site.errors == []
    assert site.service.failure is None
    assert site.service.counts["frames"] == 52
    phases = [(sighting.camera_id, str(sighting.phase)) for sighting in site.sightings()]
    assert sorted(phases) == [("a", "close"), ("a", "open"), ("b", "close"), ("b", "open")]


def test_damaged_footage_is_told_of_when_its_good_frames_have_been_dealt_with(site: Site) -> None:
    """A film that breaks off ends the service like any other, which says what was wrong."""
    site.add(lambda: recorded("a", [*film("a", 8), DamagedError("it breaks off")]), "a")
    site.start().ended()
    assert site.service.counts["frames"] == 8
    assert isinstance(site.service.failure, DamagedError)
    assert len(site.sightings()) == 2


def test_footage_that_is_not_there_does_not_keep_the_rest_from_being_watched(site: Site) -> None:
    """A film that cannot be opened is told of; the other one is read to its end."""

    def missing() -> Source:
        raise SourceError("there is no file film.mp4")

    site.add(missing, "gone")
    site.add(lambda: recorded("a"), "a")
    site.start().ended()
    assert site.service.counts["frames"] == 12
    assert str(site.service.failure) == "there is no file film.mp4"
    assert site.opened.count("gone") == 1


def test_a_reason_can_be_told_to_anybody(site: Site) -> None:
    """A file whose name is no UTF-8 is told of in words that a store and an HTTP answer can hold."""

    def odd() -> Source:
        raise SourceError("there is no file film-\udcff.mp4")

    site.add(odd, "a")
    site.start()
    until(lambda: "film-" in site.service.readings["a"].reason if "a" in site.service.readings else False)
    assert site.service.readings["a"].reason.encode() == b"there is no file film-?.mp4"
    assert (site.service.trouble or "").encode().endswith(b"film-?.mp4")


def test_a_silent_camera_and_one_that_hangs_hold_nobody_up(site: Site) -> None:
    """Beside a camera without frames and one that never opens, a film is watched; and the end does not wait for them."""
    hang = Event()

    def hanging() -> Source:
        hang.wait()
        raise SourceError("too late")

    site.add(lambda: live("silent", []), "silent", "rtsp://silent")
    site.add(hanging, "hanging", "rtsp://hanging")
    site.add(lambda: recorded("a"), "a")
    site.start()
    until(lambda: site.service.counts["frames"] == 12)
    until(lambda: len(site.sightings()) == 2)
    assert site.service.counts["cameras_connecting"] == 1
    assert site.service.counts["cameras_live"] == 1
    site.stop()
    hang.set()


def test_damaged_cameras_are_told_beside_those_without_frames(tmp_path: Path) -> None:
    """A camera that cannot be read is trouble that a camera without frames does not hide, and keeps no other waiting."""
    site = Site(tmp_path)
    told = ["camera gate is damaged"]
    ports = IngestPorts(site.watched, site.open, site.log, damaged=lambda: next(iter(told), None))
    site.service = IngestService(ports, site.detector, Mean(), SETTINGS)

    def failing() -> Source:
        raise SourceError("nothing listens")

    site.add(failing, "hall", "rtsp://hall")
    site.add(lambda: recorded("yard"), "yard")
    site.start()
    until(lambda: site.service.counts["frames"] == 12)
    until(lambda: "'hall' is failed" in (site.service.trouble or ""))
    assert (site.service.trouble or "").startswith("camera gate is damaged; 1 of 2 cameras give no frames")
    told.clear()
    assert (site.service.trouble or "").startswith("1 of 2 cameras give no frames")
    site.stop()
    site.log.close()


def test_a_live_camera_that_raises_is_opened_again(site: Site) -> None:
    """What a source raises is told of without its secrets, and the camera comes back; the others do not notice."""
    second = Event()

    def breaking() -> Source:
        if site.opened.count("a") > 1:
            second.set()
            return live("a", film("a", 1))
        return live("a", [*film("a", 1), RuntimeError("no answer from rtsp://me:secret@door/1")])

    site.add(breaking, "a", "rtsp://door")
    site.add(lambda: live("b", film("b", 1)), "b", "rtsp://gate")
    site.start()
    until(lambda: "is failed" in (site.service.trouble or ""))
    assert "secret" not in (site.service.trouble or "")
    until(second.is_set)
    until(lambda: site.service.trouble is None)
    assert site.opened.count("b") == 1


def test_a_picture_that_motion_gating_cannot_bear_is_its_camera_s_own_affair(tmp_path: Path) -> None:
    """A camera that sends what is no colour picture fails by itself; another one, gated too, is watched on."""
    site = Site(tmp_path, replace(SETTINGS, motion=MotionSettings()))
    grey = replace(film("a", 1)[0], image=np.zeros((0, 160, 3), np.uint8))
    site.add(lambda: live("a", [grey]), "a", "rtsp://a")
    site.add(lambda: recorded("b"), "b")
    site.start()
    until(lambda: "camera 'a' fails and begins anew" in (site.service.trouble or ""))
    until(lambda: site.state("b") == "ended" and len(site.sightings()) == 2)
    site.stop()
    assert site.errors == []
    site.log.close()


def test_a_camera_that_fails_is_no_failure_of_a_service_that_is_stopped(site: Site) -> None:
    """Who stops the service while a live camera waits to be opened again is not told of an error."""

    def broken() -> Source:
        raise OSError("no such device")

    site.add(broken, "a", "rtsp://door")
    site.start()
    until(lambda: "no such device" in (site.service.trouble or ""))
    site.stop()
    assert site.service.failure is None


def test_cameras_come_and_go_while_it_runs(site: Site) -> None:
    """An added camera is watched, a removed and a disabled one are closed, an edited one is opened anew."""
    sources: dict[str, list[Film]] = {"a": [], "b": []}

    def opening(name: str) -> Callable[[], Source]:
        def make() -> Source:
            sources[name].append(live(name, film(name, 3)))
            return sources[name][-1]

        return make

    site.add(opening("a"), "a", "rtsp://a")
    site.start()
    until(lambda: len(sources["a"]) == 1)
    site.add(opening("b"), "b", "rtsp://b")
    until(lambda: len(sources["b"]) == 1)
    site.cameras = {**site.cameras, "a": replace(site.cameras["a"], confidence=0.99)}
    until(lambda: len(sources["a"]) == 2 and sources["a"][0].closed.is_set())
    site.cameras = {**site.cameras, "a": replace(site.cameras["a"], enabled=False)}
    until(sources["a"][1].closed.is_set)
    site.cameras = {}
    until(sources["b"][0].closed.is_set)
    until(lambda: site.service.counts["cameras"] == 0)
    assert site.thread.is_alive()


def test_what_the_cameras_are_may_be_unknown_for_a_while(tmp_path: Path) -> None:
    """While the store does not answer, the cameras are watched on, and that is told of."""
    site = Site(tmp_path)
    site.add(lambda: live("a", film("a", 1)), "a", "rtsp://a")
    away = Event()

    def cameras() -> Mapping[str, Camera]:
        if away.is_set():
            raise StoreError("nobody answers")
        return site.cameras

    with SqliteLog(tmp_path / "other.db") as log:
        site.service = IngestService(IngestPorts(cameras, site.open, log), site.detector, Mean(), SETTINGS)
        site.start()
        until(lambda: site.service.counts["frames"] == 1)
        away.set()
        until(lambda: "nobody answers" in (site.service.trouble or ""))
        assert site.service.counts["cameras"] == 1
        away.clear()
        until(lambda: site.service.trouble is None)
        site.stop()
    site.log.close()


def test_it_does_not_go_on_without_following_the_cameras(site: Site) -> None:
    """What nobody reckoned with while the cameras are looked up ends the service with that error, not in silence."""

    def broken() -> Mapping[str, Camera]:
        raise RuntimeError("nobody reckoned with this")

    ports = IngestPorts(broken, site.open, site.log)
    site.service = IngestService(ports, site.detector, Mean(), SETTINGS)
    site.start().ended()
    assert [str(error) for error in site.errors] == ["nobody reckoned with this"]


def test_a_live_camera_that_breaks_off_has_not_ended(site: Site) -> None:
    """A camera whose source ends without an error is reconnecting until it is opened again; only footage ends."""

    def breaking() -> Source:
        source = live("a", film("a", 1))
        source.closed.set()
        return source

    site.add(breaking, "a", "rtsp://door")
    site.start()
    until(lambda: site.service.counts["cameras_reconnecting"] == 1)
    assert site.service.counts["cameras_ended"] == 0


class Refusing(SqliteLog):
    """A log that takes nothing until it is told to."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.takes = Event()

    def append(self, topic: str, key: str, value: bytes, timestamp_ms: int) -> None:
        """Append, or refuse."""
        if not self.takes.is_set():
            raise LogError("the log is away")
        super().append(topic, key, value, timestamp_ms)

    def flush(self, timeout_s: float = 30.0) -> None:
        """Flush, or refuse."""
        if not self.takes.is_set():
            raise LogError("the log is away")
        super().flush(timeout_s)


def test_a_log_that_is_away_makes_footage_wait_and_costs_no_sighting(tmp_path: Path) -> None:
    """While the log takes nothing, a film stands still, whatever the publisher's patience; then all is there, once."""
    settings = replace(SETTINGS, publish=PublishSettings(flush_every_s=0.05, first_wait_s=0.05, patience_s=0.2))
    site = Site(tmp_path)
    with Refusing(tmp_path / "refusing.db") as log:
        ports = IngestPorts(site.watched, site.open, log)
        site.service = IngestService(ports, site.detector, Mean(), settings)
        site.add(lambda: recorded("a", film("a", 200)), "a")
        site.start()
        until(lambda: "the log is away" in (site.service.trouble or ""))
        until(lambda: site.service.counts_by_camera["a"]["camera_frames"] >= 12)
        assert site.service.counts["frames"] < 200
        assert site.service.counts["published"] == 0
        log.takes.set()
        site.ended()
        told = [decode_sighting(record.value).sighting_id for record in log.read(Topic.SIGHTINGS, 0)]
    assert site.errors == []
    assert site.service.counts["frames"] == 200
    alone = Site(tmp_path / "alone")
    alone.add(lambda: recorded("a", film("a", 200)), "a")
    alone.start().ended()
    assert sorted(set(told)) == sorted(sighting.sighting_id for sighting in alone.sightings())
    site.log.close()
    alone.log.close()


@pytest.mark.parametrize("takes", [True, False])
def test_footage_has_ended_once_its_sightings_are_safe(tmp_path: Path, *, takes: bool) -> None:
    """The site is told that a film has ended when the log has what it showed; if it never has, the film has not."""
    publish = PublishSettings(flush_every_s=60.0, first_wait_s=0.05, patience_s=0.2)
    settings = replace(SETTINGS, publish=publish, ends_with_footage=False)
    site, told = Site(tmp_path, settings), list[str]()
    with Refusing(tmp_path / "refusing.db") as log:
        ports = IngestPorts(site.watched, site.open, log, report=lambda _, state, __: told.append(state))
        site.service = IngestService(ports, site.detector, Mean(), settings)
        site.add(lambda: recorded("a", film("a", 3)), "a")
        site.start()
        until(lambda: site.service.readings["a"].frames == 3 if "a" in site.service.readings else False)
        until(lambda: "the log is away" in (site.service.trouble or ""))
        until(lambda: len(told) >= 3)
        assert "ended" not in told
        if takes:
            log.takes.set()
            until(lambda: "ended" in told)
        site.stop()
        log.takes.set()  # it is closed without complaint
    assert ("ended" in told) == takes
    assert [type(error) for error in site.errors] == ([] if takes else [LogError])
    site.log.close()


def test_footage_that_is_broken_off_has_not_ended(site: Site) -> None:
    """A film that nobody read to its end, as the service was stopped, is not told of as one that has ended."""
    told: list[str] = []
    ports = IngestPorts(site.watched, site.open, site.log, report=lambda _, state, __: told.append(state))
    site.service = IngestService(ports, site.detector, Mean(), SETTINGS)
    site.add(lambda: recorded("a", film("a", 50_000)), "a")
    site.start()
    until(lambda: "live" in told)
    site.stop()
    assert site.service.counts["frames"] < 50_000
    assert "ended" not in told


class Broken(SqliteLog):
    """A log whose client fails as nobody reckoned with when a tracklet closes."""

    def append(self, topic: str, key: str, value: bytes, timestamp_ms: int) -> None:
        """Append, or fail."""
        if decode_sighting(value).phase is Phase.CLOSE:
            raise RuntimeError("nobody reckoned with this")
        super().append(topic, key, value, timestamp_ms)


def test_a_failure_ends_the_service_although_no_frame_comes_any_more(tmp_path: Path) -> None:
    """What nobody reckoned with is raised at once, not when the next camera gives a frame."""
    site = Site(tmp_path)
    with Broken(tmp_path / "broken.db") as log:
        ports = IngestPorts(site.watched, site.open, log)
        site.service = IngestService(ports, site.detector, Mean(), replace(SETTINGS, ends_with_footage=False))
        site.add(lambda: recorded("a"), "a")
        site.start().ended()
    assert [str(error) for error in site.errors] == ["nobody reckoned with this"]
    site.log.close()


def test_live_cameras_that_nobody_looks_at_lose_their_older_frames(tmp_path: Path) -> None:
    """While the detector is busy, a live camera's frames are replaced and counted, and its age is that of the newest."""
    site, busy = Site(tmp_path), Event()

    def wait_for(image: np.ndarray) -> bool:
        del image
        busy.wait(60)
        return False

    site.detector = Everywhere(SOMEBODY, wait_for)
    site.service = IngestService(IngestPorts(site.watched, site.open, site.log), site.detector, Mean(), SETTINGS)
    site.add(lambda: live("a", film("a", 50, clock=CaptureClock.WALL)), "a", "rtsp://a")
    site.start()
    until(lambda: site.service.counts_by_camera.get("a", {}).get("camera_frames") == 50)
    busy.set()
    until(lambda: site.service.counts["frames"] > 0)
    site.stop()
    counts = site.service.counts
    assert counts["frames"] + counts["dropped_not_taken"] == 50
    assert counts["dropped_not_taken"] >= 45
    site.log.close()


def test_two_runs_of_the_same_footage_give_the_same_records(tmp_path: Path) -> None:
    """Whatever the threads do, two films give the same sightings to the byte, camera by camera."""
    runs = []
    for number in range(2):
        site = Site(tmp_path / str(number), replace(SETTINGS, motion=MotionSettings()))
        for name in "ab":
            site.add(lambda name=name: recorded(name, film(name, 60)), name)
        site.start().ended()
        records = list(site.log.read(Topic.SIGHTINGS, 0))
        runs.append({name: [record.value for record in records if record.key == name] for name in "ab"})
        site.log.close()
    assert runs[0] == runs[1]
    assert all(runs[0].values())


def test_cameras_are_waited_for_as_the_settings_say() -> None:
    """A camera at which nobody listens is asked again after the wait of the settings, not after the source's own."""
    settings = Settings(source=SourceTable(first_wait_s=600.0, longest_wait_s=600.0))
    with opening_of(settings, SystemClock())(Camera("gate", "rtsp://127.0.0.1:9/live")) as source:
        until(lambda: source.state is SourceState.RECONNECTING)
        wait = re.search(r"asking again in ([\d.]+) s", getattr(source, "reason", ""))
        assert wait is not None
        assert 300.0 <= float(wait[1]) <= 600.0


def test_counts_have_names_that_metrics_may_have(site: Site) -> None:
    """Names are lower-case words, whatever cameras are called; gauges are among them."""
    site.add(lambda: recorded("Ä gate"), "Ä gate")
    site.start().ended()
    counts = site.service.counts
    assert all(name.replace("_", "").isalnum() and name.isascii() and name.islower() for name in counts)
    assert GAUGES - {"ready"} <= set(counts)
    assert site.service.counts_by_camera == {"Ä gate": {"camera_frames": 12, "camera_dropped": 0}}


def test_a_log_that_is_away_is_told_of_before_the_patience_ends(tmp_path: Path) -> None:
    """However long the publisher asks the log again, the service is in trouble meanwhile, and no longer than that."""
    settings = replace(SETTINGS, publish=PublishSettings(flush_every_s=0.05, first_wait_s=0.05, patience_s=3600.0))
    site = Site(tmp_path)
    with Refusing(tmp_path / "refusing.db") as log:
        ports = IngestPorts(site.watched, site.open, log)
        site.service = IngestService(ports, site.detector, Mean(), settings)
        site.add(lambda: recorded("a", film("a", 20)), "a")
        site.start()
        until(lambda: site.service.trouble == "the log is away")
        log.takes.set()
        site.ended()
        assert site.service.trouble is None
    assert site.errors == []
    site.log.close()
