"""Cameras that are added while ``lookout ingest`` runs."""

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.log.base import Topic
from pipeline.log.open import open_log
from pipeline.scene.scene import Scene, SceneCamera, SceneSettings
from pipeline.scene.video import write_video
from pipeline.wire import decode_sighting

if TYPE_CHECKING:
    from tests.e2e.conftest import Place, Start


def lookout(*arguments: object) -> str:
    """Run a command to its end, and return what it printed."""
    command = [sys.executable, "-m", "pipeline.cli", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_camera_that_is_added_is_watched(start: "Start", place: "Place", tiny_weights: Path, tmp_path: Path) -> None:
    """A film that is added while an ingest without cameras runs is watched to its end, without a restart."""
    scene = Scene(3, (SceneCamera("gate", "pavement", "day"),), SceneSettings(walkers=4, duration_s=4.0, fps=5.0))
    film = write_video(scene, "gate", tmp_path / "film.mp4")
    ingest = start(*place.options, "ingest", LOOKOUT_WEIGHTS=str(tiny_weights)).wait_ready()
    assert "gate: added" in lookout(*place.options, "cameras", "add", "gate", film)
    assert ingest.wait() == 0, ingest.output
    with open_log(place.log) as log:
        sightings = [decode_sighting(record.value) for record in log.read(Topic.SIGHTINGS, 0)]
    assert sightings
    assert {sighting.camera_id for sighting in sightings} == {"gate"}
