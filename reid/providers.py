"""The towers' graphs on the accelerator that was asked for; see :mod:`onnx_graphs.session`."""

from pathlib import Path

import onnxruntime as ort

from onnx_graphs.session import Opener, Provider, provider_of
from reid.errors import ConfigurationError, ProviderError, WeightsError

__all__ = ["Provider", "as_provider", "open_session", "provider_of"]

_OPENER = Opener(ConfigurationError, ProviderError, WeightsError)


def open_session(graph: Path, provider: Provider, threads: int = 0) -> ort.InferenceSession:
    """Load a tower's graph.

    Args:
        graph: an ONNX file.
        provider: ``auto`` takes CUDA where it works, else the CPU; the others are taken at their word.
        threads: CPU threads within one operator; 0 for one a core.

    Raises:
        ConfigurationError: ``provider`` is none of the known ones.
        ProviderError: the provider asked for is not the one the session runs on.
        WeightsError: the file is not a graph that can be loaded.
    """
    return _OPENER.open(graph, provider, threads)


def as_provider(name: str) -> Provider:
    """Return ``name`` as a provider.

    Raises:
        ConfigurationError: it is none of the known ones.
    """
    return _OPENER.known(name)
