"""The bench and the export, as they are called from the command line."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from pipeline.cli import app
from reid.card import read_card
from reid.embedder import Embedder
from reid.errors import WeightsError
from reid.export.weights import export_weights
from reid.network.axm_net import AXMNet
from reid.text.vocabulary import Vocabulary

pytestmark = pytest.mark.slow  # torch takes its time to write a graph


def run(*arguments: object) -> str:
    """Call ``lookout`` in this process; its own errors come out as they were raised."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None:
        raise result.exception
    return result.stdout


@pytest.fixture(scope="module")
def report(tiny_weights: Path) -> dict[str, Any]:
    """Return what the bench says of the tiny weights."""
    told = run("bench", "embed", "--provider", "cpu", "--threads", 1, "--weights", tiny_weights, "--json")
    return dict(json.loads(told))


def test_the_bench_names_what_it_measured(report: dict[str, Any], tiny_weights: Path) -> None:
    """The report says which weights ran where."""
    assert report["model_id"] == read_card(tiny_weights).model_id
    assert report["provider"] == "cpu"


def test_every_rate_is_a_rate(report: dict[str, Any]) -> None:
    """There is a positive number of crops a second for each batch size and each peer."""
    rates = [f"crops_per_s_batch_{size}" for size in (1, 8, 64, 256)] + ["torch_eager", "osnet_x1_onnxruntime"]
    assert all(report[name] > 0 for name in rates)


def test_ratios_are_of_the_same_run(report: dict[str, Any]) -> None:
    """A ratio is the rate at batch 64 over the peer's in the same report."""
    for peer in ("torch_eager", "osnet_x1_onnxruntime"):
        expected = report["crops_per_s_batch_64"] / report[peer]
        assert report[f"ratio_to_{peer}"] == pytest.approx(expected, rel=0.02)


@pytest.fixture
def checkpoint(tiny_network: AXMNet, tiny_vocabulary: Vocabulary, tmp_path: Path) -> Path:
    """Return the tiny network as what a training run leaves of it for an export."""
    state = {
        "name": "tiny",
        "trained_on": ["nothing: its weights are random"],
        "words": list(tiny_vocabulary.words),
        "config": tiny_network.config.to_dict(),
        "average": tiny_network.state_dict(),
    }
    torch.save(state, tmp_path / "best.pt")
    return tmp_path / "best.pt"


def test_weights_without_numbers_replace_none(
    tiny_network: AXMNet, tiny_vocabulary: Vocabulary, tiny_weights: Path, tmp_path: Path
) -> None:
    """A network whose half precision overflows is refused, and the folder that was there stays as it was."""
    folder = shutil.copytree(tiny_weights, tmp_path / "weights")
    large = AXMNet(tiny_network.config)
    large.load_state_dict(tiny_network.state_dict())
    with torch.no_grad():
        next(m for m in large.trunk.modules() if isinstance(m, torch.nn.BatchNorm2d)).weight.fill_(1e6)
    with pytest.raises(WeightsError, match="no numbers; export it without --half"):
        export_weights(large, tiny_vocabulary, folder, "large", [], half=True)
    assert read_card(folder) == read_card(tiny_weights)


def test_an_export_in_half_precision_is_a_weights_folder(checkpoint: Path, tiny_weights: Path, tmp_path: Path) -> None:
    """``lookout export --half`` prints the id it wrote; its card says fp16, and its vectors are nearly those of fp32."""
    printed = run("export", checkpoint, tmp_path / "half", "--half")
    card = read_card(tmp_path / "half")
    assert printed == f"{tmp_path / 'half'} holds {card.model_id}, fp16\n"
    assert card.trained_on == ["nothing: its weights are random"]
    assert card.model_id != read_card(tiny_weights).model_id
    crops = list(np.random.default_rng(1).integers(0, 256, (4, 64, 32, 3), np.uint8))
    half, full = (Embedder(folder, "cpu", 1).encode_image(crops) for folder in (tmp_path / "half", tiny_weights))
    cosine = (half * full).sum(axis=1) / np.linalg.norm(half, axis=1) / np.linalg.norm(full, axis=1)
    assert cosine.min() >= 0.999
