"""Opens a detector by its name or its file."""

from pathlib import Path

from detectors.base import ThresholdDetector
from detectors.compact import WEIGHTS
from detectors.errors import DetectorSettingError
from detectors.graph import GraphDetector

COMPACT = "compact"


def open_detector(
    name_or_path: str | Path, provider: str = "auto", *, confidence: float | None = None, threads: int = 0
) -> ThresholdDetector:
    """Open a detector.

    Args:
        name_or_path: ``compact`` for the one that ships, or the path of an .onnx, .pt or .engine file; the last two
            need the extra ``ultralytics``, which is AGPL-3.0.
        provider: ``auto`` takes CUDA where it works, else the CPU, and ``Detector.provider`` says which; ``cpu``,
            ``cuda`` and ``tensorrt`` are binding.
        confidence: threshold, 0..1; None for the detector's own.
        threads: CPU threads within one operator; 0 for one a core.

    Raises:
        DetectorSettingError: the name, the ending, the provider or the threshold is not known or out of range.
        DetectorProviderError: the accelerator asked for is not there.
        DetectorWeightsError: the file is missing, damaged or of a head that is not known.
        ModuleNotFoundError: the file needs the extra ``ultralytics``, which is not installed.
    """
    path = WEIGHTS if str(name_or_path) == COMPACT else Path(name_or_path)
    if path.suffix == ".onnx":
        return GraphDetector(path, provider, confidence, threads)
    if path.suffix in (".pt", ".engine"):
        from detectors.ultralytics_yolo import UltralyticsDetector  # noqa: PLC0415 - AGPL, and brings torch

        return UltralyticsDetector(path, provider, confidence)
    raise DetectorSettingError(
        f"a detector must be '{COMPACT}' or a file that ends in .onnx, .pt or .engine, but is '{name_or_path}'"
    )
