"""How near exported graphs come to their network is measured, and a network of its own would be noticed."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from reid.config import NetworkConfig
from reid.datasets.sample import ImageRef, Sample
from reid.export.fidelity import measure_fidelity
from reid.network.axm_net import AXMNet

CAPTIONS = ("a man in a red jacket", "a woman with a handbag", "black pants", "qqq zzz", "blue jeans", "a backpack")


@pytest.fixture
def people(tmp_path: Path) -> list[Sample]:
    """Return six described crops, one of them by words that nobody knows."""
    rng = np.random.default_rng(5)
    samples = []
    for number, caption in enumerate(CAPTIONS):
        path = tmp_path / f"{number}.png"
        cv2.imwrite(str(path), rng.integers(0, 256, (64, 32, 3), np.uint8))
        samples.append(Sample(path.name, ImageRef(path), str(number), "val", "drawn", captions=(caption,)))
    return samples


def test_graphs_are_held_against_their_own_network(
    people: list[Sample], tiny_network: AXMNet, tiny_weights: Path
) -> None:
    """The graphs' vectors are nearly the network's, they rank alike, and the table says so."""
    found = measure_fidelity(tiny_network, tiny_weights, people)
    assert 0.9999 <= found.least_cosine <= found.mean_cosine <= 1.0 + 1e-6
    assert 0.9999 <= found.least_text_cosine <= 1.0 + 1e-6
    assert (found.network.rank1, found.network.queries) == (found.graphs.rank1, 6)
    assert f"{found.least_cosine:.7f}" in found.table("exported, fp32")


def test_another_network_is_noticed(people: list[Sample], tiny_network: AXMNet, tiny_weights: Path) -> None:
    """Graphs of other weights than the network's are far from it: the measure can fail."""
    other = AXMNet(NetworkConfig.from_dict(tiny_network.config.to_dict())).eval()
    found = measure_fidelity(other, tiny_weights, people)
    assert found.least_cosine < 0.99
    assert found.least_text_cosine < 0.99
