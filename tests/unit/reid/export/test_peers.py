"""What the bench races against is what it says it is, and runs."""

from pathlib import Path

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from reid.card import read_card
from reid.export.peers import OSNet, make_peers


@pytest.mark.parametrize(("image_hw", "million"), [((256, 128), 978.9), ((128, 64), 244.9)])
def test_osnet_does_osnets_work(image_hw: tuple[int, int], million: float) -> None:
    """One 256x128 crop takes the 978.9 million multiply-adds of the published OSNet x1.0; a quarter takes a quarter."""
    network = OSNet(image_hw).eval()
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        assert network(torch.zeros(1, 3, *image_hw)).shape == (1, 512)
    assert counter.get_total_flops() / 2e6 == pytest.approx(million, rel=0.002)


def test_osnet_has_osnets_size() -> None:
    """Its layers for images hold the published 2.2 million parameters."""
    parameters = OSNet((256, 128)).named_parameters()
    images = sum(p.numel() for name, p in parameters if "text" not in name and not name.endswith("places"))
    assert images == pytest.approx(2.2e6, rel=0.02)


@pytest.mark.slow  # torch takes its time to write a graph
def test_every_peer_embeds_a_batch(tiny_weights: Path) -> None:
    """Each contestant can be called, again and again, on as many crops as it says."""
    peers = make_peers(read_card(tiny_weights), 3, "cpu", threads=1)
    assert set(peers) == {"torch_eager", "osnet_x1_onnxruntime"}
    for call, count in peers.values():
        first, second = call(), call()
        found = first[0] if isinstance(first, list) else first
        assert len(found) == count == 3  # type: ignore[arg-type]
        assert type(second) is type(first)
