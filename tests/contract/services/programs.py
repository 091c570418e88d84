"""Servers of the tests' own, and the programs they are: found, or installed from the system's own packages."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

_INSTALL_S = 280
_STOP_S = 20.0

# A server ends with the thread that started it, so that thread has to live as long as this process.
_LAUNCHER = ThreadPoolExecutor(1)


def require_program(name: str, package: str) -> Path:
    """Return where a program lies, installing its Debian package where it is missing.

    Without the rights to install, the test that asked is skipped; in CI it fails.
    """
    require_packages((package,), lambda: shutil.which(name) is not None)
    return Path(shutil.which(name) or name)


def require_packages(packages: Sequence[str], complete: Callable[[], bool]) -> None:
    """Install Debian packages unless what they bring is there; skips and fails as ``require_program`` does."""
    if complete():
        return
    wanted = " ".join(packages)
    if not (shutil.which("apt-get") and os.geteuid() == 0):
        unmet(f"this machine lacks what only root may install: apt-get install {wanted}")
    _apt("update")
    _apt("install", "-y", "--no-install-recommends", *packages)
    if not complete():
        pytest.fail(f"{wanted} are installed, but did not bring what is needed of them")


def unmet(reason: str) -> None:
    """Skip the test, or in CI fail it, because this machine lacks what it needs."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def _apt(*arguments: str) -> None:
    command = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120", *arguments]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=_INSTALL_S, check=False)
    if ended.returncode:
        pytest.fail(f"{' '.join(command)} ended with {ended.returncode}: {ended.stderr.strip()[-2000:]}")


def free_port() -> int:
    """Return a port of the loopback address that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Return a private key and a certificate for the loopback address, which is its own authority."""
    key, certificate = folder / "server.key", folder / "server.pem"
    command = [str(require_program("openssl", "openssl")), "req", "-x509", "-nodes", "-days", "2"]
    command += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", "/CN=a server of a test"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True, timeout=_STOP_S)
    return key, certificate


class Server:
    """A server process that can be stopped, paused and started again with what it holds."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self._name = name
        self._output = folder / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def launch(self, command: list[str], answers: Callable[[], bool], patience_s: float) -> None:
        """Start it, and wait until it answers; it ends with this process where the system can see to it."""
        guard = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
        with self._output.open("ab") as out:
            places = {"stdin": subprocess.DEVNULL, "stdout": out, "stderr": subprocess.STDOUT}
            self._process = _LAUNCHER.submit(subprocess.Popen, [*guard, *command], **places).result()
        until_s = time.monotonic() + patience_s
        while not answers():
            if time.monotonic() > until_s or self._process.poll() is not None:
                wrote = "\n".join(self._output.read_text(errors="replace").splitlines()[-15:])
                raise RuntimeError(f"{self._name} does not answer; it wrote:\n{wrote}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End it gently, or in the end not; whoever is connected loses the connection."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def kill(self) -> None:
        """End it without a word."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def pause(self) -> None:
        """Let it keep its connections and answer nothing, until ``resume``."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after ``pause``."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
