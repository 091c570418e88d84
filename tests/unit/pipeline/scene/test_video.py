import json
from pathlib import Path

import cv2
import pytest

from pipeline.errors import SceneError
from pipeline.scene.scene import Scene, SceneCamera, SceneSettings
from pipeline.scene.video import write_video

SCENE = Scene(3, (SceneCamera("gate", "pavement", "day", (320, 180)),), SceneSettings(4, 5.0, 4.0))


@pytest.mark.parametrize("name", ["gate.mp4", "gate.avi"])
def test_a_film_holds_every_frame(name: str, tmp_path: Path) -> None:
    """What is written is read back with all its frames in their size, and the truth lies beside it."""
    film = write_video(SCENE, "gate", tmp_path / name)
    reader = cv2.VideoCapture(str(film))
    sizes = []
    while (got := reader.read())[0]:
        sizes.append(got[1].shape)
    reader.release()
    assert sizes == [(180, 320, 3)] * 20
    truth = json.loads(film.with_suffix(".json").read_text())
    assert truth["camera_id"] == "gate"
    assert len(truth["frames"]) == 20
    told = {walker["walker_id"] for frame in truth["frames"] for walker in frame["walkers"]}
    assert told == set(truth["walkers"])


def test_other_endings_are_refused(tmp_path: Path) -> None:
    """A film with another ending is an error that names it."""
    with pytest.raises(SceneError, match="gate.gif"):
        write_video(SCENE, "gate", tmp_path / "gate.gif")


def test_an_unknown_camera_is_refused(tmp_path: Path) -> None:
    """A camera the scene lacks is an error that names those it has."""
    with pytest.raises(SceneError, match="it has gate"):
        write_video(SCENE, "door", tmp_path / "door.mp4")
