"""Commands that are ended from outside: what they had opened is put away."""

import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.e2e.conftest import Start, wait_until


def test_a_replay_that_is_ended_leaves_nothing_behind(start: Start, tmp_path: Path) -> None:
    """SIGTERM ends a replay as a signal does, and its database, which shows people, does not stay in the way."""
    film = cv2.VideoWriter(str(tmp_path / "film.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 5.0, (320, 180))
    for shade in range(20):
        film.write(np.full((180, 320, 3), 10 * shade, np.uint8))
    film.release()
    (tmp_path / "temporary").mkdir()
    words = ("replay", "film.avi", "--watch", "a man in red", "--speed", "0.01")
    replay = start(*words, TMPDIR=str(tmp_path / "temporary"))
    wait_until(lambda: bool(list(tmp_path.glob("temporary/lookout-replay-*/*.db"))), "the replay to be under way")
    assert replay.end(signal.SIGTERM) == -signal.SIGTERM
    assert not list((tmp_path / "temporary").iterdir())
    assert "Traceback" not in replay.output


SERVICE = """
import os, signal, sys, threading, time
from pipeline.cli import main

def end():
    while getattr(signal.getsignal(signal.SIGTERM), "__module__", "") != "pipeline.services.serving":
        time.sleep(0.05)
    os.kill(os.getpid(), signal.SIGHUP)
    if before is signal.SIG_IGN:
        time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)

before = getattr(signal, sys.argv.pop(1))
signal.signal(signal.SIGHUP, before)
threading.Thread(target=end, daemon=True).start()
main()
"""


@pytest.mark.parametrize(("before", "ends"), [("SIG_DFL", "SIGHUP"), ("SIG_IGN", "SIGTERM")])
def test_a_service_finishes_when_its_terminal_is_closed(before: str, ends: str, tmp_path: Path) -> None:
    """SIGHUP lets a service finish as SIGTERM does, and under nohup it is ignored."""
    address = f"sqlite:///{tmp_path / 'site.db'}"
    words = ("--log", address, "--store", address, "match")
    done = subprocess.run(
        [sys.executable, "-c", SERVICE, before, *words], capture_output=True, text=True, timeout=120, check=False
    )
    told = [line.rpartition(": finishing")[0].rpartition(" ")[2] for line in done.stderr.splitlines()]
    assert (done.returncode, list(filter(None, told))) == (0, [ends]), done.stderr
