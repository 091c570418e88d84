"""The commands around detectors, run as a user runs them."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from detectors.labels import read_folder
from pipeline.cli.detector import detector_app, evaluate_detector


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that ``lookout detector draw`` made."""
    folder = tmp_path_factory.mktemp("drawn") / "frames"
    result = CliRunner().invoke(detector_app, ["draw", str(folder), "--frames", "10", "--seed", "4"])
    assert result.exit_code == 0, result.output
    return folder


def evaluation() -> typer.Typer:
    """Return an application of the one command."""
    app = typer.Typer()
    app.command()(evaluate_detector)
    return app


def test_drawn_frames_come_with_their_boxes(drawn: Path) -> None:
    """As many frames as asked for are there, most of them with people."""
    images = read_folder(drawn)
    assert len(images) == 10
    assert sum(len(image.xyxy) for image in images) > 0


def test_an_evaluation_is_one_json_object(drawn: Path) -> None:
    """With ``--json`` standard output holds recall, precision, ap50 and the threshold, and nothing else."""
    arguments = [str(drawn), "--boxes", str(drawn / "boxes.json"), "--provider", "cpu", "--json"]
    result = CliRunner().invoke(evaluation(), arguments)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert {"recall", "precision", "ap50", "confidence", "detector", "provider"} <= set(found)
    assert (found["images"], found["detector"], found["provider"]) == (10, "compact", "cpu")
    assert found["people"] == sum(len(image.xyxy) for image in read_folder(drawn))


def test_an_evaluation_for_people_tells_the_threshold(drawn: Path) -> None:
    """The text names the detector, where it ran, the figures and the threshold they hold at."""
    arguments = [str(drawn), "--boxes", str(drawn / "boxes.json"), "--provider", "cpu", "--confidence", "0.4"]
    result = CliRunner().invoke(evaluation(), arguments)
    assert "compact on cpu" in result.stdout
    assert "at confidence 0.40" in result.stdout


def test_a_folder_of_images_can_be_labelled(drawn: Path, yolox_graph: Path, tmp_path: Path) -> None:
    """Every second image is written again with what the teacher sees in it."""
    arguments = ["label", str(drawn), str(tmp_path / "out"), "--detector", str(yolox_graph), "--every", "2"]
    result = CliRunner().invoke(detector_app, arguments)
    assert result.exit_code == 0, result.output
    assert len(read_folder(tmp_path / "out")) == 5
