from pathlib import Path

import pytest
import torch

from reid.card import read_card
from reid.config import NetworkConfig
from reid.export.roofline import count_layers, measure_machine, roofline_crops_per_s


def test_layers_are_counted_by_hand(tiny_config: NetworkConfig) -> None:
    """The stem's convolution needs the products and bytes that its shapes say, for every crop of the batch."""
    stem = count_layers(tiny_config, 2, 4)[0]
    outputs = 2 * 16 * 32 * 16  # (2, 16, 32, 16): 64x32 px at stride 2
    assert stem.flops == 2 * outputs * 3 * 7 * 7
    assert stem.bytes == 4 * (2 * 3 * 64 * 32 + outputs + 16 * 3 * 7 * 7)


def test_a_batch_needs_as_many_products_as_its_crops(tiny_config: NetworkConfig) -> None:
    """Four crops take four times the products of one, and less than four times the bytes: weights are read once."""
    one, four = (count_layers(tiny_config, size, 4) for size in (1, 4))
    assert sum(each.flops for each in four) == pytest.approx(4 * sum(each.flops for each in one))
    assert sum(each.bytes for each in four) < 4 * sum(each.bytes for each in one)


def test_a_machine_has_a_speed() -> None:
    """This machine multiplies and copies at rates that a computer of this century reaches."""
    machine = measure_machine(torch.device("cpu"), torch.float32)
    assert 1e9 < machine.flops_per_s < 1e14
    assert 1e8 < machine.bytes_per_s < 1e13


def test_every_batch_size_has_a_limit(tiny_weights: Path) -> None:
    """There is a limit above zero for each batch size that was asked for."""
    limits = roofline_crops_per_s(read_card(tiny_weights), (1, 8), "cpu")
    assert set(limits) == {1, 8}
    assert all(limit > 0 for limit in limits.values())
