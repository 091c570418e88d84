"""ONNX Runtime sessions on the accelerator that was asked for, or an error; never a silent fallback."""

from pathlib import Path
from typing import Literal, cast, get_args

import onnxruntime as ort

from reid.errors import ConfigurationError, ProviderError, WeightsError

Provider = Literal["auto", "cpu", "cuda", "tensorrt"]

_NAMES = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
}
_SHORT = {name: short for short, name in _NAMES.items()}
_FATAL = 4  # ONNX Runtime's own severity: a failed provider is reported by us, once


def open_session(graph: Path, provider: Provider, threads: int = 0) -> ort.InferenceSession:
    """Load a graph.

    Args:
        graph: an ONNX file.
        provider: ``auto`` takes CUDA where it works, else the CPU; the others are taken at their word.
        threads: CPU threads within one operator; 0 for one a core.

    Raises:
        ConfigurationError: ``provider`` is none of the known ones.
        ProviderError: the provider asked for is not the one the session runs on.
        WeightsError: the file is not a graph that can be loaded.
    """
    as_provider(provider)
    wanted = "cuda" if provider == "auto" else provider
    try:
        session = _load(graph, wanted, threads)
    except ProviderError:
        if provider != "auto":
            raise
        session = _load(graph, "cpu", threads)
    if provider != "auto" and provider_of(session) != wanted:
        raise ProviderError(
            f"provider {wanted!r} was asked for, but {graph.name} runs on {provider_of(session)!r}: install the "
            "matching driver, CUDA and cuDNN, or ask for provider 'cpu'"
        )
    return session


def as_provider(name: str) -> Provider:
    """Return ``name`` as a provider.

    Raises:
        ConfigurationError: it is none of the known ones.
    """
    if name not in get_args(Provider):
        raise ConfigurationError(f"provider must be one of {', '.join(get_args(Provider))}, but got {name!r}")
    return cast("Provider", name)


def provider_of(session: ort.InferenceSession) -> str:
    """Return the provider a session really runs on: cpu, cuda or tensorrt."""
    name = session.get_providers()[0]
    return str(_SHORT.get(name, name))


def _load(graph: Path, wanted: str, threads: int) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = _FATAL
    names = [_NAMES[wanted]]
    if wanted == "tensorrt":
        names.append(_NAMES["cuda"])  # for the operators TensorRT leaves over
    if wanted != "cpu":
        ort.set_default_logger_severity(_FATAL)
        names = [name for name in names if name in ort.get_available_providers()]
        names.append(_NAMES["cpu"])
    try:
        # Its own fallback would go on elsewhere when a provider fails, now or in the middle of a run, and print so.
        return ort.InferenceSession(str(graph), options, providers=names, enable_fallback=0)
    except Exception as error:
        if wanted != "cpu" and isinstance(error, ValueError | RuntimeError):  # said of a provider, never of a graph
            raise ProviderError(
                f"provider {wanted!r} was asked for, but does not work here ({error}): install what it needs, or ask "
                "for provider 'cpu'"
            ) from error
        raise WeightsError(f"{graph} cannot be loaded as an ONNX graph: {error}") from error
