"""Cameras that are added while ``lookout ingest`` runs, and those of a process that dies."""

import sqlite3
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import cv2
import pytest

from pipeline.log.base import Topic
from pipeline.log.open import open_log
from pipeline.scene.scene import Scene, SceneCamera, SceneSettings
from pipeline.scene.video import write_video
from pipeline.store.open import open_cameras
from pipeline.wire import decode_sighting
from tests.e2e.conftest import wait_until

if TYPE_CHECKING:
    from tests.e2e.conftest import Place, Start


LOGIN = "operator:s3cret"
PATIENCE_S = 120.0  # two ingests start and share two busy cores
SCENE = Scene(3, (SceneCamera("gate", "pavement", "day"),), SceneSettings(walkers=4, duration_s=4.0, fps=5.0))


@pytest.fixture
def camera_url() -> Iterator[str]:
    """Return the address, with its password, of a camera that sends JPEG pictures to as many as ask."""
    pictures = [cv2.imencode(".jpg", frame.image)[1].tobytes() for frame in SCENE.frames("gate")]

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers.get("Authorization") != f"Basic {b64encode(LOGIN.encode()).decode()}":
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="camera"')
                self.end_headers()
                return
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=picture")
            self.end_headers()
            with suppress(OSError):  # whoever watched is gone
                while True:
                    for picture in pictures:
                        head = f"--picture\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
                        self.wfile.write(head.encode() + picture + b"\r\n")
                        time.sleep(0.2)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.daemon_threads, server.block_on_close = True, False
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://{LOGIN}@127.0.0.1:{server.server_address[1]}/live"
    server.shutdown()
    server.server_close()


def lookout(*arguments: object) -> str:
    """Run a command to its end, and return what it printed."""
    command = [sys.executable, "-m", "pipeline.cli", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_camera_that_is_added_is_watched(start: "Start", place: "Place", tiny_weights: Path, tmp_path: Path) -> None:
    """A film that is added while an ingest without cameras runs is watched to its end, without a restart."""
    film = write_video(SCENE, "gate", tmp_path / "film.mp4")
    ingest = start(*place.options, "ingest", LOOKOUT_WEIGHTS=str(tiny_weights)).wait_ready()
    assert "gate: added" in lookout(*place.options, "cameras", "add", "gate", film)
    assert ingest.wait() == 0, ingest.output
    with open_log(place.log) as log:
        sightings = [decode_sighting(record.value) for record in log.read(Topic.SIGHTINGS, 0)]
    assert sightings
    assert {sighting.camera_id for sighting in sightings} == {"gate"}


def test_damaged_cameras_keep_nobody_from_the_others(start: "Start", tmp_path: Path, tiny_weights: Path) -> None:
    """An ingest starts beside records that it cannot read, names them once, and watches what is added meanwhile."""
    address = f"sqlite:///{tmp_path / 'site.db'}"
    options = ("--log", address, "--store", address)
    open_cameras(address).close()
    with closing(sqlite3.connect(tmp_path / "site.db", isolation_level=None)) as file:
        file.executemany("INSERT INTO cameras VALUES (?, x'6a')", [("gate",), ("yard",)])
    ingest = start(*options, "ingest", LOOKOUT_WEIGHTS=str(tiny_weights))
    ingest.wait_trouble("lookout cameras remove gate; damaged as well: yard")
    lookout(*options, "cameras", "remove", "gate")
    ingest.wait_trouble("lookout cameras remove yard\n")
    lookout(*options, "cameras", "add", "hall", write_video(SCENE, "gate", tmp_path / "film.mp4"))
    assert ingest.wait() == 0, ingest.output
    with open_log(address) as log:
        sightings = [decode_sighting(record.value) for record in log.read(Topic.SIGHTINGS, 0)]
    assert {sighting.camera_id for sighting in sightings} == {"hall"}
    assert [ingest.output.count(f"lookout cameras remove {key}") for key in ("gate", "yard")] == [1, 1]


@pytest.mark.slow
def test_cameras_of_a_dead_process_are_watched(
    start: "Start", tmp_path: Path, tiny_weights: Path, camera_url: str
) -> None:
    """Two processes share live cameras; when one is killed, the other watches all; nobody tells the password."""
    address = f"sqlite:///{tmp_path / 'site.db'}"
    options = ("--log", address, "--store", address)
    told = lookout(*options, "cameras", "add", "gate", camera_url)
    told += lookout(*options, "cameras", "add", "hall", camera_url, "--no-probe")
    first, second = (start(*options, "ingest", LOOKOUT_WEIGHTS=str(tiny_weights)) for _ in range(2))
    with open_cameras(address) as store:

        def live_at() -> list[str]:
            return sorted(lease.member for lease in store.leases().values() if lease.report.state == "live")

        wait_until(lambda: len(set(live_at())) == 2, "one live camera at each process", PATIENCE_S)
        told += lookout(*options, "cameras", "list") + lookout(*options, "cameras", "list", "--json")
        first.kill()
        wait_until(
            lambda: len(live_at()) == 2 and len(set(live_at())) == 1, "both cameras live at one process", PATIENCE_S
        )
    second.wait_metric("lookout_ingest_cameras_live", 2)
    told += second.ask("/metrics")[1]
    assert second.terminate() == 0
    told += first.output + second.output
    assert "***@127.0.0.1" in told
    assert LOGIN.partition(":")[2] not in told
