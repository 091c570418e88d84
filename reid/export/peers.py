"""What ``lookout bench embed`` races against: the same network in torch eager, and OSNet x1.0."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from reid.card import Card
from reid.config import NetworkConfig
from reid.export.graphs import ImageTower, write_graph
from reid.network.axm_net import AXMNet
from reid.network.trunk import Trunk
from reid.providers import Provider, open_session

Contestants = dict[str, tuple[Callable[[], object], int]]


class OSNet(nn.Module):
    """OSNet x1.0 (Zhou et al., ICCV 2019) layer for layer, with random weights: only its speed is wanted.

    AXM-Net's visual trunk at full width is OSNet's, but for one addition; what is left is its last convolution and
    its embedding.
    """

    def __init__(self, image_hw: tuple[int, int]) -> None:
        super().__init__()
        self.trunk = Trunk(NetworkConfig(image_hw=image_hw, stripes=1))  # OSNet has no stripes to fit into the input
        self.conv5 = nn.Sequential(nn.Conv2d(512, 512, 1, bias=False), nn.BatchNorm2d(512), nn.ReLU())
        self.embed = nn.Sequential(nn.Linear(512, 512), nn.BatchNorm1d(512), nn.ReLU())

    def forward(self, images: Tensor) -> Tensor:
        """``images``: (n, 3, H, W) float32 to (n, 512)."""
        x = self.conv5(self.trunk.forward_visual(images))  # (n, 512, H/16, W/16)
        out: Tensor = self.embed(x.mean(dim=(2, 3)))
        return out


def make_peers(card: Card, batch_size: int, provider: Provider, threads: int) -> Contestants:
    """Return each peer's call on ``batch_size`` crops of the card's size.

    Args:
        card: of the weights that are raced.
        batch_size: crops a call.
        provider: where those weights really run; the peers run there too.
        threads: CPU threads of every contestant; 0 for one a core.
    """
    if threads:
        torch.set_num_threads(threads)
    return {
        "torch_eager": (_torch_eager(card, batch_size, provider), batch_size),
        "osnet_x1_onnxruntime": (_osnet(card.image_hw, batch_size, provider, threads), batch_size),
    }


def _torch_eager(card: Card, batch_size: int, provider: Provider) -> Callable[[], object]:
    device = torch.device("cpu" if provider == "cpu" else "cuda")
    config = NetworkConfig.from_dict(card.network)
    tower = ImageTower(AXMNet(config), torch.float32).eval().to(device)
    crops = torch.zeros(batch_size, *card.image_hw, 3, dtype=torch.uint8, device=device)

    def call() -> object:
        with torch.inference_mode():
            return tower(crops).cpu()

    return call


def _osnet(image_hw: tuple[int, int], batch_size: int, provider: Provider, threads: int) -> Callable[[], object]:
    images = np.zeros((batch_size, 3, *image_hw), np.float32)
    with tempfile.TemporaryDirectory() as folder:
        graph = Path(folder) / "osnet.onnx"
        write_graph(OSNet(image_hw).eval(), torch.from_numpy(images[:2]), "images", graph)
        session = open_session(graph, provider, threads)
    return lambda: session.run(None, {"images": images})
