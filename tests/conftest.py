"""What tests of several folders share: real servers, and a network so small that running it takes seconds."""

from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from reid.config import NetworkConfig
from reid.text import grammar_words
from reid.text.grammar import describe
from reid.text.vocabulary import Vocabulary, learn_vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reid.network.axm_net import AXMNet
    from tests.contract.services.kafka_broker import KafkaBroker
    from tests.contract.services.redis import RedisServer

# A busy machine is slow at any moment, and that is no fault of what is tested.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(scope="session")
def tiny_vocabulary() -> Vocabulary:
    """Return the words of sentences about people with every attribute that the grammar knows."""
    rng = Random(1)
    tables = (grammar_words.SEXES, grammar_words.HAIR_COLOURS, grammar_words.UPPER, grammar_words.LOWER)
    tables += (grammar_words.FOOTWEAR, grammar_words.BAGS, grammar_words.ACCESSORIES)
    colours = [f"{body}{colour}" for body in ("upperBody", "lowerBody") for colour in grammar_words.COLOURS]
    names = [*colours, *(name for table in tables for name in table)]
    people = [frozenset(rng.sample(names, 9)) for _ in range(600)]
    return learn_vocabulary([describe(person, rng).text for person in people], least_count=3)


@pytest.fixture(scope="session")
def tiny_config(tiny_vocabulary: Vocabulary) -> NetworkConfig:
    """Return a network of the real kind, a two-hundredth of its size."""
    return NetworkConfig(
        image_hw=(64, 32),
        stage_channels=(32, 48, 64),
        stem_channels=16,
        scales=2,
        stripes=4,
        embedding_dim=32,
        word_dim=16,
        vocabulary_size=len(tiny_vocabulary),
    )


@pytest.fixture(scope="session")
def tiny_network(tiny_config: NetworkConfig) -> "AXMNet":
    """Return a network as if it had been trained: random, but no layer idle; copy it before a change."""
    import torch

    from reid.network.axm_net import AXMNet

    torch.set_num_threads(1)  # for tensors this small a second thread only waits
    torch.manual_seed(1)
    network = AXMNet(tiny_config).train()
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if weight.ndim == 1 and name.endswith("weight"):  # a block starts with an idle batch norm
                weight.uniform_(0.5, 1.5)
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm1d | torch.nn.BatchNorm2d):
                module.momentum = None  # a plain average of all that it sees
        for _ in range(4):
            colours = torch.nn.functional.interpolate(torch.randn(32, 3, 4, 2), tiny_config.image_hw)
            network.embed_visual(colours + 0.3 * torch.randn(32, 3, *tiny_config.image_hw))
            network.embed_tokens(torch.randint(1, tiny_config.vocabulary_size, (32, 12)))
    return network.eval().requires_grad_(requires_grad=False)


@pytest.fixture(scope="session")
def tiny_weights(tiny_network: "AXMNet", tiny_vocabulary: Vocabulary, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a weights folder made of the tiny network, as ``lookout export`` makes one."""
    from reid.export.weights import export_weights

    folder = tmp_path_factory.mktemp("weights") / "tiny"
    export_weights(tiny_network, tiny_vocabulary, folder, "tiny", ["nothing: its weights are random"])
    return folder


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[RedisServer]":
    """Return a Redis server that runs; who stops it starts it again."""
    from tests.contract.services.redis import RedisServer

    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def kafka_broker(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[KafkaBroker]":
    """Return a Kafka broker that runs; who stops it starts it again."""
    from tests.contract.services.kafka_broker import KafkaBroker

    broker = KafkaBroker(tmp_path_factory.mktemp("kafka"))
    broker.start()
    yield broker
    broker.stop()
