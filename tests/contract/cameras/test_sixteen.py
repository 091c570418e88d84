"""Sixteen cameras at once, of which some misbehave: the others do not notice."""

import logging
import os
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.source import SourceState
from pipeline.sources.faults import Fault
from tests.contract.services.cameras import Cable, TcpCamera, never_answers, sends_garbage
from tests.contract.services.rtsp import FPS, RtspServer
from tests.contract.services.viewer import QUICK, Viewer, until, viewing

_log = logging.getLogger(__name__)

GOOD = 11
UNPLUGGED = 50  # times
CALM_S = 10.0
LEAST_SHARE, MOST_SHARE = 0.8, 1.2  # of a good camera's own frame rate; bench machines show far less than that
GROWTH_MB = 24


def resident_mb(pid: int | str = "self") -> float:
    """Return how much memory a process has, this one unless told otherwise."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


class Rates:
    """Measures the frames a second that viewers get from its beginning."""

    def __init__(self, viewers: list[Viewer]) -> None:
        self._viewers = viewers
        self._began_s = time.monotonic()
        self._before = [viewer.count for viewer in viewers]

    def end(self) -> list[float]:
        """Return each viewer's rate until now."""
        took_s = time.monotonic() - self._began_s
        return [(viewer.count - before) / took_s for viewer, before in zip(self._viewers, self._before, strict=True)]


def unplug_and_plug(viewer: Viewer, cable: Cable) -> None:
    """Pull a camera's cable until that is noticed, and plug it in until frames come again."""
    cable.pull()
    until(lambda: viewer.source.state is SourceState.RECONNECTING, "a cable that was pulled")
    assert viewer.source.status.fault in {Fault.BROKEN_OFF, Fault.REFUSED}
    assert "asking again in" in viewer.source.reason
    cable.plug()
    viewer.becomes(SourceState.LIVE, None)


@pytest.mark.slow
def test_sixteen_cameras(rtsp_server: RtspServer) -> None:
    """One camera unplugged fifty times, one frozen, one mad, one mute and one that changes its size leave eleven alone.

    Their frame rates stay, this process grows by no memory, and every camera's state says what is the matter with it.
    """
    with ExitStack() as stack:
        mute, mad = stack.enter_context(TcpCamera(never_answers)), stack.enter_context(TcpCamera(sends_garbage))
        loose, ice = stack.enter_context(Cable(rtsp_server.port)), stack.enter_context(Cable(rtsp_server.port))
        paths = ["h264", "h265"] * GOOD
        good = [stack.enter_context(viewing(rtsp_server.url(path))) for path in paths[:GOOD]]
        unplugged = stack.enter_context(viewing(rtsp_server.url("h265", loose.port)))
        frozen = stack.enter_context(viewing(rtsp_server.url("h264", ice.port)))
        for viewer in (*good, unplugged, frozen):
            viewer.sees()
        calm = Rates(good)
        good[0].sees(round(CALM_S * FPS))
        calm_fps = calm.end()

        unanswered = stack.enter_context(viewing(f"rtsp://127.0.0.1:{mute.port}/x"))
        misled = stack.enter_context(viewing(f"rtsp://127.0.0.1:{mad.port}/x", replace(QUICK, open_timeout_s=2.0)))
        resized = stack.enter_context(viewing(rtsp_server.url("resized")))
        resized.sees()
        ice.freeze()
        unplug_and_plug(unplugged, loose)
        stormy, connections, pid = Rates(good), unplugged.source.status.connections, unplugged.source.decoder_pid
        before_mb, decoder_before_mb = resident_mb(), resident_mb(pid)
        for _ in range(UNPLUGGED - 1):
            unplug_and_plug(unplugged, loose)
        stormy_fps, growth_mb = stormy.end(), resident_mb() - before_mb
        decoder_growth_mb = resident_mb(pid) - decoder_before_mb

        shares = [now / then for now, then in zip(stormy_fps, calm_fps, strict=True)]
        _log.info("shares of the frame rates %s", [f"{each:.3f}" for each in shares])
        _log.info("growth of this process %.1f MB, of the unplugged decoder %.1f MB", growth_mb, decoder_growth_mb)
        assert min(shares) > LEAST_SHARE, shares
        assert max(shares) < MOST_SHARE, shares
        assert growth_mb < GROWTH_MB
        assert decoder_growth_mb < GROWTH_MB
        assert all((seen.source.state, seen.source.status.connections) == (SourceState.LIVE, 1) for seen in good)
        assert unplugged.source.status.connections == connections + UNPLUGGED - 1
        assert unplugged.source.status.restarts == 0
        assert frozen.source.status.fault in {Fault.SILENT, Fault.NO_ANSWER}
        assert frozen.source.state is SourceState.RECONNECTING
        assert {unanswered.source.status.fault, *unanswered.source.status.faults} == {Fault.NO_ANSWER}
        assert unanswered.count == misled.count == 0
        assert misled.source.state is SourceState.RECONNECTING
        assert resized.source.state is SourceState.LIVE
        ice.thaw()
        frozen.becomes(SourceState.LIVE, None)
