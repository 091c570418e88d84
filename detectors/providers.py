"""Detectors' graphs on the accelerator that was asked for; see :mod:`onnx_graphs.session`."""

from pathlib import Path

import onnxruntime as ort

from detectors.errors import DetectorProviderError, DetectorSettingError, DetectorWeightsError
from onnx_graphs.session import Opener, Provider, provider_of

__all__ = ["as_provider", "open_session", "provider_of"]

_OPENER = Opener(DetectorSettingError, DetectorProviderError, DetectorWeightsError)


def open_session(graph: Path, provider: str, threads: int = 0) -> ort.InferenceSession:
    """Load a detector's graph.

    Args:
        graph: an ONNX file.
        provider: ``auto`` takes CUDA where it works, else the CPU; ``cpu``, ``cuda`` and ``tensorrt`` are binding.
        threads: CPU threads within one operator; 0 for one a core.

    Raises:
        DetectorSettingError: the provider is none of these.
        DetectorProviderError: the session would run elsewhere than asked for.
        DetectorWeightsError: the file is missing, or cannot be loaded as a graph.
    """
    if not graph.is_file():
        raise DetectorWeightsError(f"there is no detector at {graph}; give 'compact' or the path of a file")
    return _OPENER.open(graph, provider, threads)


def as_provider(name: str) -> Provider:
    """Return ``name`` as a provider.

    Raises:
        DetectorSettingError: it is none of the known ones.
    """
    return _OPENER.known(name)
