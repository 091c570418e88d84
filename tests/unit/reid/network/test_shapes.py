"""The maps, vectors and sizes that the paper draws."""

import pytest
import torch

from reid.config import NetworkConfig
from reid.network.axm_net import AXMNet
from reid.network.trunk import Trunk


@pytest.fixture(scope="module")
def paper() -> AXMNet:
    """Return the network of the paper's size with room for a hundred words."""
    return AXMNet(NetworkConfig(vocabulary_size=100)).eval()


@pytest.mark.parametrize(("image_hw", "map_hw"), [((224, 224), (14, 14)), ((256, 128), (16, 8)), ((384, 128), (24, 8))])
def test_the_trunk_keeps_a_sixteenth_of_each_side(image_hw: tuple[int, int], map_hw: tuple[int, int]) -> None:
    """224x224 px become a map of 14x14 with 512 channels, as in figure 2, and other sizes do alike."""
    with torch.no_grad():
        trunk = Trunk(NetworkConfig(image_hw=image_hw)).eval()
        assert trunk.forward_visual(torch.zeros(1, 3, *image_hw)).shape == (1, 512, *map_hw)


def test_the_trunk_keeps_a_quarter_of_the_words(paper: AXMNet) -> None:
    """56 words become a map of 14 with 512 channels, as in figure 2."""
    with torch.no_grad():
        maps = paper.trunk.forward_textual(torch.zeros(2, 56, 300), torch.ones(2, 1, 56))
    assert maps.context.shape == (2, 512, 14)
    assert maps.context_mask.shape == (2, 1, 14)


def test_the_visual_trunk_has_the_size_of_osnet(paper: AXMNet) -> None:
    """The visual trunk with OSNet's last convolution and embedding has OSNet x1.0's published 2.2 million parameters."""
    ours = [(name, p) for name, p in paper.trunk.named_parameters() if "visual" in name or ".gate." in name]
    count = sum(p.numel() for _, p in ours) + (512 * 512 + 2 * 512) + (512 * 512 + 3 * 512)
    assert count == pytest.approx(2.2e6, rel=0.03)


def test_the_gates_are_a_trifle(paper: AXMNet) -> None:
    """What aligns the modalities is a few thousand parameters."""
    assert sum(p.numel() for name, p in paper.named_parameters() if ".gate." in name) < 10_000


@pytest.mark.parametrize("scales", [1, 3])
@pytest.mark.parametrize("stripes", [2, 3])
def test_every_shape_embeds(tiny_config: NetworkConfig, scales: int, stripes: int) -> None:
    """Whatever the streams and the stripes, both towers give vectors of one length."""
    fields = tiny_config.to_dict() | {"scales": scales, "stripes": stripes, "embedding_dim": 24}
    network = AXMNet(NetworkConfig.from_dict(fields)).eval()
    with torch.no_grad():
        assert network.encode_image(torch.zeros(3, 3, 64, 32)).shape == (3, 24)
        assert network.encode_text(torch.ones(5, 8, dtype=torch.int64)).shape == (5, 24)


def test_streams_see_further_one_after_the_other(tiny_config: NetworkConfig) -> None:
    """The receptive fields of a block's four streams are 3, 5, 7 and 9 positions wide."""
    fields = tiny_config.to_dict() | {"scales": 4}
    block = Trunk(NetworkConfig.from_dict(fields)).stages[0][0].eval()  # type: ignore[index]
    inputs = torch.randn(1, 8, 21, requires_grad=True)
    for depth, stream in enumerate(block.textual.streams, 1):
        scale = inputs
        for lite_conv in stream:
            scale = lite_conv(scale, None)
        (gradient,) = torch.autograd.grad(scale[:, :, 10].sum(), inputs)
        seen = gradient.abs().sum(dim=(0, 1)).nonzero().flatten()
        assert int(seen.max() - seen.min()) < 2 * depth + 1
