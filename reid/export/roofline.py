"""The most crops a second that a machine could embed: its arithmetic and memory speed against the network's needs.

After Williams et al., "Roofline" (CACM 2009): a layer takes at least its multiplications over the machine's measured
rate, and at least its bytes over the measured memory rate, whichever is longer. Convolutions and linear layers are
counted, each reading its input and weights and writing its output once; all else counts as fused into them.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from reid.card import Card
from reid.config import NetworkConfig
from reid.network.axm_net import AXMNet
from reid.providers import Provider

_ROUNDS = 20
_MATRIX = {"cpu": 1024, "cuda": 8192}  # side of the matrices that the arithmetic rate is measured with
_COPIED_FLOATS = {"cpu": 2**24, "cuda": 2**28}


@dataclass(frozen=True, slots=True)
class Machine:
    """What a device was measured to do at best."""

    flops_per_s: float
    bytes_per_s: float


@dataclass(frozen=True, slots=True)
class Layer:
    """What one layer needs for a batch."""

    flops: float
    bytes: float


def roofline_crops_per_s(card: Card, batch_sizes: Sequence[int], provider: Provider) -> dict[int, float]:
    """Return the limit for the card's image tower in crops/s, by batch size.

    Args:
        card: of the weights in question; in fp16 it moves half the bytes, and the GPU's fp16 rate holds.
        batch_sizes: crops a call.
        provider: where it runs; the limit is of that device.
    """
    device = torch.device("cpu" if provider == "cpu" else "cuda")
    dtype = torch.float16 if card.precision == "fp16" and device.type == "cuda" else torch.float32
    machine = measure_machine(device, dtype)
    config = NetworkConfig.from_dict(card.network)
    return {size: size / _least_s(count_layers(config, size, dtype.itemsize), machine) for size in batch_sizes}


def _least_s(layers: Sequence[Layer], machine: Machine) -> float:
    return sum(max(each.flops / machine.flops_per_s, each.bytes / machine.bytes_per_s) for each in layers)


def measure_machine(device: torch.device, dtype: torch.dtype) -> Machine:
    """Time a large matrix product and a large copy; the best of a few rounds counts."""
    side, count = _MATRIX[device.type], _COPIED_FLOATS[device.type]
    a, b = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
    source, target = torch.zeros(count, device=device), torch.empty(count, device=device)
    product_s = _best_s(lambda: a @ b, device)
    copy_s = _best_s(lambda: target.copy_(source), device)
    return Machine(2 * side**3 / product_s, 2 * 4 * count / copy_s)


def _best_s(call: Callable[[], object], device: torch.device) -> float:
    call()
    times = []
    for _ in range(_ROUNDS):
        _wait(device)
        started = time.perf_counter()
        call()
        _wait(device)
        times.append(time.perf_counter() - started)
    return min(times)


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def count_layers(config: NetworkConfig, batch_size: int, bytes_per_value: int) -> list[Layer]:
    """Return what each convolution and linear layer of the image tower needs."""
    network = AXMNet(config).eval()
    layers: list[Layer] = []

    def note(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        weight = module.weight
        values = inputs[0].numel() + output.numel() + weight.numel()  # type: ignore[operator]
        each = weight[0].numel()  # type: ignore[index] # products for one output value
        layers.append(Layer(2.0 * output.numel() * each, float(bytes_per_value * values)))

    counted = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    hooks = [module.register_forward_hook(note) for module in counted]
    with torch.inference_mode():
        network.encode_image(torch.zeros(batch_size, 3, *config.image_hw))
    for hook in hooks:
        hook.remove()
    return layers
