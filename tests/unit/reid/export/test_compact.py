"""Weights stored in half the bytes compute nearly what they computed before."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from reid.export.compact import compact_weights
from reid.providers import open_session

Floats = npt.NDArray[np.float32]


def write_layers(path: Path, weights: Floats) -> None:
    """Write a graph that multiplies (n, rows) by ``weights``, adds a bias and cuts off what is negative."""
    tensors = {
        "weights": weights,
        "bias": np.linspace(-0.5, 0.5, weights.shape[1], dtype=np.float32),
        "count": np.arange(2000, dtype=np.int64),
    }
    nodes = [
        helper.make_node("MatMul", ["x", "weights"], ["product"]),
        helper.make_node("Add", ["product", "bias"], ["sum"]),
        helper.make_node("Relu", ["sum"], ["vectors"]),
        helper.make_node("Shape", ["count"], ["length"]),
    ]
    graph = helper.make_graph(
        nodes,
        "layers",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", weights.shape[0]])],
        [
            helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["n", weights.shape[1]]),
            helper.make_tensor_value_info("length", TensorProto.INT64, [1]),
        ],
        [numpy_helper.from_array(values, name) for name, values in tensors.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.save(model, str(path))


def run(path: Path, x: Floats) -> Floats:
    """Return what the graph computes."""
    result: Floats = open_session(path, "cpu", threads=1).run(["vectors"], {"x": x})[0]
    return result


def stored(path: Path) -> dict[str, int]:
    """Return the type of each stored tensor by its name."""
    return {each.name: each.data_type for each in onnx.load(str(path)).graph.initializer}


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    """Return a graph with 64x128 weights."""
    write_layers(tmp_path / "layers.onnx", np.random.default_rng(1).normal(0, 0.1, (64, 128)).astype(np.float32))
    return tmp_path / "layers.onnx"


@pytest.fixture
def inputs() -> Floats:
    """Return 50 rows of chance."""
    return np.random.default_rng(2).normal(0, 1, (50, 64)).astype(np.float32)


def test_vectors_hardly_turn(graph: Path, inputs: Floats) -> None:
    """Every vector keeps its direction to a cosine of 0.9999, and its type."""
    before = run(graph, inputs)
    compact_weights(graph)
    after = run(graph, inputs)
    cosine = (before * after).sum(axis=1) / np.linalg.norm(before, axis=1) / np.linalg.norm(after, axis=1)
    assert cosine.min() >= 0.9999
    assert after.dtype == np.float32
    assert not np.array_equal(before, after)


def test_large_weights_take_half_the_bytes(graph: Path) -> None:
    """Large float weights are stored in 16 bits; small ones, and whole numbers, stay as they are."""
    before = graph.stat().st_size
    compact_weights(graph)
    assert stored(graph) == {
        "weights.float16": TensorProto.FLOAT16,
        "bias": TensorProto.FLOAT,
        "count": TensorProto.INT64,
    }
    assert before - graph.stat().st_size > 0.95 * 64 * 128 * 2


def test_once_is_enough(graph: Path) -> None:
    """Doing it again changes nothing."""
    compact_weights(graph)
    once = graph.read_bytes()
    compact_weights(graph)
    assert graph.read_bytes() == once


@pytest.mark.parametrize("outlier", [1e6, -1e6, np.inf, np.nan])
def test_what_half_precision_cannot_hold_is_kept(outlier: float, tmp_path: Path) -> None:
    """A tensor with a value beyond float16 stays in float32, rather than turn to infinity in silence."""
    weights = np.full((64, 128), 0.1, np.float32)
    weights[3, 5] = outlier
    write_layers(tmp_path / "layers.onnx", weights)
    compact_weights(tmp_path / "layers.onnx")
    assert stored(tmp_path / "layers.onnx")["weights"] == TensorProto.FLOAT
