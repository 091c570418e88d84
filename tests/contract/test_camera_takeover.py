"""Ingest processes that share cameras, die, sleep and lose their store: real ones, on each store."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import pytest

from pipeline.camera import Camera
from pipeline.camera_share import CameraShare, Pace
from pipeline.errors import StoreError
from pipeline.store.cameras import LIVE
from pipeline.store.open import open_cameras
from tests.contract.services.redis import RedisServer
from tests.waiting import until

CAMERAS = {f"camera-{number}" for number in range(6)}

# An ingest process that writes down what it is to watch, and has frames of it at once.
WATCH = """
import os, sys, time
from pipeline.camera_share import CameraShare, Pace
from pipeline.store.open import open_cameras
address, path = sys.argv[1:]
pace = Pace(beat_s=0.2, lease_s=1.5, settle_s=0.5, handover_s=1.0)
with open_cameras(address) as store, CameraShare(store, {}, pace=pace) as share:
    while True:
        watched = share()
        for camera_id in watched:
            share.report(camera_id, "live")
        with open(path + ".new", "w") as out:
            out.write(" ".join(watched))
        os.replace(path + ".new", path)
        time.sleep(0.05)
"""


class Watcher:
    """A process that shares cameras."""

    def __init__(self, address: str, path: Path) -> None:
        self._path = path
        self.process = subprocess.Popen([sys.executable, "-c", WATCH, address, str(path)])

    def watched(self) -> set[str]:
        """Return what it watched when it last said so."""
        return set(self._path.read_text().split()) if self._path.exists() else set()

    def send(self, number: int) -> None:
        """Send it a signal."""
        os.kill(self.process.pid, number)

    def end(self) -> None:
        """End it without a word, even where it sleeps."""
        self.process.kill()
        self.process.wait()


@pytest.fixture(params=["sqlite", "redis"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of a store with six cameras."""
    url: str = f"sqlite:///{tmp_path / 'store.db'}"
    if request.param == "redis":
        url = request.getfixturevalue("redis_url")
    with open_cameras(url) as store:
        for camera_id in CAMERAS:
            store.put(Camera(camera_id, "film.mp4"))
    return url


@pytest.fixture
def watchers(address: str, tmp_path: Path) -> Iterator[list[Watcher]]:
    """Return three processes that share the cameras."""
    with ExitStack() as ends:
        started = [Watcher(address, tmp_path / f"watcher-{number}") for number in range(3)]
        for watcher in started:
            ends.callback(watcher.end)
        yield started


def away(share: CameraShare) -> bool:
    """Return whether the store does not answer a share."""
    try:
        share()
    except StoreError:
        return True
    return False


def shared_by(*watchers: Watcher) -> Callable[[], bool]:
    """Return whether processes watch all cameras, each once, evenly."""

    def shared() -> bool:
        parts = sorted((watcher.watched() for watcher in watchers), key=len)
        even = all(len(more) - len(fewer) <= 1 for fewer, more in pairwise(parts))
        return even and sum(map(len, parts)) == len(CAMERAS) and set().union(*parts) == CAMERAS

    return shared


def test_cameras_are_taken_over_from_the_dead_and_the_sleeping(watchers: list[Watcher]) -> None:
    """Three share six cameras; two take over from one that is killed, one from one that sleeps, which then lets go."""
    first, second, third = watchers
    until(shared_by(first, second, third))
    first.send(signal.SIGKILL)
    until(shared_by(second, third))
    second.send(signal.SIGSTOP)
    until(shared_by(third))
    assert second.watched()
    second.send(signal.SIGCONT)
    until(shared_by(second, third))


def test_no_camera_stops_while_redis_is_away(redis_server: RedisServer, redis_url: str) -> None:
    """While the server is away for longer than a lease, and when it is back, every camera is watched at all times."""
    pace = Pace(beat_s=0.1, lease_s=1.0, settle_s=0.5)
    with ExitStack() as opened:
        stores = [opened.enter_context(open_cameras(redis_url)) for _ in range(2)]
        for camera_id in CAMERAS:
            stores[0].put(Camera(camera_id, "film.mp4"))
        first, second = (opened.enter_context(CameraShare(store, {}, pace=pace)) for store in stores)

        def even() -> bool:
            for share in (first, second):
                for camera_id in share.watched:
                    share.report(camera_id, LIVE)
            return (len(first.watched), len(second.watched)) == (3, 3)

        until(even)
        redis_server.stop()
        try:
            until(lambda: away(first) and away(second))
            time.sleep(2 * pace.lease_s)
            assert (len(first.watched), len(second.watched)) == (3, 3)
        finally:
            redis_server.start()
        until(lambda: not away(first) and not away(second))
        end_s = time.monotonic() + 3 * pace.lease_s
        while time.monotonic() < end_s:
            assert {*first.watched, *second.watched} == CAMERAS
            time.sleep(0.02)
