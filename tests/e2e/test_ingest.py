"""``lookout ingest`` as a process, on a film of a drawn street and the embedded log."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from pipeline.log.base import Topic
from pipeline.log.open import open_log
from pipeline.records import Sighting
from pipeline.scene.scene import Scene, SceneCamera, SceneSettings
from pipeline.scene.video import write_video
from pipeline.wire import decode_sighting

if TYPE_CHECKING:
    from tests.e2e.conftest import Start


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return eight seconds of a street, with the truth beside it."""
    settings = SceneSettings(walkers=4, duration_s=8.0, fps=5.0)
    scene = Scene(3, (SceneCamera("gate", "pavement", "day"),), settings)
    return write_video(scene, "gate", tmp_path_factory.mktemp("film") / "street.mp4")


def site(folder: Path, **films: Path) -> str:
    """Write a site's settings; return its log's address."""
    address = f"sqlite:///{folder / 'site.db'}"
    cameras = "".join(f'[cameras.{name}]\nurl = "{path}"\n' for name, path in films.items())
    (folder / "lookout.toml").write_text(f'log = "{address}"\nstore = "{address}"\n{cameras}')
    return address


def sightings(address: str) -> list[Sighting]:
    """Return what stands in a log."""
    with open_log(address) as log:
        return [decode_sighting(record.value) for record in log.read(Topic.SIGHTINGS, 0)]


def test_footage_becomes_sightings_of_who_walks_there(
    start: "Start", film: Path, tiny_weights: Path, tmp_path: Path
) -> None:
    """Two cameras' films are watched to their ends; every sighting's box is on a walker of the truth."""
    address = site(tmp_path, gate=film, door=film)
    ingest = start("ingest", LOOKOUT_WEIGHTS=str(tiny_weights))
    assert ingest.wait() == 0, ingest.output
    found, truth = sightings(address), json.loads(film.with_suffix(".json").read_text())
    assert {sighting.camera_id for sighting in found} == {"gate", "door"}
    boxes = [walker["box_xyxy"] for each in truth["frames"] for walker in each["walkers"]]
    for sighting in found:
        left, top, right, bottom = sighting.box_xyxy
        x, y = (left + right) / 2, (top + bottom) / 2
        assert any(box[0] <= x <= box[2] and box[1] <= y <= box[3] for box in boxes)
    phases = [str(sighting.phase) for sighting in found]
    assert phases.count("open") == phases.count("close") > 0


def test_footage_that_breaks_off_ends_with_its_own_code(
    start: "Start", film: Path, tiny_weights: Path, tmp_path: Path
) -> None:
    """A film that was not copied to its end is watched as far as it goes, the whole one beside it to its end."""
    torn = tmp_path / "torn.avi"
    writer = cv2.VideoWriter(str(torn), cv2.VideoWriter.fourcc(*"MJPG"), 5.0, (160, 120))
    for shade in range(20):
        writer.write(np.full((120, 160, 3), 10 * shade, np.uint8))
    writer.release()
    torn.write_bytes(torn.read_bytes()[: torn.stat().st_size // 2])
    address = site(tmp_path, whole=film, torn=torn)
    ingest = start("ingest", LOOKOUT_WEIGHTS=str(tiny_weights))
    assert ingest.wait() == 8, ingest.output
    assert "torn.avi is damaged" in ingest.output
    assert {sighting.camera_id for sighting in sightings(address)} == {"whole"}
