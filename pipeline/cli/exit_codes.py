"""What the exit code of ``lookout`` says; docs/errors.md says it to operators."""

from detectors.errors import (
    DetectorDatasetError,
    DetectorError,
    DetectorFrameError,
    DetectorProviderError,
    DetectorSettingError,
    DetectorWeightsError,
)
from pipeline.errors import (
    BackgroundError,
    DamagedError,
    LogError,
    PipelineError,
    SettingsError,
    SourceError,
    StoreError,
    UnknownAlertError,
    UnknownCameraError,
    UnknownEntryError,
    UnknownLetterError,
)
from reid.errors import (
    ConfigurationError,
    CropError,
    DatasetError,
    ProviderError,
    ReidError,
    SentenceError,
    WeightsError,
)

FAILED = 1
MISSING_PACKAGE = 7
INTERRUPTED = 130  # as a shell says of what Ctrl-C has ended

Ours = PipelineError | ReidError | DetectorError
OURS = (PipelineError, ReidError, DetectorError)  # what lookout raises on purpose

EXIT_CODES: dict[type[Ours], int] = {
    PipelineError: FAILED,
    ReidError: FAILED,
    DetectorError: FAILED,
    ConfigurationError: 2,  # as typer exits when an option is wrong: the same mistake, found later
    DatasetError: 3,
    CropError: 4,
    SentenceError: 4,
    WeightsError: 5,
    ProviderError: 6,
    SettingsError: 2,
    SourceError: 3,
    BackgroundError: 5,
    DamagedError: 8,
    LogError: 9,
    StoreError: 9,
    UnknownEntryError: FAILED,
    UnknownAlertError: FAILED,
    UnknownCameraError: FAILED,
    UnknownLetterError: FAILED,
    DetectorSettingError: 2,
    DetectorDatasetError: 3,
    DetectorFrameError: 3,
    DetectorWeightsError: 5,
    DetectorProviderError: 6,
}

# The extra that brings a package which the runtime install leaves out.
_EXTRAS = {
    "onnx": "train",
    "onnxscript": "train",
    "safetensors": "bert",
    "tensorboard": "train",
    "torch": "train",
    "transformers": "bert",
    "ultralytics": "ultralytics",
}


def exit_code(error: Ours) -> int:
    """Return the exit code of the nearest class of ``error`` that has one."""
    return next(EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES)


def missing_extra(error: ModuleNotFoundError) -> str | None:
    """Return the extra that would have brought the missing module, or None when no extra would."""
    return _EXTRAS.get((error.name or "").partition(".")[0])
