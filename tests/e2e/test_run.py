"""``lookout run``: everything in one process, on the embedded log and store."""

import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.log.base import Topic
from pipeline.log.open import open_log
from pipeline.scene.scene import Scene, SceneSettings
from pipeline.scene.video import write_video
from pipeline.store.base import AlertFilter
from pipeline.store.open import open_alerts
from tests.e2e.conftest import wait_until

if TYPE_CHECKING:
    from tests.e2e.conftest import Start

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"
ROW = re.compile(r"^\| `(lookout_\w+)` \|", re.MULTILINE)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return eight seconds of a street with three walkers."""
    scene = Scene(5, 1, SceneSettings(walkers=3, duration_s=8.0, fps=5.0, wear=0.0))
    return write_video(scene, scene.cameras[0].camera_id, tmp_path_factory.mktemp("film") / "street.mp4")


def test_footage_becomes_alerts_in_one_process(start: "Start", film: Path, tmp_path: Path) -> None:
    """A camera of the settings is watched, matched and alerted on by one process, which takes more after it, and ends with 0 by Ctrl-C."""
    address = f"sqlite:///{tmp_path / 'site.db'}"
    (tmp_path / "lookout.toml").write_text(
        f'log = "{address}"\nstore = "{address}"\n[cameras.street]\nurl = "{film}"\n'
    )
    watching = ["--store", address, "watch", "add", "a man in a red jacket", "--false-match-rate", "0.9"]
    assert CliRunner().invoke(app, watching).exit_code == 0
    running = start("run")
    running.wait_metric("lookout_ingest_sightings_total", 1)
    running.wait_metric("lookout_matcher_raised_total", 1)
    assert running.metric("lookout_matcher_entries") == 1
    of_cameras = set(re.findall(r"^# TYPE (lookout_ingest_camera_\w+)", running.ask("/metrics")[1], re.MULTILINE))
    assert of_cameras
    assert of_cameras == {
        row for row in ROW.findall(OPERATIONS.read_text()) if row.startswith("lookout_ingest_camera_")
    }
    assert running.metric("lookout_ingest_camera_frames_total") >= 1
    running.wait_metric("lookout_ingest_cameras_ended", 1)
    assert CliRunner().invoke(app, ["--store", address, "cameras", "add", "again", str(film)]).exit_code == 0
    with open_alerts(address) as alerts:
        wait_until(lambda: bool(alerts.find(AlertFilter(camera_id="again"))), "an alert of the camera added later")
    assert running.end(signal.SIGINT) == 0
    with open_log(address) as log, open_alerts(address) as alerts:
        told, stored = list(log.read(Topic.ALERTS, 0)), alerts.find(AlertFilter())
    assert {record.key for record in told} == {alert.alert_id for alert in stored}
    assert {alert.camera_id for alert in stored} == {"street", "again"}
    assert all(alert.crop_jpeg.startswith(b"\xff\xd8") for alert in stored)
