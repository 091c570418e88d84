"""Detectors find people: the shipped one on drawn streets, YOLOX-nano on real footage where that is at hand."""

import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from detectors.base import Detections, ThresholdDetector
from detectors.boxes import overlaps
from detectors.evaluation import FALSE, HIT, judge
from detectors.open import open_detector

DATA = Path(os.environ.get("LOOKOUT_DATA", Path(__file__).parents[4] / "shared" / "data"))


@pytest.fixture(scope="module")
def compact() -> ThresholdDetector:
    """Return the shipped detector."""
    return open_detector("compact", "cpu", threads=1)


def test_walkers_of_drawn_streets_are_found(compact: ThresholdDetector, street_frames: list[Any]) -> None:
    """Of the walkers of scenes it has not learned from, four in five are found, and nine in ten boxes are walkers."""
    hits, wrong, people = 0, 0, 0
    for image, seen, hidden in street_frames:
        verdicts = judge(compact.detect([image])[0], seen, hidden)
        hits += int((verdicts == HIT).sum())
        wrong += int((verdicts == FALSE).sum())
        people += len(seen)
    assert people > 20
    assert hits / people >= 0.8, f"recall {hits}/{people}"
    assert hits / (hits + wrong) >= 0.9, f"precision {hits}/{hits + wrong}"


@pytest.mark.parametrize("place", ["pavement", "street", "park", "plaza", "hall"])
def test_street_furniture_is_nobody(compact: ThresholdDetector, place: Any) -> None:
    """In a drawn place without walkers nobody is seen."""
    from pipeline.scene.scene import Scene, SceneCamera, SceneSettings

    scene = Scene(700, [SceneCamera("c", place)], SceneSettings(walkers=0, duration_s=1.0, fps=1.0))
    for frame in scene.frames("c"):
        assert len(compact.detect([frame.image])[0]) == 0


def nano() -> ThresholdDetector:
    """Return YOLOX-nano, or skip."""
    path = DATA / "weights" / "yolox_nano.onnx"
    if not path.exists():
        pytest.skip(f"needs {path}: set LOOKOUT_DATA to where the shared data lies")
    return open_detector(path, "cpu", threads=1)


def frames_of(name: str, *numbers: int) -> list[np.ndarray]:
    """Return frames of a clip, or skip."""
    path = DATA / "footage" / name
    if not path.exists():
        pytest.skip(f"needs {path}: set LOOKOUT_DATA to where the shared data lies")
    film = cv2.VideoCapture(str(path))
    frames = []
    for number in range(max(numbers) + 1):
        decoded, image = film.read()
        assert decoded
        if number in numbers:
            frames.append(image)
    film.release()
    return frames


def test_yolox_sees_the_walkers_of_real_footage() -> None:
    """Through this project's decoding YOLOX-nano sees the several people of a campus path, as tall as people are."""
    found = nano().detect(frames_of("pets-s2l1.avi", 10, 100, 200))
    assert all(len(each) >= 4 for each in found)
    for each in found:
        width = each.xyxy[:, 2] - each.xyxy[:, 0]
        assert np.median(each.heights / width) > 1.5


def test_a_quantised_export_sees_the_walkers_of_real_footage() -> None:
    """YOLOv8n in eight bits, an export of Ultralytics, runs without torch and sees the people of a campus path."""
    path = DATA / "weights" / "yolov8n_int8.onnx"
    if not path.exists():
        pytest.skip(f"needs {path}: set LOOKOUT_DATA to where the shared data lies")
    found = open_detector(path, "cpu", threads=1).detect(frames_of("pets-s2l1.avi", 100, 200))
    assert all(len(each) >= 3 for each in found)
    for each in found:
        assert np.median(each.heights / (each.xyxy[:, 2] - each.xyxy[:, 0])) > 1.5


def test_the_shipped_detector_agrees_with_yolox_on_real_footage(compact: ThresholdDetector) -> None:
    """Most people whom YOLOX-nano is sure of on footage that was not learned from are found by the shipped one."""
    frames = frames_of("pets-s2l1.avi", *range(10, 790, 60))
    sure, own = nano().at(0.6).detect(frames), compact.detect(frames)
    found = sum(_matched(one, other) for one, other in zip(sure, own, strict=True))
    assert found >= 0.6 * sum(map(len, sure))


def _matched(wanted: Detections, found: Detections) -> int:
    return int((overlaps(wanted.xyxy, found.xyxy).max(axis=1, initial=0.0) >= 0.5).sum())
