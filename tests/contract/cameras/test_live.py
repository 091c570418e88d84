"""Live cameras, as a real RTSP server, pulled cables and servers that misbehave have them."""

import os
import re
import signal
import subprocess
import sys
from dataclasses import replace

import cv2
import numpy as np
import pytest

from pipeline.clock import SystemClock
from pipeline.records import CaptureClock
from pipeline.source import NOT_TAKEN, SourceState
from pipeline.sources.faults import Fault
from pipeline.sources.live import LiveSource
from tests.contract.services.cameras import Cable, TcpCamera, never_answers, sends_garbage
from tests.contract.services.rtsp import FPS, RtspServer
from tests.contract.services.viewer import PATIENCE_S, QUICK, Viewer, is_gone, until, viewing


@pytest.mark.parametrize(
    ("path", "codec", "transport"), [("h264", "h264", "tcp"), ("h265", "hevc", "tcp"), ("h264?udp", "h264", "udp")]
)
def test_a_camera_is_live(rtsp_server: RtspServer, path: str, codec: str, transport: str) -> None:
    """H.264 with B-frames and H.265, over TCP and over UDP, give whole frames with times just passed."""
    with viewing(rtsp_server.url(path)) as viewer:
        viewer.sees(20)
        status, last = viewer.source.status, viewer.last
        assert status.state is SourceState.LIVE
        assert (status.reason, status.fault, status.connections) == ("", None, 1)
        assert (status.codec, status.transport, status.size_wh) == (codec, transport, (320, 180))
        assert status.decoding == "software"
        assert last is not None
        assert last.image.std() > 10.0
        assert -1_000 * PATIENCE_S < last.captured_at_ms - SystemClock().now_ms() <= 0
        assert viewer.backwards == 0
    assert viewer.source.state is SourceState.ENDED


def test_a_wrong_password_fails_at_once(rtsp_server: RtspServer) -> None:
    """A camera that refuses the password has failed after one try, so that it does not lock the account."""
    with viewing(rtsp_server.login_url("h264", "Wr0ng-one")) as viewer:
        viewer.becomes(SourceState.FAILED, Fault.UNAUTHORIZED)
        assert "refuses the user name or password" in viewer.source.reason
        assert "Wr0ng-one" not in viewer.source.reason
        assert viewer.source.status.faults == {Fault.UNAUTHORIZED: 1}
        assert viewer.source.decoder_pid is None
    with viewing(rtsp_server.login_url("h264")) as viewer:
        viewer.sees()


@pytest.mark.parametrize(
    ("address", "fault"),
    [("rtsp://127.0.0.1:{port}/nowhere", Fault.NOT_FOUND), ("rtsp://nowhere.invalid/h264", Fault.UNKNOWN_HOST)],
)
def test_a_wrong_address_fails_after_three_tries(rtsp_server: RtspServer, address: str, fault: Fault) -> None:
    """A path or host that nobody knows is a failure once it has been told three times in a row."""
    with viewing(address.format(port=rtsp_server.port)) as viewer:
        viewer.becomes(SourceState.RECONNECTING, fault)
        viewer.becomes(SourceState.FAILED, fault)
        assert viewer.source.status.faults == {fault: 3}
        assert "correct" in viewer.source.reason


def test_a_server_that_restarts_is_found_again(rtsp_server: RtspServer) -> None:
    """While nothing listens a camera is refused and asked again; once the server is back it is live, in one process."""
    with viewing(rtsp_server.url("h264")) as viewer:
        viewer.sees()
        pid = viewer.source.decoder_pid
        rtsp_server.kill()
        viewer.becomes(SourceState.RECONNECTING, Fault.REFUSED)
        assert "nothing listens at that port" in viewer.source.reason
        rtsp_server.start()
        viewer.becomes(SourceState.LIVE, None)
        viewer.sees()
        assert viewer.source.status.connections == 2
        assert viewer.source.status.faults[Fault.BROKEN_OFF] == 1
        assert (viewer.source.status.restarts, viewer.source.decoder_pid) == (0, pid)
        assert viewer.backwards == 0


