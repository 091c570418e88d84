"""Batches on their way from lanes to sightings: one call for all cameras, and no camera harms another."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from pipeline.batching.following import Follower
from pipeline.batching.lanes import BatchSettings, Lane, Lanes
from pipeline.batching.looking import Looker
from pipeline.camera import Camera
from pipeline.clock import ManualClock
from pipeline.embed import embed_crops
from pipeline.ingest import CameraIngest, IngestSettings, ingest
from pipeline.records import CaptureClock, Frame, Sighting
from pipeline.sources.base import QueuePolicy
from pipeline.wire import encode_sighting
from tests.unit.pipeline.batching.stage import Everywhere, Image, Mean, frame, people, picture

SOMEBODY = people((40, 20, 80, 110))
BAD = np.zeros((120, 160, 3), np.uint8)


class Site:
    """Lanes, looker and follower in one thread."""

    def __init__(self, detector: Everywhere | None = None, embedder: Mean | None = None) -> None:
        self.clock = ManualClock()
        self.lanes = Lanes(BatchSettings(8, 0.0), self.clock)
        self.detector, self.embedder = detector or Everywhere(SOMEBODY), embedder or Mean()
        self.told: list[Sighting] = []
        self.follower = Follower(self.embedder, self.told.append, IngestSettings(), self.clock)
        self.looker = Looker(self.detector)
        self._looked = self.looker.looked(self.lanes.batches())

    def lane(self, camera_id: str, **wishes: Any) -> Lane:
        """Return a lane of a camera."""
        return self.lanes.open(Camera(camera_id, "film.mp4", **wishes), QueuePolicy.WAIT)

    def batch(self) -> None:
        """Take one batch all the way."""
        self.follower.follow(next(self._looked))

    def show(self, frames: Sequence[Frame], lane: Lane) -> None:
        """Put frames in and take each all the way."""
        for each in frames:
            lane.put(each)
            self.batch()

    def end(self) -> None:
        """End all lanes, and what is in them."""
        self.lanes.close()
        for looked in self._looked:
            self.follower.follow(looked)


def film(camera_id: str, count: int, image: Image | None = None) -> list[Frame]:
    """Return frames of somebody who stands there."""
    return [frame(camera_id, index, image=picture() if image is None else image) for index in range(count)]


def test_one_batch_serves_all_cameras() -> None:
    """Three cameras' frames are one call of the detector, and their crops one call of the embedder."""
    site = Site()
    lanes = [site.lane(name) for name in "abc"]
    for index in range(2):
        for lane in lanes:
            lane.put(frame(lane.camera.camera_id, index, image=picture()))
        site.batch()
    assert [len(batch) for batch in site.detector.batches] == [3, 3]
    assert site.embedder.batches == [3]
    assert [sighting.camera_id for sighting in site.told] == ["a", "b", "c"]


def test_ages_of_frames_are_those_of_the_last_minute() -> None:
    """How late frames are is told of those of the last minute: cameras that went silent while late are late no more."""
    site = Site()
    lane = site.lane("a")
    times = [replace(each, clock=CaptureClock.WALL, captured_at_ms=40 * n) for n, each in enumerate(film("a", 2))]
    site.clock.advance(5.0)
    site.show(times, lane)
    assert sorted(site.follower.ages_ms) == [4_960, 5_000]
    site.clock.advance(59.0)
    assert len(site.follower.ages_ms) == 2
    site.clock.advance(2.0)
    assert site.follower.ages_ms == []
    site.end()


def test_a_cameras_sightings_do_not_depend_on_its_company() -> None:
    """A film gives the same sightings, to the byte, beside other cameras, in batches, and alone."""
    alone = [encode_sighting(one) for one in ingest(film("a", 30), Everywhere(SOMEBODY), Mean())]
    site = Site()
    one, other = site.lane("a"), site.lane("b")
    for index in range(0, 30, 2):
        for number in (index, index + 1):
            one.put(frame("a", number, image=picture()))
            other.put(frame("b", number, image=picture(2)))
        site.batch()
    site.end()
    assert [encode_sighting(told) for told in site.told if told.camera_id == "a"] == alone
    assert len(alone) > 1


