"""What the modalities share, and what they must not."""

import copy
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from reid.network.axm_block import AXMBlock, SharedGate
from reid.network.axm_net import AXMNet

IDS = torch.arange(1, 25).reshape(2, 12)


@pytest.fixture
def network(tiny_network: AXMNet) -> AXMNet:
    """Return a copy that may be trained."""
    return copy.deepcopy(tiny_network).train().requires_grad_()


def images(count: int = 4) -> Tensor:
    """Return random crops of the tiny size."""
    return torch.randn(count, 3, 64, 32, generator=torch.Generator().manual_seed(1))


def gates(network: AXMNet) -> Iterator[SharedGate]:
    """Yield every gate once."""
    return (module for module in network.modules() if isinstance(module, SharedGate))


def strength(module: nn.Module) -> float:
    """Return the sum of the absolute gradients of a module."""
    return sum(float(p.grad.abs().sum()) for p in module.parameters() if p.grad is not None)


def test_every_block_has_one_gate(network: AXMNet) -> None:
    """Six blocks, six gates, none of them inside one modality's half."""
    blocks = [module for module in network.modules() if isinstance(module, AXMBlock)]
    assert len(blocks) == len(list(gates(network))) == 6
    assert {id(block.gate) for block in blocks} == {id(gate) for gate in gates(network)}


def test_images_alone_train_the_gates(network: AXMNet) -> None:
    """A loss on images reaches every gate and nothing that is the text's own."""
    whole, parts = network.embed_visual(images())
    (whole.abs() + parts.abs()).sum().backward()
    assert all(strength(gate) > 0 for gate in gates(network))
    own = [p for name, p in network.named_parameters() if "text" in name or "words" in name]
    assert own
    assert all(parameter.grad is None for parameter in own)


def test_sentences_alone_train_the_gates(network: AXMNet) -> None:
    """A loss on sentences reaches every gate and nothing that is the image's own."""
    network.embed_tokens(IDS).abs().sum().backward()
    assert all(strength(gate) > 0 for gate in gates(network))
    own = [p for name, p in network.named_parameters() if "visual" in name or "global" in name or "part" in name]
    assert own
    assert all(parameter.grad is None for parameter in own)


def test_batch_norms_are_not_shared(network: AXMNet) -> None:
    """No batch norm ever sees both modalities."""
    seen: dict[str, set[int]] = {"image": set(), "text": set()}
    now = "image"
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.register_forward_hook(lambda norm, *_: seen[now].add(id(norm)))
    network.embed_visual(images())
    now = "text"
    network.embed_tokens(IDS)
    assert seen["image"]
    assert seen["text"]
    assert not seen["image"] & seen["text"]


@pytest.mark.parametrize("index", [0, 1])
def test_a_block_is_the_papers_equation(tiny_network: AXMNet, index: int) -> None:
    """Each channel of each scale is weighted by the gate's answer to that scale's mean, then scales are summed."""
    block: AXMBlock = tiny_network.trunk.stages[0][index]  # type: ignore[index, assignment]
    x = torch.rand(2, 16 if index == 0 else 32, 6, 5)
    half = block.visual
    reduced = half.reduce(x, None)
    fused = torch.zeros_like(reduced)
    for stream in half.streams:
        scale = reduced
        for lite_conv in stream:  # type: ignore[attr-defined]
            scale = lite_conv(scale, None)
        for sample in range(2):
            weights = block.gate(torch.stack([channel.mean() for channel in scale[sample]]))
            for channel, weight in enumerate(weights):
                fused[sample, channel] += weight * scale[sample, channel]
    shortcut = x if half.project is None else half.project(x, None)
    expected = torch.relu(half.expand(fused, None) + shortcut)
    torch.testing.assert_close(block.forward_visual(x), expected)
