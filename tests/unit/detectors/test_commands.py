"""The commands around detectors, run as a user runs them."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from detectors.errors import DetectorDatasetError, DetectorSettingError
from detectors.labels import read_folder, write_boxes
from pipeline.cli.bench import bench
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


def test_every_nth_is_of_the_images(drawn: Path, yolox_graph: Path, tmp_path: Path) -> None:
    """What else lies in the folder is not counted: of ten images, one in four is three."""
    arguments = ["label", str(drawn), str(tmp_path / "out"), "--detector", str(yolox_graph), "--every", "4"]
    assert CliRunner().invoke(detector_app, arguments).exit_code == 0
    assert len(read_folder(tmp_path / "out")) == 3


@pytest.mark.parametrize("source", ["empty", "notes.txt"])
def test_nothing_to_label_is_an_error(yolox_graph: Path, tmp_path: Path, source: str) -> None:
    """A folder without images, or a file that is no film, does not become an empty set of labels."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("no film")
    arguments = ["label", str(tmp_path / source), str(tmp_path / "out"), "--detector", str(yolox_graph)]
    result = CliRunner().invoke(detector_app, arguments)
    assert isinstance(result.exception, DetectorDatasetError)
    assert "no image to label" in str(result.exception)
    assert not (tmp_path / "out" / "boxes.json").exists()


def test_two_images_of_one_name_are_refused(yolox_graph: Path, tmp_path: Path) -> None:
    """Labelled images are JPEGs, so of a.png and a.jpg one would replace the other in silence."""
    (tmp_path / "both").mkdir()
    for ending in ("png", "jpg"):
        cv2.imwrite(str(tmp_path / "both" / f"a.{ending}"), np.zeros((64, 64, 3), np.uint8))
    arguments = ["label", str(tmp_path / "both"), str(tmp_path / "out"), "--detector", str(yolox_graph)]
    result = CliRunner().invoke(detector_app, arguments)
    assert isinstance(result.exception, DetectorDatasetError)
    assert "a.jpg; rename one of them" in str(result.exception)


def test_detectors_take_turns_against_the_clock() -> None:
    """``lookout bench detect --json`` tells ms and ratio for each detector and size; the first one's ratio is 1."""
    result = CliRunner().invoke(bench, ["detect", "compact", "compact", "--batch", "2", "--json"])
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["batch"] == 2
    sizes = report["sizes"]
    assert [size["frame_wh"] for size in sizes] == [[500, 400], [640, 360], [1920, 1080]]
    for size in sizes:
        first, second = size["detectors"]
        assert first["provider"] == second["provider"] == "cpu"
        assert first["ratio"] == 1.0
        assert second["ms"] > 0


def test_detectors_are_measured_where_it_was_said() -> None:
    """``lookout bench detect --provider`` is what detectors are opened with, so one that nobody knows is an error."""
    result = CliRunner().invoke(bench, ["detect", "--provider", "abacus"])
    assert isinstance(result.exception, DetectorSettingError)


def test_a_folder_of_photos_becomes_groups(tmp_path: Path) -> None:
    """``lookout detector group`` writes as many pictures as asked for, and says how many people they hold."""
    (tmp_path / "photos").mkdir()
    cv2.imwrite(str(tmp_path / "photos" / "one.png"), np.full((300, 200, 3), 90, np.uint8))
    write_boxes(tmp_path / "photos" / "boxes.json", {"one.png": [(60, 40, 140, 280)]})
    arguments = ["group", str(tmp_path / "photos"), str(tmp_path / "out"), "--images", "3"]
    result = CliRunner().invoke(detector_app, arguments)
    assert result.exit_code == 0, result.output
    people = sum(len(image.xyxy) for image in read_folder(tmp_path / "out"))
    assert f"3 groups with {people} people" in result.output


def test_small_people_can_be_left_out(drawn: Path) -> None:
    """With ``--least-height`` people who are less tall are not counted."""
    arguments = [str(drawn), "--boxes", str(drawn / "boxes.json"), "--provider", "cpu", "--json"]
    counted = [
        json.loads(CliRunner().invoke(evaluation(), [*arguments, "--least-height", height]).stdout)["people"]
        for height in ("0", "2000")
    ]
    assert counted[0] > counted[1] == 0


def test_where_nobody_is_there_is_nothing_to_recall(tmp_path: Path) -> None:
    """A folder without people has no recall and no average precision, as text and as JSON, rather than full marks."""
    cv2.imwrite(str(tmp_path / "empty.png"), np.full((120, 160, 3), 90, np.uint8))
    write_boxes(tmp_path / "boxes.json", {"empty.png": []})
    arguments = [str(tmp_path), "--boxes", str(tmp_path / "boxes.json"), "--provider", "cpu"]
    told = CliRunner().invoke(evaluation(), arguments).stdout
    assert "recall none  precision none  at" in told
    assert "ap50 none" in told
    found = json.loads(CliRunner().invoke(evaluation(), [*arguments, "--json"]).stdout)
    assert (found["recall"], found["precision"], found["ap50"]) == (None, None, None)
