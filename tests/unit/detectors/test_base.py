"""Detections are what they say, and can be chosen from."""

import numpy as np
import pytest

from detectors.base import Detections
from detectors.errors import DetectorError

TWO = np.array([[0, 0, 10, 20], [5, 5, 9, 30]], np.float32)
SURE = np.array([0.9, 0.4], np.float32)


def test_people_can_be_chosen_by_mask_number_and_slice() -> None:
    """Every way of choosing keeps boxes and confidences together."""
    both = Detections(TWO, SURE)
    for chosen in (both[both.confidence < 0.5], both[np.array([1])], both[1:]):
        assert chosen.xyxy.tolist() == [[5, 5, 9, 30]]
        assert chosen.confidence.tolist() == [np.float32(0.4)]
    assert both.heights.tolist() == [20, 25]


def test_nobody_is_a_valid_answer() -> None:
    """An empty frame's detections have the same shapes, with no rows."""
    assert len(Detections.none()) == 0
    assert Detections.none().heights.shape == (0,)


@pytest.mark.parametrize(
    ("xyxy", "confidence", "words"),
    [
        (TWO.astype(np.float64), SURE, r"xyxy must be float32 of shape \(n, 4\).*float64"),
        (TWO[:, :3], SURE, r"shape \(2, 3\)"),
        (TWO, SURE[:1], r"confidence must be float32 of shape \(2,\).*\(1,\)"),
        (TWO, SURE.astype(np.float64), "float64"),
        (TWO * np.float32(np.nan), SURE, "finite"),
        (TWO[:, [2, 1, 0, 3]], SURE, "left <= right"),
        (TWO, SURE + np.float32(0.2), r"0\.\.1"),
        (TWO, SURE * np.float32(np.nan), r"0\.\.1"),
    ],
    ids=["type", "columns", "rows", "confidence type", "nan", "inside out", "above 1", "nan confidence"],
)
def test_what_no_detector_may_give_is_refused(xyxy: np.ndarray, confidence: np.ndarray, words: str) -> None:
    """Wrong shapes, types and values are errors that say what was expected and found."""
    with pytest.raises(DetectorError, match=words):
        Detections(xyxy, confidence)
