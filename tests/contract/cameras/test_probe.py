"""A look at what an address gives."""

import time
from pathlib import Path

import pytest

from pipeline.errors import SourceError
from pipeline.scene.scene import Scene, SceneCamera, SceneSettings
from pipeline.scene.video import write_video
from pipeline.sources.faults import Fault
from pipeline.sources.probe import probe
from tests.contract.services.cameras import TcpCamera, never_answers
from tests.contract.services.rtsp import FPS, RtspServer


def test_a_camera_that_works(rtsp_server: RtspServer) -> None:
    """Of a camera that works a probe tells codec, size, rate, transport and how long its first frame took."""
    found = probe(rtsp_server.url("h265"), 30.0)
    assert found.works
    assert (found.codec, found.size_wh, found.transport, found.reason) == ("hevc", (320, 180), "tcp", "")
    assert found.stream_fps == FPS
    assert 0.5 * FPS < found.measured_fps < 2.0 * FPS
    assert 0.0 < found.first_frame_s < 30.0


def test_a_file(tmp_path: Path) -> None:
    """A video file is looked at in the same way; what is none is told as that."""
    scene = Scene(3, (SceneCamera("gate", "pavement", "day", (320, 180)),), SceneSettings(2, 2.0, 4.0))
    found = probe(str(write_video(scene, "gate", tmp_path / "gate.mp4")), 30.0)
    assert (found.works, found.size_wh, found.stream_fps) == (True, (320, 180), 4.0)
    (tmp_path / "words.mp4").write_text("no video")
    found = probe(str(tmp_path / "words.mp4"), 30.0)
    assert (found.works, found.fault) == (False, Fault.NO_VIDEO)


def test_what_does_not_work(rtsp_server: RtspServer) -> None:
    """A probe tells what is the matter, what to do about it, and no password."""
    found = probe(rtsp_server.login_url("h264", "Wr0ng-one"), 30.0)
    assert (found.works, found.fault) == (False, Fault.UNAUTHORIZED)
    assert "correct" in found.reason
    assert "Wr0ng-one" not in str(found)
    assert probe(rtsp_server.url("nowhere"), 30.0).fault is Fault.NOT_FOUND
    assert probe("rtsp://127.0.0.1:9/x", 30.0).fault is Fault.REFUSED
    assert probe("RTSP://127.0.0.1:9/x", 30.0).fault is Fault.REFUSED  # FFmpeg itself knows small letters only
    assert probe("999", 30.0).fault is Fault.NO_DEVICE


def test_a_probe_ends(tmp_path: Path) -> None:
    """A camera that never answers is given up within the time it was given, and a process's start and end."""
    with TcpCamera(never_answers) as camera:
        began_s = time.monotonic()
        assert probe(f"rtsp://127.0.0.1:{camera.port}/x", 1.0).fault is Fault.NO_ANSWER
        assert time.monotonic() - began_s < 60.0
    with pytest.raises(SourceError, match="there is no file"):
        probe(str(tmp_path / "gone.mp4"), 1.0)
    with pytest.raises(SourceError, match="/dev/null is a device or a pipe; a camera is named by its number"):
        probe("/dev/null", 1.0)
    with pytest.raises(SourceError, match="begins with"):
        probe("gopher://127.0.0.1/x", 1.0)
