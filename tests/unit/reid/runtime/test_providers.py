"""A session runs where it was asked to, or says why not."""

from pathlib import Path

import pytest

from reid.card import IMAGE_GRAPH
from reid.errors import ConfigurationError, ProviderError, WeightsError
from reid.providers import as_provider, open_session, provider_of


@pytest.fixture
def image_graph(tiny_weights: Path) -> Path:
    """Return the tiny image tower."""
    return tiny_weights / IMAGE_GRAPH


@pytest.fixture
def no_gpu(image_graph: Path) -> None:
    """Skip where a GPU works."""
    if provider_of(open_session(image_graph, "auto")) != "cpu":
        pytest.skip("this machine has a GPU that works; the test is about one without")


@pytest.mark.usefixtures("no_gpu")
def test_auto_falls_back_to_the_cpu_and_says_so(image_graph: Path) -> None:
    """Without a GPU, "auto" is the CPU, and asking tells."""
    assert provider_of(open_session(image_graph, "auto")) == "cpu"


@pytest.mark.usefixtures("no_gpu")
@pytest.mark.parametrize("provider", ["cuda", "tensorrt"])
def test_an_accelerator_is_never_replaced_in_silence(
    image_graph: Path, provider: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whoever asks for a GPU gets one or an error that says what to do; nothing else is printed about it."""
    with pytest.raises(ProviderError, match=rf"(?s)'{provider}' was asked for.*ask for provider 'cpu'"):
        open_session(image_graph, as_provider(provider))
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("provider", ["auto", "cpu"])
def test_a_session_stays_where_it_is(image_graph: Path, provider: str) -> None:
    """ONNX Runtime would move to the CPU in the middle of a run when an accelerator fails; here that is an error."""
    assert open_session(image_graph, as_provider(provider))._enable_fallback is False


def test_the_cpu_is_the_cpu(image_graph: Path) -> None:
    """The CPU can be asked for by name."""
    assert provider_of(open_session(image_graph, "cpu", threads=1)) == "cpu"


@pytest.mark.parametrize("name", ["gpu", "CUDA", "", "cuda:0"])
def test_an_unknown_provider_is_named_with_the_known_ones(image_graph: Path, name: str) -> None:
    """The error lists what can be asked for."""
    with pytest.raises(ConfigurationError, match=rf"auto, cpu, cuda, tensorrt, but got '{name}'"):
        open_session(image_graph, name)  # type: ignore[arg-type]


@pytest.mark.parametrize("content", [None, b"", b"no graph", b"\x08\x08"], ids=["missing", "empty", "text", "cut"])
@pytest.mark.parametrize("provider", ["cpu", "auto"])
def test_what_is_no_graph_is_named(tmp_path: Path, content: bytes | None, provider: str) -> None:
    """A missing or damaged file is an error that names it, whatever it should have run on."""
    path = tmp_path / "image.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"image\.onnx"):
        open_session(path, as_provider(provider))
