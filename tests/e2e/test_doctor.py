"""``lookout doctor``, on a site that is well and on one that is not."""

import json
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from pipeline.camera import Camera
from pipeline.cli import app
from pipeline.scene.scene import Scene, SceneSettings
from pipeline.scene.video import write_video
from pipeline.store.open import open_cameras
from tests.e2e.conftest import Place

HIDDEN_WORD = "hunter2"


def doctor(*options: object) -> Result:
    """Call ``lookout OPTIONS doctor --json``."""
    return CliRunner().invoke(app, [*map(str, options), "doctor", "--json"])


def findings(result: Result) -> dict[str, Any]:
    """Return what was found, by part."""
    return {told["part"]: told for told in map(json.loads, result.stdout.splitlines())}


@pytest.fixture
def receiver() -> Iterator[int]:
    """Return a port at which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_site_that_is_well(place: Place, receiver: int, tmp_path: Path) -> None:
    """Every part of a site that works is ok, models run where they say, and the exit code is 0."""
    scene = Scene(5, 1, SceneSettings(walkers=1, duration_s=2.0, fps=5.0))
    film = write_video(scene, scene.cameras[0].camera_id, tmp_path / "street.mp4")
    path = tmp_path / "site.toml"
    path.write_text(
        f'[cameras.street]\nurl = "{film}"\n'
        f'[webhooks.desk]\nurl = "http://127.0.0.1:{receiver}/"\nsecret = "{HIDDEN_WORD}"\n'
    )
    site = ("--config", path, *place.options)
    adding = [*map(str, site), "watch", "add", "a man in a red jacket"]
    assert CliRunner().invoke(app, adding).exit_code == 0
    CliRunner().invoke(app, [*map(str, site), "topics", "create"])
    result = doctor(*site)
    told = findings(result)
    trouble = {part: each for part, each in told.items() if each["verdict"] != "ok" and part != "disk"}
    if place.log.startswith("sqlite"):
        trouble.pop("log", None)  # nobody has published anything, so there is no file or it is empty
    assert not trouble
    assert result.exit_code == 0
    assert {"settings", "packages", "log", "watchlist", "alerts", "background", "detector", "embedder"} <= set(told)
    assert {"webhook desk", "camera street"} <= set(told)
    assert ("topic lookout.sightings" in told) == place.log.startswith("kafka")
    assert ("clock" in told) == place.store.startswith("redis")


def test_a_site_that_is_not_well(tmp_path: Path) -> None:
    """Each part that does not answer is a failure that says what to do; the exit code is 1, and no secret is told."""
    path = tmp_path / "site.toml"
    path.write_text(
        f'log = "kafka://me:{HIDDEN_WORD}@127.0.0.1:9"\nstore = "redis://:{HIDDEN_WORD}@127.0.0.1:9/0"\n'
        f'weights = "{tmp_path / "nowhere"}"\n'
        f'[ingest]\ndetector = "{tmp_path / "nowhere.onnx"}"\n'
        f'[cameras.gate]\nurl = "rtsp://me:{HIDDEN_WORD}@127.0.0.1:9/live?token={HIDDEN_WORD}"\n'
        f'[webhooks.desk]\nurl = "http://me:{HIDDEN_WORD}@127.0.0.1:9/{HIDDEN_WORD}"\nsecret = "{HIDDEN_WORD}"\n'
    )
    result = doctor("--config", path)
    told = findings(result)
    parts = {
        "log",
        "watchlist",
        "alerts",
        "cameras",
        "background",
        "detector",
        "embedder",
        "webhook desk",
        "camera gate",
    }
    assert {part for part in parts if told[part]["verdict"] == "failed"} == parts
    assert result.exit_code == 1
    assert HIDDEN_WORD not in result.output


def test_cameras_that_cannot_be_read_are_not_said_to_be_missing(tmp_path: Path) -> None:
    """A store that does not answer is told of; nobody is advised to add the cameras that it may hold."""
    result = doctor("--log", f"sqlite:///{tmp_path / 'site.db'}", "--store", "redis://127.0.0.1:9/0")
    assert findings(result)["cameras"]["verdict"] == "failed"
    assert "there are none" not in result.output


def test_a_damaged_camera_is_named(tmp_path: Path) -> None:
    """A record that cannot be read is a failure of its camera that says what to do; the other cameras are looked at."""
    with open_cameras(f"sqlite:///{tmp_path / 'site.db'}") as store:
        store.put(Camera("gate", "0"))
        store.put(Camera("hall", "0", enabled=False))
    with closing(sqlite3.connect(tmp_path / "site.db", isolation_level=None)) as file:
        file.execute("UPDATE cameras SET value = x'6a' WHERE camera_id = 'gate'")
    path = tmp_path / "site.toml"
    path.write_text("[cameras.gate]\nurl = '0'\n")
    result = doctor("--config", path, "--store", f"sqlite:///{tmp_path / 'site.db'}")
    told = findings(result)
    assert told["camera gate"]["verdict"] == "failed"
    assert "lookout cameras remove gate" in told["camera gate"]["words"]
    assert told["camera hall"]["verdict"] == "ok"
    assert result.exit_code == 1


def test_settings_that_are_wrong_are_the_only_finding(tmp_path: Path) -> None:
    """Where the settings cannot be read, that is the one thing to mend first."""
    path = tmp_path / "site.toml"
    path.write_text('lgo = "sqlite:///a.db"\n')
    result = doctor("--config", path)
    assert list(findings(result)) == ["settings"]
    assert "did you mean 'log'?" in findings(result)["settings"]["words"]
    assert result.exit_code == 1
