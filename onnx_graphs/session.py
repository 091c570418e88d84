"""ONNX Runtime sessions on the accelerator that was asked for, or an error; never a silent fallback."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

import onnxruntime as ort

Provider = Literal["auto", "cpu", "cuda", "tensorrt"]
PROVIDERS: tuple[str, ...] = get_args(Provider)

_CPU = "CPUExecutionProvider"
_WANTED = {
    "cpu": [_CPU],
    "cuda": ["CUDAExecutionProvider", _CPU],
    # CUDA takes the operators TensorRT leaves over.
    "tensorrt": ["TensorrtExecutionProvider", "CUDAExecutionProvider", _CPU],
}
_SHORT = {names[0]: short for short, names in _WANTED.items()}
_FATAL = 4  # ONNX Runtime's own severity: that a provider cannot be had is told once, by the error


@dataclass(frozen=True, slots=True)
class Opener:
    """Opens graphs for one package, and fails with that package's own errors.

    Attributes:
        setting: raised where the provider is none of ``PROVIDERS``.
        provider: raised where a session would run elsewhere than asked for.
        weights: raised where a file cannot be loaded as a graph.
    """

    setting: type[Exception]
    provider: type[Exception]
    weights: type[Exception]

    def known(self, name: str) -> Provider:
        """Return ``name`` as a provider.

        Raises:
            Exception: ``setting``, where it is none of the known ones.
        """
        if name not in PROVIDERS:
            raise self.setting(f"a provider must be one of {', '.join(PROVIDERS)}, but is '{name}'")
        return cast("Provider", name)

    def open(self, graph: Path, provider: str, threads: int = 0) -> ort.InferenceSession:
        """Load a graph.

        Args:
            graph: an ONNX file.
            provider: ``auto`` takes CUDA where it works, else the CPU; ``cpu``, ``cuda`` and ``tensorrt`` are binding.
            threads: CPU threads within one operator; 0 for one a core.

        Raises:
            Exception: one of the three above.
        """
        wanted = "cuda" if self.known(provider) == "auto" else provider
        try:
            session = self._load(graph, wanted, threads)
        except self.provider:
            if provider != "auto":
                raise
            session = self._load(graph, "cpu", threads)
        if provider not in ("auto", provider_of(session)):
            raise self.provider(
                f"{graph.name} was to run on '{provider}', but it runs on '{provider_of(session)}': install the "
                "matching driver, CUDA and cuDNN, or ask for 'cpu' or 'auto'"
            )
        return session

    def _load(self, graph: Path, wanted: str, threads: int) -> ort.InferenceSession:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = _FATAL
        if wanted != "cpu":
            ort.set_default_logger_severity(_FATAL)
        present = [name for name in _WANTED[wanted] if name in ort.get_available_providers()]
        try:
            # Its own fallback would go on elsewhere when a provider fails, now or in the middle of a run, and print so.
            return ort.InferenceSession(str(graph), options, providers=present, enable_fallback=0)
        except Exception as error:  # whatever ONNX Runtime throws at a damaged file, it has no common parent
            if wanted != "cpu" and isinstance(error, ValueError | RuntimeError):  # said of a provider, never of a graph
                raise self.provider(
                    f"{graph.name} was to run on '{wanted}', which does not work here ({error}): install what it "
                    "needs, or ask for 'cpu' or 'auto'"
                ) from error
            raise self.weights(f"{graph} cannot be loaded as an ONNX graph: {error}") from error


def provider_of(session: ort.InferenceSession) -> str:
    """Return where a session really runs: cpu, cuda or tensorrt."""
    first = session.get_providers()[0]
    return str(_SHORT.get(first, first))
