"""Writes a trained network as the ONNX graph and the card that the runtime loads."""

import logging
import warnings
from pathlib import Path

import msgspec
import onnx
import torch

from detectors.base import check_confidence
from detectors.compact import Card
from detectors.training.checkpoint import load_checkpoint
from detectors.training.network import CompactNet

_OPSET = 18


def export_graph(checkpoint: Path, graph: Path, confidence: float | None = None) -> Card:
    """Write a checkpoint's averaged network.

    Args:
        checkpoint: ``best.pt`` of a training run.
        graph: the .onnx file to write; ``.json`` beside it becomes its card.
        confidence: the threshold for the card; None for the one that the training chose.

    Raises:
        DetectorWeightsError: the checkpoint is missing or damaged.
        DetectorSettingError: ``confidence`` is not within 0..1.
    """
    network, card = load_checkpoint(checkpoint)
    if confidence is not None:
        card = msgspec.structs.replace(card, confidence=check_confidence(confidence))
    write_graph(network, graph)
    write_card(graph, card)
    return card


def write_card(graph: Path, card: Card) -> None:
    """Write the card beside a graph."""
    graph.with_suffix(".json").write_bytes(msgspec.json.format(msgspec.json.encode(card), indent=2) + b"\n")


def write_graph(network: CompactNet, graph: Path) -> None:
    """Write a network as an ONNX graph that takes any batch and any canvas whose sides 32 divides."""
    graph.parent.mkdir(parents=True, exist_ok=True)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it misses torchvision; nobody else does
    free = torch.export.Dim.DYNAMIC
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's notes about itself
        torch.onnx.export(
            network.eval(), (torch.zeros(2, 96, 128, 3, dtype=torch.uint8),), str(graph), input_names=["frames"],
            output_names=["cells"], opset_version=_OPSET, dynamic_shapes=({0: free, 1: free, 2: free},), dynamo=True,
            external_data=False, verbose=False,
        )  # fmt: skip
    _forget_origin(graph)


def _forget_origin(graph: Path) -> None:
    """Drop what the exporter notes about each node: stack traces with this machine's folders."""
    model = onnx.load(str(graph))
    inner = model.graph
    for noted in (model, inner, *inner.node, *inner.value_info, *inner.input, *inner.output, *inner.initializer):
        noted.ClearField("metadata_props")
        noted.ClearField("doc_string")
    onnx.save(model, str(graph))
