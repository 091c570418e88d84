"""Measures of a detector, against loops written from their definitions."""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import cv2
import numpy as np
import pytest

from detectors.base import Detections, Frame
from detectors.errors import DetectorDatasetError
from detectors.evaluation import HIT, UNCOUNTED, Outcome, judge, measure
from detectors.labels import read_folder, write_boxes

NOBODY = np.zeros((0, 4), np.float32)


class Scripted:
    """A detector that says what a test wrote down, by the shade of the frame's first pixel."""

    name, provider = "scripted", "cpu"

    def __init__(self, script: dict[int, Detections], confidence: float = 0.5) -> None:
        self.script, self.confidence = script, confidence

    def at(self, confidence: float) -> Self:
        """Return the same script with another threshold."""
        return type(self)(self.script, confidence)

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """Return what the script says."""
        found = [self.script[int(frame[0, 0, 0])] for frame in frames]
        return [each[each.confidence >= self.confidence] for each in found]


def people(*boxes: tuple[float, float, float, float]) -> np.ndarray:
    """Return boxes as an array."""
    return np.array(boxes, np.float32).reshape(-1, 4)


def test_a_person_is_found_once() -> None:
    """Of two boxes on one person, the more confident is right and the other is wrong."""
    found = Detections(people((0, 0, 10, 20), (0, 1, 10, 21), (50, 50, 60, 70)), np.array([0.9, 0.8, 0.7], np.float32))
    assert judge(found, people((0, 0, 10, 20), (51, 50, 61, 70)), NOBODY).tolist() == [1, 0, 1]


def test_an_overlap_of_less_than_half_is_wrong() -> None:
    """A box that is shifted by half its width shares a third with the person."""
    found = Detections(people((5, 0, 15, 20)), np.array([0.9], np.float32))
    assert judge(found, people((0, 0, 10, 20)), NOBODY).tolist() == [0]


def test_where_nobody_knows_nothing_counts() -> None:
    """A detection within an ignored box is neither right nor wrong, unless it is a person's."""
    found = Detections(people((0, 0, 10, 20), (40, 40, 50, 60)), np.array([0.9, 0.8], np.float32))
    ignored = people((0, 0, 100, 100))
    assert judge(found, people((0, 0, 10, 20)), ignored).tolist() == [HIT, UNCOUNTED]


def naive_average_precision(confidence: np.ndarray, hits: np.ndarray, count: int) -> float:
    """Return the mean over all people of the best precision at which each of them is still found."""
    total = 0.0
    for wanted in range(1, count + 1):
        best = 0.0
        for threshold in confidence:
            told = hits[confidence >= threshold]
            if told.sum() >= wanted:
                best = max(best, told.sum() / len(told))
        total += best
    return total / count


@pytest.mark.parametrize("levels", [40, 7], ids=["all apart", "with ties"])
@pytest.mark.parametrize("seed", range(8))
def test_average_precision_is_the_mean_of_the_best_precisions(seed: int, levels: int) -> None:
    """The fast area equals the definition on random outcomes, also where detections are equally confident."""
    rng = np.random.default_rng(seed)
    confidence = (rng.permutation(40) % levels).astype(np.float32) / levels
    hits = (rng.random(40) < confidence).astype(np.int8)
    count = int(hits.sum()) + 5
    got = Outcome(confidence, hits, count).average_precision()
    np.testing.assert_allclose(got, naive_average_precision(confidence, hits, count))


def test_empty_outcomes_claim_nothing() -> None:
    """Where there is nobody to find there is no recall and no area, and where nothing is told of, no precision."""
    nothing = np.zeros(0, np.float32)
    empty = Outcome(nothing, np.zeros(0, np.int8), 0)
    assert (empty.average_precision(), empty.recall_precision(0.5)) == (None, (None, None))
    missed = Outcome(nothing, np.zeros(0, np.int8), 3)
    assert (missed.average_precision(), missed.recall_precision(0.5)) == (0.0, (0.0, None))
    alarm = Outcome(np.ones(1, np.float32), np.zeros(1, np.int8), 0)
    assert (alarm.average_precision(), alarm.recall_precision(0.5)) == (None, (None, 0.0))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of two images, the second in grey files' other format."""
    for name, shade in (("a.png", 10), ("b.png", 20)):
        cv2.imwrite(str(tmp_path / name), np.full((100, 100, 3), shade, np.uint8))
    write_boxes(tmp_path / "boxes.json", {"a.png": [(0, 0, 10, 20), (50, 0, 60, 20)], "b.png": []})
    return tmp_path


def test_a_folder_is_measured_at_the_detectors_threshold(folder: Path) -> None:
    """Recall and precision hold at the threshold; the average precision sees the hesitant detections too."""
    script = {
        10: Detections(people((0, 0, 10, 20), (50, 0, 60, 20)), np.array([0.9, 0.3], np.float32)),
        20: Detections(people((0, 0, 10, 20)), np.array([0.6], np.float32)),
    }
    found = measure(Scripted(script), read_folder(folder))
    assert (found.images, found.people, found.confidence) == (2, 2, 0.5)
    assert (found.recall, found.precision) == (0.5, 0.5)
    np.testing.assert_allclose(found.ap50, (1.0 + 2.0 / 3.0) / 2)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "there are no boxes"),
        ("[]", "file name to a list"),
        ('{"a.png": [[0, 0, 1]]}', "file name to a list"),
        ('{"a.png": [[5, 0, 1, 9]]}', "left < right"),
        ('{"c.png": []}', r"c\.png"),
        ("{}", "at least one"),
    ],
    ids=["missing", "list", "three sides", "inside out", "no such image", "empty"],
)
def test_wrong_boxes_are_named(folder: Path, content: str | None, words: str) -> None:
    """A file of boxes that cannot be used says what is wrong with it."""
    path = folder / "other.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(DetectorDatasetError, match=words):
        read_folder(folder, path)


def test_a_damaged_image_is_named(folder: Path) -> None:
    """An image that cannot be decoded stops the measurement with its path."""
    (folder / "b.png").write_bytes(b"no image")
    with pytest.raises(DetectorDatasetError, match=r"b\.png cannot be read"):
        measure(Scripted({10: Detections.none()}), read_folder(folder))