def test_a_server_that_freezes_stalls(rtsp_server: RtspServer) -> None:
    """A camera that keeps its connection and sends nothing is stalled, then connected again, and live once it thaws."""
    with viewing(rtsp_server.url("h264")) as viewer:
        viewer.sees()
        rtsp_server.pause()
        try:
            viewer.becomes(SourceState.STALLED, Fault.SILENT)
            assert "no frame for" in viewer.source.reason
            viewer.becomes(SourceState.RECONNECTING, Fault.SILENT)
            assert "(within 2.5 s); asking again in" in viewer.source.reason
            viewer.becomes(SourceState.RECONNECTING, Fault.NO_ANSWER)
        finally:
            rtsp_server.resume()
        viewer.becomes(SourceState.LIVE, None)
        viewer.sees()
        assert viewer.source.status.restarts == 0


def test_servers_that_are_no_cameras() -> None:
    """Garbage and silence are told apart from frames within the deadline, and neither costs a process."""
    with (
        TcpCamera(never_answers) as mute,
        TcpCamera(sends_garbage) as mad,
        viewing(f"rtsp://127.0.0.1:{mute.port}/x") as waiting,
        viewing(f"http://127.0.0.1:{mad.port}/x") as reading,
        viewing(f"rtsp://127.0.0.1:{mad.port}/x") as listening,
    ):
        waiting.becomes(SourceState.RECONNECTING, Fault.NO_ANSWER)
        assert "(within 4.0 s)" in waiting.source.reason
        until(lambda: reading.source.status.faults, "garbage over HTTP")
        until(lambda: listening.source.status.faults, "garbage over RTSP")
        for viewer in (waiting, reading, listening):
            until(lambda seen=viewer: sum(seen.source.status.faults.values()) >= 2, "another try")
            assert viewer.source.state is SourceState.RECONNECTING
            assert (viewer.count, viewer.source.status.restarts) == (0, 0)


def test_a_camera_that_changes_its_size(rtsp_server: RtspServer) -> None:
    """A change within a connection leaves frames whole, in their first size; the next connection has the new size."""
    with Cable(rtsp_server.port) as cable, viewing(rtsp_server.url("resized", cable.port)) as viewer:
        viewer.sees(5 * FPS)  # two changes
        assert len(viewer.sizes_wh) == 1
        assert viewer.source.status.connections == 1
        while len(viewer.sizes_wh) == 1:
            cable.pull()
            viewer.becomes(SourceState.RECONNECTING, Fault.REFUSED)
            cable.plug()
            viewer.sees()
            assert viewer.source.status.connections < 20, "the server does not change its size"
        assert viewer.sizes_wh == {(320, 180), (480, 270)}
        assert viewer.source.status.size_wh == viewer.last.size_wh
        drawn = cv2.imread(str(rtsp_server.folder / "00.jpg"))
        shown = cv2.resize(viewer.last.image, (320, 180))
        assert np.abs(drawn.astype(int) - shown).mean() < 20.0  # the street, not a torn frame
        assert viewer.backwards == 0


def test_a_camera_tells_its_own_time(rtsp_server: RtspServer) -> None:
    """After the first sender report frames have the camera's time, a little before they arrived."""
    with viewing(rtsp_server.url("h264")) as viewer:
        until(lambda: viewer.source.clock is CaptureClock.RTCP, "a sender report")
        viewer.sees()
        assert viewer.last.clock is CaptureClock.RTCP
        assert viewer.source.status.skew_ms is None
        assert viewer.source.status.spread_ms is not None
        assert viewer.backwards == 0


def test_a_decoder_that_dies_is_replaced(rtsp_server: RtspServer) -> None:
    """A crash is told as one, and another process goes on, with its indices, too; what means the parent kills nobody."""
    with viewing(rtsp_server.url("h264")) as viewer:
        viewer.sees()
        pid = viewer.source.decoder_pid
        os.kill(pid, signal.SIGINT)
        os.kill(pid, signal.SIGTERM)
        viewer.sees(5)
        assert (viewer.source.decoder_pid, viewer.source.status.restarts) == (pid, 0)
        os.kill(pid, signal.SIGSEGV)
        until(lambda: viewer.source.status.restarts == 1, "a crash that is noticed")
        viewer.becomes(SourceState.LIVE, None)
        viewer.sees()
        assert viewer.source.status.faults == {Fault.DECODER_CRASHED: 1}
        assert viewer.source.decoder_pid != pid
        assert is_gone(pid)
        assert viewer.backwards == 0