def test_a_frame_that_cannot_be_detected_harms_its_camera_only() -> None:
    """Where a batch fails, its frames are tried one by one: the others' are as good as ever."""
    site = Site(Everywhere(SOMEBODY, lambda image: not image.any()))
    bad, good = site.lane("bad"), site.lane("good")
    for index in range(3):
        good.put(frame("good", index, image=picture()))
        if index == 1:
            bad.put(frame("bad", index, image=BAD))
        site.batch()
    assert {sighting.camera_id for sighting in site.told} == {"good"}
    assert site.follower.failing["bad"].words == "ValueError: this frame cannot be borne"
    assert site.follower.counts.failures == 1
    assert bad.paused_until_s > site.clock.monotonic_s()
    assert "good" not in site.follower.failing


def test_a_crop_that_cannot_be_embedded_harms_its_camera_only() -> None:
    """Where the embedding of a batch fails, each camera's crops are tried alone."""
    site = Site(embedder=Mean(lambda crop: crop.mean() < 60))
    bad, good = site.lane("bad"), site.lane("good")
    for index in range(3):
        good.put(frame("good", index, image=picture()))
        bad.put(frame("bad", index, image=picture() // 4))
        site.batch()
        site.clock.advance(1.5)
    assert {sighting.camera_id for sighting in site.told} == {"good"}
    assert set(site.follower.failing) == {"bad"}


def test_a_camera_that_failed_begins_anew_after_a_wait_that_grows() -> None:
    """Its waits double while it fails, and once it works it is as if nothing had been."""
    site = Site(Everywhere(SOMEBODY, lambda image: not image.any()))
    lane, waits = site.lane("bad"), []
    for index in range(3):
        lane.put(frame("bad", index, image=BAD))
        site.batch()
        waits.append(lane.paused_until_s - site.clock.monotonic_s())
        site.clock.advance(100.0)
    assert waits == [1.0, 2.0, 4.0]
    site.show([frame("bad", index, image=picture()) for index in range(3, 6)], lane)
    assert not site.follower.failing
    assert [sighting.camera_id for sighting in site.told] == ["bad"]


def test_what_a_failing_camera_had_seen_is_not_lost() -> None:
    """Tracklets of a camera that fails are closed with what was known of them."""
    site = Site(Everywhere(SOMEBODY, lambda image: not image.any()))
    lane = site.lane("a")
    site.show(film("a", 3), lane)
    site.show([frame("a", 3, image=BAD)], lane)
    assert [str(sighting.phase) for sighting in site.told] == ["open", "close"]


def test_who_ends_with_the_frame_that_fails_is_not_lost() -> None:
    """A tracklet that ends with the very frame whose crops cannot be embedded is closed all the same."""
    camera = CameraIngest("a", CaptureClock.FILE, "mean", IngestSettings())
    told: list[Sighting] = []
    for each in film("a", 3):
        crops = camera.observe(each, SOMEBODY)
        told += camera.absorb(crops, embed_crops(crops, Mean()))
    camera.observe(frame("a", 0, image=picture()), SOMEBODY)  # a clock was set back
    told += camera.finish()
    assert [str(sighting.phase) for sighting in told] == ["open", "close"]


def test_an_ended_camera_closes_its_tracklets() -> None:
    """The end of the footage is the end of who was still there."""
    site = Site()
    site.show(film("a", 3), site.lane("a"))
    site.end()
    assert [str(sighting.phase) for sighting in site.told] == ["open", "close"]


def test_a_cameras_own_wishes_are_honoured() -> None:
    """A camera of stricter confidence, one of a larger least height and one with a mask see nobody; a plain one does."""
    site = Site()
    everything = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    lanes = [
        site.lane("plain"),
        site.lane("sure", confidence=0.95),
        site.lane("near", least_height_px=100),
        site.lane("hidden", masks=(everything,)),
    ]
    for index in range(4):
        for lane in lanes:
            lane.put(frame(lane.camera.camera_id, index, image=picture()))
        site.batch()
    assert {sighting.camera_id for sighting in site.told} == {"plain"}
    assert site.follower.counts.frames == 16


def test_counts_say_what_was_done() -> None:
    """Frames, boxes, crops and sightings add up, and so do the batches."""
    site = Site()
    site.show(film("a", 5), site.lane("a"))
    site.end()
    counts = site.follower.counts
    assert (counts.frames, counts.boxes, counts.crops, counts.sightings) == (5, 5, sum(site.embedder.batches), 2)
    assert (site.looker.counts.batches, site.looker.counts.batched, site.looker.counts.looked) == (5, 5, 5)
