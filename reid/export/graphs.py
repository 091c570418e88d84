"""The two towers as ONNX graphs, preprocessing included, so that a runtime only resizes."""

import logging
import warnings
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from reid.network.axm_net import AXMNet
from reid.training.validation import MEAN, STD

OPSET = 18


class ImageTower(nn.Module):
    """(n, H, W, 3) uint8 BGR to (n, D) float32: colour order, scaling and the network."""

    def __init__(self, network: AXMNet, dtype: torch.dtype) -> None:
        super().__init__()
        self.network = network
        self.dtype = dtype
        self.mean: Tensor
        self.scale: Tensor
        self.register_buffer("mean", torch.tensor(MEAN).reshape(1, 3, 1, 1) * 255)
        self.register_buffer("scale", 1 / (torch.tensor(STD).reshape(1, 3, 1, 1) * 255))

    def forward(self, crops: Tensor) -> Tensor:
        """Return the vectors to store."""
        rgb = crops.permute(0, 3, 1, 2).float().flip(1)  # (n, 3, H, W)
        return self.network.encode_image(((rgb - self.mean) * self.scale).to(self.dtype)).float()


class TextTower(nn.Module):
    """(n, L) int64 token ids to (n, D) float32 unit vectors."""

    def __init__(self, network: AXMNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, token_ids: Tensor) -> Tensor:
        """Return the vectors to compare with."""
        return self.network.encode_text(token_ids)


def write_image_graph(network: AXMNet, path: Path, *, half: bool = False) -> None:
    """Write the image tower; ``half`` stores and computes in float16."""
    dtype = torch.float16 if half else torch.float32
    tower = ImageTower(network.to(dtype).eval(), dtype)
    tower.mean, tower.scale = tower.mean.float(), tower.scale.float()
    height, width = network.config.image_hw
    write_graph(tower, torch.zeros(2, height, width, 3, dtype=torch.uint8), "crops", path)


def write_text_graph(network: AXMNet, path: Path) -> None:
    """Write the text tower, always in float32: it runs once per edit, on the CPU."""
    write_graph(
        TextTower(network.float().eval()),
        torch.ones(2, network.config.token_limit, dtype=torch.int64),
        "token_ids",
        path,
    )


def write_graph(tower: nn.Module, example: Tensor, name: str, path: Path) -> None:
    """Write a module that takes one tensor, called ``name``, of any batch size; nothing tells where it was made."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # torchvision is not missed
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's deprecation notes about itself
        torch.onnx.export(
            tower, (example,), str(path), input_names=[name], output_names=["vectors"], opset_version=OPSET,
            dynamic_shapes=({0: torch.export.Dim("n", min=1)},), dynamo=True, external_data=False, verbose=False,
        )  # fmt: skip
    _forget_origin(path)


def _forget_origin(path: Path) -> None:
    """Remove the exporter's stack traces: they hold this machine's paths, and a quarter of the file."""
    model = onnx.load(str(path))
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.value_info, *graph.input, *graph.output, *graph.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    onnx.save(model, str(path))
