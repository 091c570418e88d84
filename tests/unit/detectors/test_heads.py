"""Boxes of public heads land where the network saw something."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from detectors import yolo
from detectors.graph import GraphDetector
from detectors.open import open_detector

Image = npt.NDArray[np.uint8]


@pytest.mark.parametrize("family", ["yolox", "yolo"])
def test_a_bright_cell_gets_its_box(
    family: str, request: pytest.FixtureRequest, bright_frame: Callable[..., Image]
) -> None:
    """A white square of the network's cell becomes a box around that cell, clipped to the frame."""
    detector = open_detector(request.getfixturevalue(f"{family}_graph"), "cpu", threads=1)
    (found,) = detector.detect([bright_frame((64, 64), (16, 24), (0, 56))])
    boxes = sorted(found.xyxy.tolist())
    np.testing.assert_allclose(boxes, [[0, 44, 12, 64], [12, 12, 28, 44]], atol=1e-3)
    np.testing.assert_allclose(found.confidence, 1.0)


@pytest.mark.parametrize("family", ["yolox", "yolo"])
def test_boxes_come_back_from_the_letterbox(family: str, request: pytest.FixtureRequest) -> None:
    """A frame twice as wide as the canvas is shrunk into it, and its boxes are stretched again."""
    detector = open_detector(request.getfixturevalue(f"{family}_graph"), "cpu", threads=1)
    frame = np.zeros((64, 128, 3), np.uint8)
    frame[16:32, 64:80] = 255  # one cell of the canvas, which is half as large
    (found,) = detector.at(0.9).detect([frame])
    np.testing.assert_allclose(found.xyxy, [[56, 0, 88, 56]], atol=1e-3)


def test_a_finished_head_keeps_people_only() -> None:
    """Of detections that a graph has finished itself, class 0 are the people."""
    rows = np.array([[1, 2, 3, 4, 0.9, 0], [5, 6, 7, 8, 0.8, 2], [0, 0, 9, 9, 0.4, 0]], np.float32)
    xyxy, confidence = yolo.decode_final(rows, (64, 64))
    assert xyxy.tolist() == [[1, 2, 3, 4], [0, 0, 9, 9]]
    np.testing.assert_allclose(confidence, [0.9, 0.4])


def test_wild_numbers_become_no_boxes(yolox_graph: Path) -> None:
    """Sizes beyond float32 are cut off in decoding instead of warning or becoming infinite."""
    from detectors.yolox import decode

    cells = np.full((84, 85), 500.0, np.float32)
    xyxy, _ = decode(cells, (64, 64))
    assert np.isfinite(xyxy).all()
    assert yolox_graph.exists()


@pytest.mark.parametrize("wild", [np.inf, -np.inf, np.nan])
def test_boxes_at_infinity_are_nobody(yolo_graph: Path, wild: float) -> None:
    """Where a network says that a person's middle is no place, there is no box, and nothing is warned of."""
    detector = open_detector(yolo_graph, "cpu", threads=1)
    assert isinstance(detector, GraphDetector)
    output = np.full((14, 84), 0.9, np.float32)
    output[:2] = wild
    (view,) = detector._views(0, np.zeros((64, 64, 3), np.uint8))
    xyxy, confidence = detector._candidates(output, view)
    assert (xyxy.shape, confidence.shape) == ((0, 4), (0,))
