"""Cameras that send over HTTP."""

from pathlib import Path

from pipeline.records import CaptureClock
from pipeline.source import SourceState
from pipeline.sources.faults import Fault
from tests.contract.services.cameras import TcpCamera, serves_files, shows_pictures
from tests.contract.services.rtsp import FPS, RtspServer
from tests.contract.services.viewer import until, viewing


def test_pictures_over_http(rtsp_server: RtspServer) -> None:
    """A camera that sends one JPEG after another is live, with the times of arrival."""
    with (
        TcpCamera(shows_pictures(rtsp_server.pictures(), FPS)) as camera,
        viewing(f"http://127.0.0.1:{camera.port}/video.cgi?user=a&pwd=Secr3t-word") as viewer,
    ):
        viewer.sees(10)
        status = viewer.source.status
        assert (status.state, status.codec, status.size_wh) == (SourceState.LIVE, "mjpg", (320, 180))
        assert (status.clock, status.spread_ms, status.transport) == (CaptureClock.WALL, None, "")
        assert viewer.last.image.std() > 10.0
        assert "Secr3t-word" not in viewer.source.address


def test_a_playlist_is_shown_at_its_pace(rtsp_server: RtspServer, tmp_path: Path) -> None:
    """Frames of HLS come in whole segments; they are spread out to the times that they have in the stream."""
    rtsp_server.write_playlist(tmp_path)
    with TcpCamera(serves_files(tmp_path)) as camera, viewing(f"http://127.0.0.1:{camera.port}/live.m3u8") as viewer:
        viewer.sees(1)
        first = viewer.last
        until(lambda: Fault.BROKEN_OFF in viewer.source.status.faults, "the end of the playlist")
        assert viewer.source.status.codec == "h264"
        frames_s = (viewer.last.index - first.index) / FPS
        assert frames_s > 1.0
        assert (viewer.last.captured_at_ms - first.captured_at_ms) / 1000.0 > 0.8 * frames_s
