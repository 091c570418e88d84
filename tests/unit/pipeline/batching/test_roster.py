"""The readers of a site's cameras, and what they count together."""

import sys
import threading
from collections.abc import Iterator
from threading import Event, Thread

import pytest

from pipeline.batching.lanes import BatchSettings, Lanes
from pipeline.batching.roster import Roster
from pipeline.camera import Camera
from pipeline.clock import SystemClock
from pipeline.sources.base import NOT_TAKEN
from tests.unit.pipeline.batching.stage import Film, frame, picture
from tests.waiting import until

FRAMES = [frame(index=index, image=picture()) for index in range(50)]


@pytest.fixture
def hasty() -> Iterator[None]:
    """Let threads take turns as often as they can."""
    before_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before_s)


def test_a_camera_that_finds_no_further_thread_is_tried_again() -> None:
    """Where the system starts no further thread, that is the trouble and no end; it is watched once there is one."""
    lanes = Lanes(BatchSettings(), SystemClock())
    cameras = {"gate": Camera("gate", "rtsp://gate")}
    roster = Roster(lambda: cameras, lanes, lambda camera: Film(camera.camera_id, FRAMES, live=True))
    usual = threading.stack_size(2**46)  # more than there is
    try:
        roster.follow()
    finally:
        threading.stack_size(usual)
    assert (roster.trouble or "").startswith("camera 'gate' cannot be watched: can't start new thread")
    roster.follow()
    assert roster.trouble is None
    until(lambda: roster.readings["gate"].frames == len(FRAMES))
    roster.close(60.0)


def test_a_camera_is_let_go_though_there_is_no_further_thread() -> None:
    """Where the system starts no thread that could close a source, it is closed all the same, and nothing else ends."""
    lanes, source = Lanes(BatchSettings(), SystemClock()), Film("gate", FRAMES, live=True)
    cameras = {"gate": Camera("gate", "rtsp://gate")}
    roster = Roster(lambda: cameras, lanes, lambda _: source)
    roster.follow()
    until(lambda: roster.readings["gate"].frames == len(FRAMES))
    cameras.clear()
    usual = threading.stack_size(2**46)  # more than there is
    try:
        roster.follow()
    finally:
        threading.stack_size(usual)
    assert source.closed.is_set()
    assert not roster.readings
    roster.close(60.0)


@pytest.mark.usefixtures("hasty")
def test_lost_frames_never_become_fewer() -> None:
    """Whoever asks while cameras are edited is never told a sum that the next one falls short of."""
    cameras: dict[str, Camera] = {}
    lanes = Lanes(BatchSettings(), SystemClock())
    roster = Roster(lambda: cameras, lanes, lambda camera: Film(camera.camera_id, FRAMES, live=True))
    over, told = Event(), [0]

    def ask() -> None:
        while not over.is_set():
            told.append(roster.dropped.get(NOT_TAKEN, 0))

    asking = Thread(target=ask, daemon=True)
    asking.start()
    for version in range(50):
        cameras = {name: Camera(name, "rtsp://gate", version=version) for name in "abcdefgh"}
        roster.follow()
        until(lambda: all(reading.frames == len(FRAMES) for reading in roster.readings.values()))
    over.set()
    asking.join()
    roster.close(60.0)
    assert told == sorted(told)
