"""Ultralytics models of any generation, from .pt or .engine files; needs the extra ``ultralytics`` (AGPL-3.0)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from ultralytics import YOLO

from detectors.base import Detections, Frame, check_confidence, check_frames
from detectors.boxes import clip
from detectors.errors import DetectorProviderError, DetectorSettingError, DetectorWeightsError
from detectors.providers import PROVIDERS

_PERSON_CLASS = 0
_CONFIDENCE = 0.3
_MOST_OVERLAP = 0.6
_DEVICES = {"cpu": "cpu", "cuda": "cuda:0", "tensorrt": "cuda:0"}


class UltralyticsDetector:
    """Runs a model through Ultralytics' own predictor; see :class:`detectors.base.Detector` for what it promises.

    Args:
        path: a .pt or .engine file.
        provider: auto, cpu, cuda or tensorrt; an .engine file is always TensorRT.
        confidence: threshold; None for 0.3.

    Raises:
        DetectorSettingError: ``provider`` or ``confidence`` is out of range.
        DetectorProviderError: the provider asked for is not there.
        DetectorWeightsError: the file is missing or no model of Ultralytics.
    """

    def __init__(self, path: Path, provider: str = "auto", confidence: float | None = None) -> None:
        if not path.is_file():
            raise DetectorWeightsError(f"there is no detector at {path}; give 'compact' or the path of a file")
        self._provider = _settle(path, provider)
        self._confidence = check_confidence(_CONFIDENCE if confidence is None else confidence)
        self._name = path.stem
        try:
            self._model: Any = YOLO(str(path), task="detect")
        except Exception as error:
            raise DetectorWeightsError(f"{path} cannot be loaded as a model of Ultralytics: {error}") from error

    @property
    def name(self) -> str:
        """Return the name of the model's file, without its ending."""
        return self._name

    @property
    def provider(self) -> str:
        """Return where the model runs: cpu, cuda or tensorrt."""
        return self._provider

    @property
    def confidence(self) -> float:
        """Return the confidence, 0..1, from which a person is told of."""
        return self._confidence

    def at(self, confidence: float) -> Self:
        """Return the same detector, its model shared, with another threshold."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._confidence = check_confidence(confidence)
        return other

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """Return the people of each frame, in the order of the frames."""
        check_frames(frames)
        # One by one: Ultralytics pads a mixed batch to a common shape, and a frame's boxes would depend on the others.
        return [self._people(frame) for frame in frames]

    def _people(self, frame: Frame) -> Detections:
        (result,) = self._model.predict(
            np.ascontiguousarray(frame),
            conf=self._confidence,
            iou=_MOST_OVERLAP,
            classes=[_PERSON_CLASS],
            device=_DEVICES[self._provider],
            verbose=False,
        )
        xyxy = result.boxes.xyxy.cpu().numpy().astype(np.float32).reshape(-1, 4)
        confidence = result.boxes.conf.cpu().numpy().astype(np.float32).clip(0.0, 1.0)
        best = np.argsort(-confidence, kind="stable")
        return Detections(clip(xyxy[best], (frame.shape[1], frame.shape[0])), confidence[best])


def _settle(path: Path, provider: str) -> str:
    """Return where the model will run, having made sure that it can."""
    if provider not in PROVIDERS:
        raise DetectorSettingError(f"a detector's provider must be one of {', '.join(PROVIDERS)}, but is '{provider}'")
    engine = path.suffix == ".engine"
    if provider == "tensorrt" and not engine:
        raise DetectorSettingError(f"{path} runs on TensorRT after an export only: yolo export format=engine")
    wanted = "tensorrt" if engine else provider
    if wanted == "cpu" or _cuda_works():
        return "cuda" if wanted == "auto" else wanted
    if wanted == "auto":
        return "cpu"
    raise DetectorProviderError(
        f"the detector {path.name} was to run on '{wanted}', but CUDA does not work here: install the driver, or ask "
        "for 'cpu' or 'auto' and a .pt file"
    )


def _cuda_works() -> bool:
    from ultralytics.utils.checks import cuda_is_available  # noqa: PLC0415 - asks the driver, so only when needed

    return bool(cuda_is_available())
