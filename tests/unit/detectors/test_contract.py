"""What every detector promises; see ``detectors.base.Detector``."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from detectors.base import Detections, ThresholdDetector
from detectors.errors import DetectorFrameError, DetectorSettingError

Image = npt.NDArray[np.uint8]


def assert_same(one: Detections, other: Detections) -> None:
    """Compare up to what a batch's other order of summing changes."""
    assert len(one) == len(other)
    np.testing.assert_allclose(one.xyxy, other.xyxy, atol=0.05)
    np.testing.assert_allclose(one.confidence, other.confidence, atol=1e-3)


@pytest.fixture(scope="module")
def frames(street_frames: list[Any], bright_frame: Callable[..., Image]) -> list[Image]:
    """Return frames of five sizes, some of them equal, with something to see for every detector."""
    streets = [image for image, _, _ in street_frames[:4]]
    return [
        *streets,
        streets[0][40:340, 100:460],
        bright_frame((64, 64), (16, 24)),
        streets[1][:, ::2],
        bright_frame((128, 64), (0, 0), (64, 24)),
    ]


def test_a_batch_sees_what_each_frame_alone_shows(detector: ThresholdDetector, frames: list[Image]) -> None:
    """A frame's detections do not depend on the frames beside it, whatever their sizes."""
    together = detector.detect(frames)
    assert len(together) == len(frames)
    assert sum(map(len, together)) > 0
    for frame, found in zip(frames, together, strict=True):
        assert_same(found, detector.detect([frame])[0])


def test_order_is_the_frames_order(detector: ThresholdDetector, frames: list[Image]) -> None:
    """Reversed frames give reversed detections."""
    forwards, backwards = detector.detect(frames), detector.detect(frames[::-1])
    for one, other in zip(forwards, backwards[::-1], strict=True):
        assert_same(one, other)


def test_boxes_lie_within_their_frame_best_first(detector: ThresholdDetector, frames: list[Image]) -> None:
    """No box leaves its frame, none is below the threshold, and the most confident comes first."""
    for frame, found in zip(frames, detector.detect(frames), strict=True):
        height, width = frame.shape[:2]
        assert (found.xyxy >= 0).all()
        assert (found.xyxy <= [width, height, width, height]).all()
        assert (np.diff(found.confidence) <= 0).all()
        assert (found.confidence >= detector.confidence).all()


def test_no_frames_give_no_detections(detector: ThresholdDetector) -> None:
    """An empty batch is an empty list."""
    assert detector.detect([]) == []


@pytest.mark.parametrize("size_hw", [(1, 1), (2, 900), (900, 2), (31, 33)])
@pytest.mark.parametrize("shade", [0, 128, 255])
def test_blank_frames_of_any_shape_are_answered(
    detector: ThresholdDetector, size_hw: tuple[int, int], shade: int
) -> None:
    """A frame as small as one pixel or as thin as a thread is no reason to fail."""
    (found,) = detector.detect([np.full((*size_hw, 3), shade, np.uint8)])
    assert found.xyxy.shape == (len(found), 4)


@pytest.mark.parametrize("shade", [0, 114, 128, 255])
def test_nobody_is_in_a_blank_frame(detector: ThresholdDetector, shade: int) -> None:
    """One shade all over is nobody, for every detector that does not look for white."""
    if detector.name != "compact" and shade > 64:
        pytest.skip("this test's own graph takes bright for a person")
    height, width = (360, 640) if detector.name == "compact" else (64, 64)  # no grey border for this test's graphs
    assert len(detector.detect([np.full((height, width, 3), shade, np.uint8)])[0]) == 0


@pytest.mark.parametrize(
    "frame",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((4, 0, 3), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        None,
    ],
    ids=["grey", "alpha", "no rows", "no columns", "float", "none"],
)
def test_what_is_no_image_is_named(detector: ThresholdDetector, frame: Any) -> None:
    """A damaged frame is an error that tells its number, its type and what was expected."""
    good = np.zeros((8, 8, 3), np.uint8)
    with pytest.raises(DetectorFrameError, match=r"uint8 of shape \(H, W, 3\).*frame 1 of 2 is"):
        detector.detect([good, frame])


def test_a_view_into_another_array_is_a_frame(detector: ThresholdDetector, frames: list[Image]) -> None:
    """Memory order and strides of a frame make no difference."""
    mirrored = frames[0][:, ::-1]
    assert_same(detector.detect([mirrored])[0], detector.detect([np.ascontiguousarray(mirrored)])[0])


def test_a_higher_threshold_keeps_the_best(detector: ThresholdDetector, frames: list[Image]) -> None:
    """Raising the threshold only leaves out the less confident; the first detector keeps its own."""
    own = detector.confidence
    strict, lax = detector.at(0.6), detector.at(0.05)
    for few, many in zip(strict.detect(frames), lax.detect(frames), strict=True):
        assert_same(few, many[many.confidence >= 0.6])
    assert detector.confidence == own


@pytest.mark.parametrize("confidence", [-0.1, 1.1, float("nan")])
def test_a_threshold_is_a_share(detector: ThresholdDetector, confidence: float) -> None:
    """A threshold outside 0..1 is refused."""
    with pytest.raises(DetectorSettingError, match=r"within 0\.\.1"):
        detector.at(confidence)


def test_a_detector_says_who_it_is_and_where_it_runs(detector: ThresholdDetector) -> None:
    """Name and provider are what logs and records may say about it."""
    assert detector.name in {"compact", "tiny_yolox", "tiny_yolo"}
    assert detector.provider == "cpu"
