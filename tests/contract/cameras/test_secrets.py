"""What a camera's address keeps secret appears nowhere."""

import logging
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.source import SourceState
from pipeline.sources.faults import Fault
from pipeline.sources.probe import probe
from tests.contract.services.rtsp import USER, RtspServer
from tests.contract.services.viewer import until, viewing

WRONG = "Wr0ng-one"


def told_of(pid: int) -> str:
    """Return what everybody may see of a process: its command line, its environment, its open files."""
    folder = Path(f"/proc/{pid}")
    files = [str(link.readlink()) for link in (folder / "fd").iterdir() if link.is_symlink()]
    return " ".join([(folder / name).read_text(errors="replace") for name in ("cmdline", "environ")] + files)


def test_passwords_appear_nowhere(rtsp_server: RtspServer, caplog: pytest.LogCaptureFixture) -> None:
    """Neither logs nor states, errors, probes, command lines, environments or file names hold one, right or wrong."""
    caplog.set_level(logging.DEBUG)
    told: list[object] = []
    right, wrong = rtsp_server.login_url("h264"), rtsp_server.login_url("h264", WRONG)
    with viewing(right) as seen, viewing(wrong) as refused, viewing(right.replace("h264", "nowhere")) as lost:
        seen.sees()
        refused.becomes(SourceState.FAILED, Fault.UNAUTHORIZED)
        lost.becomes(SourceState.FAILED, Fault.NOT_FOUND)
        for viewer in (seen, refused, lost):
            told += [viewer.source.status, viewer.source.address, viewer.last]
        told.append(told_of(seen.source.decoder_pid))
        os.kill(seen.source.decoder_pid, signal.SIGKILL)
        until(lambda: seen.source.status.restarts == 1, "a crash that is noticed")
        told += [seen.source.status, told_of(os.getpid())]
    told += [probe(right, 10.0), probe(wrong, 10.0), probe(right.replace("h264", "nowhere"), 10.0), seen.source]
    text = "\n".join(map(repr, told)) + caplog.text
    assert "reconnecting" in text
    assert "failed" in text
    for secret in (rtsp_server.password.rpartition("/")[2], WRONG, f"{USER}:"):
        assert secret not in text


def test_a_decoder_leaves_no_core_file(tmp_path: Path) -> None:
    """A process that has forbidden core files leaves none when it crashes, though the system would take one."""
    if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0:
        pytest.skip("this machine takes no core files from anybody")
    script = (
        "import os, resource, sys; from pipeline.core_files import forbid_core_files; "
        "hard = resource.getrlimit(resource.RLIMIT_CORE)[1]; resource.setrlimit(resource.RLIMIT_CORE, (hard, hard)); "
        "child = os.fork(); "
        "child or (forbid_core_files() if len(sys.argv) > 1 else None, os.abort()); "
        "print(os.WCOREDUMP(os.waitpid(child, 0)[1]))"
    )

    def dumps(*arguments: str) -> str:
        command = [sys.executable, "-c", script, *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout.strip()

    assert dumps() == "True"
    assert dumps("forbidden") == "False"
