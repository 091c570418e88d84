"""What the addresses of cameras keep secret, wherever a whole site leaves something behind."""

import os
import resource
import secrets
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.contract.services.rtsp import RtspServer

if TYPE_CHECKING:
    from tests.e2e.conftest import Start

WRONG = f"wrong{secrets.token_hex(8)}"
TOKEN = f"token{secrets.token_hex(8)}"


@pytest.fixture
def rtsp_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RtspServer]:
    """Return an RTSP server with a password."""
    server = RtspServer(tmp_path_factory.mktemp("rtsp"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def _core_files() -> Iterator[None]:
    """Let the processes of a test leave core files as large as the system allows."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_CORE, before)


def processes() -> dict[int, str]:
    """Return what every process shows of itself to whoever looks: command line and environment."""
    told = {}
    for folder in Path("/proc").glob("[0-9]*"):
        shown = ""
        for name in ("cmdline", "environ"):
            try:
                shown += (folder / name).read_text(errors="replace").replace("\0", " ")
            except OSError:  # it has ended, or is somebody else's
                continue
        told[int(folder.name)] = shown
    return told


def decoders(parent: int) -> list[int]:
    """Return the process ids of a process's decoders."""
    mine = f"pipeline.sources.decoder MEMORY {parent}".split("MEMORY")
    return [pid for pid, shown in processes().items() if mine[0] in shown and f"{mine[1]} " in shown]


def test_passwords_of_cameras_appear_nowhere(start: "Start", rtsp_server: RtspServer, tmp_path: Path) -> None:
    """Right, wrong and in a query, they are in no log, page, metric, record, store, table, process or core file."""
    address = f"sqlite:///{tmp_path / 'site.db'}"
    cameras = {
        "gate": rtsp_server.login_url("h264"),
        "yard": rtsp_server.login_url("h264", WRONG),
        "attic": rtsp_server.login_url("nowhere"),
        "shed": f"http://127.0.0.1:9/video.cgi?token={TOKEN}",
    }
    tables = "".join(f'[cameras.{name}]\nurl = "{url}"\n' for name, url in cameras.items())
    settings = tmp_path / "lookout.toml"
    settings.write_text(f'log = "{address}"\nstore = "{address}"\n{tables}')
    running = start("run")
    running.wait_metric("lookout_ingest_camera_frames_total", 3)
    running.wait_output("refuses the user name or password")
    running.wait_output("knows no stream of that path")
    running.wait_output("nothing listens at that port")
    running.wait_metric("lookout_ingest_camera_clock_spread_s", 0.001)
    running.wait_metric("lookout_ingest_camera_frame_age_s", 0.001)
    told = "".join(running.ask(path)[1] for path in ("/healthz", "/readyz", "/metrics"))
    assert 'lookout_ingest_camera_connections_lost_total{camera="yard",reason="unauthorized"} 1.0' in told
    assert 'lookout_ingest_camera_connections_total{camera="gate"} 1.0' in told
    assert 'lookout_ingest_camera_state{camera="gate",state="live"} 1.0' in told
    assert 'lookout_ingest_camera_state{camera="yard",state="failed"} 1.0' in told
    for arguments in (("cameras", "list"), ("cameras", "list", "--json"), ("doctor",), ("doctor", "--json")):
        start(*arguments).wait()
    for pid in decoders(running.process.pid):
        os.kill(pid, signal.SIGSEGV)
    running.wait_output("decoder crashed")
    running.wait_metric("lookout_ingest_camera_frames_total", 3 + running.metric("lookout_ingest_camera_frames_total"))
    told += " ".join(processes().values())
    assert running.end(signal.SIGABRT) == -signal.SIGABRT
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path != settings]
    assert any(path.suffix == ".db" for path in files)
    for secret in (rtsp_server.password.rpartition("/")[2], WRONG, TOKEN):
        assert secret in settings.read_text()
        assert secret not in told
        assert not [path for path in files if secret.encode() in path.read_bytes()]
