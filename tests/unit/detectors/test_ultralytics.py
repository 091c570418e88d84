"""Models of Ultralytics through its own package, where somebody has installed it; CI has not."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detectors.base import Detections
from detectors.errors import DetectorProviderError, DetectorSettingError, DetectorWeightsError
from detectors.open import open_detector


@pytest.fixture(scope="module")
def fresh_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a YOLO11n that has learned nothing, or skip."""
    package: Any = pytest.importorskip("ultralytics", reason="the extra ultralytics, AGPL-3.0, is not installed")
    path = tmp_path_factory.mktemp("models") / "fresh.pt"
    package.YOLO("yolo11n.yaml").save(str(path))
    return path


def test_a_model_of_ultralytics_keeps_the_contract(fresh_model: Path) -> None:
    """Frames of several sizes are answered one by one, within the frame and best first, as from any detector."""
    rng = np.random.default_rng(3)
    frames = [rng.integers(0, 256, (*size, 3)).astype(np.uint8) for size in ((120, 300), (480, 360))]
    detector = open_detector(fresh_model, "cpu").at(0.0)
    together = detector.detect(frames)
    assert detector.provider == "cpu"
    assert sum(map(len, together)) > 0
    for frame, found in zip(frames, together, strict=True):
        assert isinstance(found, Detections)
        assert (np.diff(found.confidence) <= 0).all()
        assert (found.xyxy <= np.tile(frame.shape[1::-1], 2)).all()
        assert detector.detect([frame])[0].xyxy.tolist() == found.xyxy.tolist()


def test_what_a_model_of_ultralytics_cannot_do_is_named(fresh_model: Path, tmp_path: Path) -> None:
    """A damaged file, TensorRT without an export, and CUDA where there is none are errors."""
    (tmp_path / "cut.pt").write_bytes(fresh_model.read_bytes()[:100])
    with pytest.raises(DetectorWeightsError, match=r"cut\.pt"):
        open_detector(tmp_path / "cut.pt", "cpu")
    with pytest.raises(DetectorSettingError, match="after an export"):
        open_detector(fresh_model, "tensorrt")
    if open_detector(fresh_model, "auto").provider == "cpu":
        with pytest.raises(DetectorProviderError, match="CUDA does not work here"):
            open_detector(fresh_model, "cuda")