def test_a_decoder_that_dies_again_and_again_is_replaced_less_often(
    rtsp_server: RtspServer, caplog: pytest.LogCaptureFixture
) -> None:
    """A stream that ends its decoder soon after each beginning costs a process less often with each, frames or not."""
    with viewing(rtsp_server.url("h264"), replace(QUICK, longest_wait_s=30.0)) as viewer:
        for deaths in (1, 2, 3):
            viewer.sees()
            pid = viewer.source.decoder_pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            until(lambda deaths=deaths: viewer.source.status.restarts == deaths, "a death that is noticed")
    told = [re.search(r"attempt (\d+)", record.getMessage()) for record in caplog.records]
    assert [int(attempt[1]) for attempt in told if attempt] == [2, 3, 4]


def test_a_decoder_that_hangs_is_killed(rtsp_server: RtspServer) -> None:
    """A process that does nothing any more is killed soon after the camera's deadline, and replaced."""
    with viewing(rtsp_server.url("h264")) as viewer:
        viewer.sees()
        pid = viewer.source.decoder_pid
        os.kill(pid, signal.SIGSTOP)
        viewer.becomes(SourceState.STALLED, Fault.SILENT)
        until(lambda: Fault.DECODER_HUNG in viewer.source.status.faults, "a decoder that is given up")
        assert is_gone(pid)
        viewer.becomes(SourceState.LIVE, None)
        viewer.sees()
        assert viewer.source.status.restarts == 1


def test_only_the_newest_frame_is_kept(rtsp_server: RtspServer) -> None:
    """Whoever takes no frames for a while gets the newest one next, and the others are counted."""
    with LiveSource(rtsp_server.url("h264"), "gate", QUICK, SystemClock()) as source:
        frames = source.frames()
        first = next(frames)
        before = source.dropped[NOT_TAKEN]
        until(lambda: source.dropped[NOT_TAKEN] >= before + 8, "frames that nobody takes")
        second = next(frames)
        assert second.index > first.index + 8
        assert source.dropped[NOT_TAKEN] >= second.index - first.index - 1


def test_frames_are_thinned_out_by_time(rtsp_server: RtspServer) -> None:
    """A camera of ten frames a second gives two when two are asked for; all are decoded."""
    with viewing(rtsp_server.url("h264"), replace(QUICK, analysed_fps=2.0)) as viewer:
        viewer.sees(2)
        count, decoded = viewer.count, viewer.last.index
        viewer.sees(6)
        per_frame = (viewer.last.index - decoded) / (viewer.count - count)
        assert 0.6 * FPS / 2 < per_frame < 1.6 * FPS / 2


def test_closing_does_not_wait_for_a_camera(rtsp_server: RtspServer) -> None:
    """A source closes while its camera is frozen, and its process and memory are gone then."""
    with Cable(rtsp_server.port) as cable:
        viewer = Viewer(rtsp_server.url("h264", cable.port), replace(QUICK, read_timeout_s=600.0))
        viewer.sees()
        pid = viewer.source.decoder_pid
        cable.freeze()
        viewer.becomes(SourceState.STALLED, Fault.SILENT)
        viewer.close()
        assert is_gone(pid)
        assert viewer.source.state is SourceState.ENDED


def test_decoders_end_with_their_parent(rtsp_server: RtspServer) -> None:
    """A process that is killed leaves no decoder behind, not even one that was stopped."""
    script = (
        "import sys; from pipeline.source import open_source\n"
        "sources = [open_source(sys.stdin.readline().strip(), str(n)) for n in range(2)]\n"
        "[next(source.frames()) for source in sources]\n"
        "print(*(source.decoder_pid for source in sources), flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        parent.stdin.write(f"{rtsp_server.url('h264')}\n{rtsp_server.url('h265')}\n".encode())
        parent.stdin.flush()
        pids = [int(word) for word in parent.stdout.readline().split()]
        assert len(pids) == 2
        os.kill(pids[0], signal.SIGSTOP)
        parent.kill()
    until(lambda: all(map(is_gone, pids)), "the end of the decoders")
