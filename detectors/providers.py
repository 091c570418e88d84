"""ONNX Runtime sessions for detectors on the accelerator that was asked for, or an error."""

from pathlib import Path

import onnxruntime as ort

from detectors.errors import DetectorProviderError, DetectorSettingError, DetectorWeightsError

PROVIDERS = ("auto", "cpu", "cuda", "tensorrt")

_CPU = "CPUExecutionProvider"
_ASKED = {
    "cpu": [_CPU],
    "cuda": ["CUDAExecutionProvider", _CPU],
    # CUDA takes the operators TensorRT leaves over.
    "tensorrt": ["TensorrtExecutionProvider", "CUDAExecutionProvider", _CPU],
}
_SHORT = {names[0]: short for short, names in _ASKED.items()}
_FATAL = 4  # severity: that a provider cannot be had is told once, by the error below


def open_session(graph: Path, provider: str, threads: int = 0) -> ort.InferenceSession:
    """Load a detector's graph.

    Args:
        graph: an ONNX file.
        provider: ``auto`` takes CUDA where it works, else the CPU; ``cpu``, ``cuda`` and ``tensorrt`` are binding.
        threads: CPU threads within one operator; 0 for one a core.

    Raises:
        DetectorSettingError: the provider is none of these.
        DetectorProviderError: the session would run elsewhere than asked for.
        DetectorWeightsError: the file cannot be loaded as a graph.
    """
    if provider not in PROVIDERS:
        raise DetectorSettingError(f"a detector's provider must be one of {', '.join(PROVIDERS)}, but is '{provider}'")
    asked = "cuda" if provider == "auto" else provider
    try:
        session = _load(graph, asked, threads)
    except DetectorProviderError:
        if provider != "auto":
            raise
        session = _load(graph, "cpu", threads)
    if provider not in ("auto", runs_on(session)):
        raise DetectorProviderError(
            f"the detector {graph.name} was to run on '{provider}', but it runs on '{runs_on(session)}': install the "
            "matching driver, CUDA and cuDNN, or ask for 'cpu' or 'auto'"
        )
    return session


def runs_on(session: ort.InferenceSession) -> str:
    """Return where a session really runs: cpu, cuda or tensorrt."""
    first = session.get_providers()[0]
    return str(_SHORT.get(first, first))


def _load(graph: Path, asked: str, threads: int) -> ort.InferenceSession:
    if not graph.is_file():
        raise DetectorWeightsError(f"there is no detector at {graph}; give 'compact' or the path of a file")
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = _FATAL
    wanted = _ASKED[asked]
    if asked != "cpu":
        ort.set_default_logger_severity(_FATAL)
    present = [name for name in wanted if name in ort.get_available_providers()]
    try:
        # Its own fallback would go on elsewhere when a provider fails, now or in the middle of a run, and print so.
        return ort.InferenceSession(str(graph), options, providers=present, enable_fallback=0)
    except Exception as error:  # whatever ONNX Runtime throws at a damaged file, it has no common parent
        if asked != "cpu" and isinstance(error, ValueError | RuntimeError):  # said of a provider, never of a graph
            raise DetectorProviderError(
                f"the detector {graph.name} was to run on {asked!r}, which does not work here ({error}): install what "
                "it needs, or ask for 'cpu' or 'auto'"
            ) from error
        raise DetectorWeightsError(f"{graph} cannot be loaded as an ONNX graph: {error}") from error
