"""What lies in deploy/ is no code that runs here, so it is held against the code that it starts."""

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from configparser import ConfigParser
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from pipeline.cli import app
from pipeline.cli.exit_codes import MISSING_PACKAGE, exit_code
from pipeline.errors import LogError, SettingsError
from pipeline.settings import load_settings
from reid.errors import ProviderError, WeightsError
from tests.waiting import PATIENCE_S, until

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
OURS = {name: service for name, service in COMPOSE["services"].items() if service.get("image") == "lookout"}


@pytest.mark.parametrize("name", OURS.keys() - {"console"})
def test_a_container_runs_a_command_that_there_is(name: str) -> None:
    """Every service of the compose file that runs lookout names one of its commands."""
    command: Any = typer.main.get_command(app)
    for word in OURS[name]["command"]:
        assert word in command.commands
        command = command.commands[word]
    assert not hasattr(command, "commands")


@pytest.mark.parametrize("name", OURS)
def test_what_containers_are_told_are_settings(name: str) -> None:
    """The environment of a container holds known settings with values of their kind."""
    told = {key: str(value) for key, value in OURS[name]["environment"].items() if key != "LOOKOUT_CONFIG"}
    settings = load_settings(DEPLOY / "lookout.toml", told)
    assert settings.log.startswith("kafka://")
    assert settings.store.startswith("redis://")


def test_health_is_asked_where_it_is_answered() -> None:
    """A container's health check asks the port that its service is told to answer on."""
    shared = COMPOSE["x-lookout"]
    port = shared["environment"]["LOOKOUT_HEALTH_PORT"]
    assert f"127.0.0.1:{port}/healthz" in shared["healthcheck"]["test"][-1]


def test_the_systemd_unit_fits_the_commands() -> None:
    """It starts a command that there is, waits for its end as the containers do, and goes on when a broker is away."""
    unit = ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(DEPLOY / "lookout.service", encoding="utf-8")
    service = unit["Service"]
    command: Any = typer.main.get_command(app)
    assert service["ExecStart"].split()[1] in command.commands
    assert f"{service['TimeoutStopSec']}s" == COMPOSE["x-lookout"]["stop_grace_period"]
    for_good = {int(code) for code in service["RestartPreventExitStatus"].split()}
    assert for_good == {exit_code(error("x")) for error in (SettingsError, WeightsError, ProviderError)} | {
        MISSING_PACKAGE
    }
    assert exit_code(LogError("x")) not in for_good


def test_no_secret_has_a_default() -> None:
    """Every password is asked for by name and refused where it is missing."""
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    assert "${LOOKOUT_REDIS_PASSWORD:?" in text
    assert ":-" not in text


def test_the_image_holds_what_the_distribution_is_made_of() -> None:
    """The image copies every package of the distribution and the files that its metadata names."""
    copied = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    for path in (
        "pipeline",
        "detectors",
        "reid",
        "pyproject.toml",
        "constraints.txt",
        "README.md",
        "LICENSE",
        "NOTICE",
    ):
        assert path in copied
        assert (DEPLOY.parent / path).exists()


def test_the_consoles_place_shows_the_newest_alerts(tmp_path: Path) -> None:
    """The script that holds the console's place serves a page of the store's alerts, and ends at once when asked to."""
    (script,) = COMPOSE["services"]["console"]["command"]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    script = script.replace("8080", f"{port} --bind 127.0.0.1").replace("$$", "$")
    told = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "LOOKOUT_STORE": f"sqlite:///{tmp_path / 'site.db'}",
    }
    with subprocess.Popen(["/bin/sh", "-c", script], cwd=tmp_path, env=told, start_new_session=True) as console:
        try:
            until(lambda: "Nobody fitted any description" in _page(port), "the page")
            console.terminate()
            assert console.wait(PATIENCE_S) == 0
        finally:
            os.killpg(console.pid, signal.SIGKILL)


def _page(port: int) -> str:
    try:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/")
        return connection.getresponse().read().decode()
    except OSError:
        return ""


def test_redis_does_not_keep_root() -> None:
    """The shell that fills in the password hands over to the image's entrypoint, which gives up root."""
    shell, _, script = shlex.split(COMPOSE["services"]["redis"]["command"])
    assert shell == "sh"
    assert script.startswith("exec docker-entrypoint.sh redis-server ")


def test_a_virtual_environment_that_was_half_made_is_made_anew(tmp_path: Path) -> None:
    """Where Python lacks its venv package, make fails, and succeeds once the package is there."""
    python = tmp_path / "python"
    python.write_text(PYTHON_WITHOUT_VENV)
    python.chmod(0o755)
    shutil.copy(DEPLOY.parent / "Makefile", tmp_path)
    done = subprocess.run(
        ["make", f"PYTHON={python}", ".venv/bin/python"],  # noqa: S607 - the make that is there
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "ensurepip is not available" in done.stderr
    assert not (tmp_path / ".venv").exists()


PYTHON_WITHOUT_VENV = """#!/bin/sh
case "$1 $2" in
"-m venv") mkdir -p "$3/bin" && touch "$3/bin/python" && echo "ensurepip is not available" >&2; exit 1 ;;
esac
"""
