"""The exported graphs compute what the network computes."""

import copy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import pytest
import torch

from reid.card import IMAGE_GRAPH, TEXT_GRAPH, read_card
from reid.config import NetworkConfig
from reid.crops import stack_crops
from reid.embedder import Embedder
from reid.errors import WeightsError
from reid.export.graphs import write_image_graph
from reid.export.weights import export_weights
from reid.network.axm_net import AXMNet
from reid.providers import open_session
from reid.text.tokenizer import Tokenizer
from reid.text.vocabulary import Vocabulary
from reid.training.validation import normalise

Draw = Callable[[int], list[npt.NDArray[np.uint8]]]
SENTENCES = [
    "man",
    "a man in a red jacket",
    "a woman with long brown hair, a white blouse, a short skirt and a handbag, no hat",
    "black pants",
    "someone carrying a backpack and an umbrella in blue jeans and sneakers",
    "a person",
    "an old man with grey hair wearing a plaid shirt, brown trousers and leather shoes. He has a cap and sunglasses.",
]


def cosine(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the cosine of each row with the same row of ``other``."""
    product = (one * other).sum(axis=1)
    return np.asarray(product / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1))


def encode_with_torch(network: AXMNet, crops: list[npt.NDArray[np.uint8]]) -> npt.NDArray[np.float32]:
    """Resize as the runtime does, the rest as training does."""
    rgb = stack_crops(crops, network.config.image_hw)[:, :, :, ::-1].copy()
    images = torch.from_numpy(rgb).permute(0, 3, 1, 2).float() / 255
    return np.asarray(network.encode_image(normalise(images)))


@pytest.mark.parametrize("count", [1, 2, 7])
def test_the_image_graph_is_the_image_tower(
    embedder: Embedder, tiny_network: AXMNet, draw_crops: Draw, count: int
) -> None:
    """For any number of crops torch and ONNX Runtime agree, as near as weights stored in half precision allow."""
    crops = draw_crops(count)
    expected, found = encode_with_torch(tiny_network, crops), embedder.encode_image(crops)
    assert cosine(found, expected).min() >= 0.9999
    np.testing.assert_allclose(found, expected, atol=5e-3)


@pytest.mark.parametrize("count", [1, 2, 7])
def test_the_text_graph_is_the_text_tower(
    embedder: Embedder, tiny_network: AXMNet, tiny_vocabulary: Vocabulary, count: int
) -> None:
    """For any number of sentences torch and ONNX Runtime agree, though torch pads less."""
    ids = Tokenizer(tiny_vocabulary, 56)(SENTENCES[:count])
    short = ids[:, : -(-int((ids != 0).sum(axis=1).max()) // 4) * 4]
    expected = np.asarray(tiny_network.encode_text(torch.from_numpy(short)))
    assert cosine(embedder.encode_text(SENTENCES[:count]), expected).min() >= 0.9999


def test_vectors_tell_crops_and_sentences_apart(embedder: Embedder, draw_crops: Draw) -> None:
    """The agreement above is not that of a constant: different inputs have different vectors."""
    for vectors in (embedder.encode_image(draw_crops(7)), embedder.encode_text(SENTENCES)):
        others = ~np.eye(len(vectors), dtype=bool)
        assert (vectors @ vectors.T)[others].max() < 0.999


@pytest.mark.slow
def test_half_precision_is_near(tiny_network: AXMNet, embedder: Embedder, draw_crops: Draw, tmp_path: Path) -> None:
    """A float16 image tower takes the same bytes, gives float32 and hardly turns a vector."""
    copied = AXMNet(tiny_network.config)
    copied.load_state_dict(tiny_network.state_dict())
    write_image_graph(copied, tmp_path / "half.onnx", half=True)
    stacked = stack_crops(draw_crops(7), tiny_network.config.image_hw)
    (found,) = open_session(tmp_path / "half.onnx", "cpu", threads=1).run(None, {"crops": stacked})
    assert found.dtype == np.float32
    assert cosine(found, embedder.encode_image(draw_crops(7))).min() >= 0.999
    kinds = {each.data_type for each in onnx.load(tmp_path / "half.onnx").graph.initializer if each.dims}
    assert onnx.TensorProto.FLOAT16 in kinds


def test_neither_graph_holds_the_other_tower(tiny_weights: Path, tiny_network: AXMNet) -> None:
    """Each graph is a file of its own with one input and one output, no larger than its tower."""
    for name, graph_input, others in (
        (IMAGE_GRAPH, "crops", ("textual", "words", "text_")),
        (TEXT_GRAPH, "token_ids", ("visual", "global_branch", "part_branch")),
    ):
        graph = onnx.load(tiny_weights / name).graph
        assert [each.name for each in graph.input] == [graph_input]
        assert [each.name for each in graph.output] == ["vectors"]
        assert not [each.name for each in graph.initializer if any(other in each.name for other in others)]
        assert all(each.data_location == onnx.TensorProto.DEFAULT for each in graph.initializer)
    assert tiny_network.config == NetworkConfig.from_dict(read_card(tiny_weights).network)


def test_the_card_counts_what_each_tower_is_made_of(tiny_weights: Path, tiny_network: AXMNet) -> None:
    """A tower's parameters are those that its vectors depend on; the gates count in both."""
    network = copy.deepcopy(tiny_network).requires_grad_(requires_grad=True)
    inputs = {
        "image": (network.encode_image, torch.rand(2, 3, *network.config.image_hw)),
        "text": (network.encode_text, torch.ones(2, network.config.token_limit, dtype=torch.int64)),
    }
    for tower, (encode, given) in inputs.items():
        network.zero_grad(set_to_none=True)
        encode(given).sum().backward()
        reached = sum(parameter.numel() for parameter in network.parameters() if parameter.grad is not None)
        assert read_card(tiny_weights).parameters[tower] == reached


def test_exporting_leaves_the_network_alone(tiny_network: AXMNet, tiny_vocabulary: Vocabulary, tmp_path: Path) -> None:
    """A folder that holds something else is refused before the network is touched."""
    (tmp_path / "letters.txt").write_text("dear")
    before = {name: value.clone() for name, value in tiny_network.state_dict().items()}
    with pytest.raises(WeightsError, match="is not a weights folder"):
        export_weights(tiny_network, tiny_vocabulary, tmp_path, "tiny", [])
    assert (tmp_path / "letters.txt").read_text() == "dear"
    assert all(torch.equal(before[name], value) for name, value in tiny_network.state_dict().items())
    assert next(tiny_network.parameters()).dtype == torch.float32
