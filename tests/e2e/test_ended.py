"""Commands that are ended from outside: what they had opened is put away."""

import signal
from pathlib import Path

import cv2
import numpy as np

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
