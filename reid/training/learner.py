"""What learns: the network, its running average, the losses and the optimiser."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from reid.config import NetworkConfig
from reid.errors import ConfigurationError
from reid.network.axm_net import AXMNet
from reid.network.bert import FrozenBert
from reid.text.vocabulary import Vocabulary
from reid.training.averaging import AveragedNetwork
from reid.training.distributed import ALONE, Ranks
from reid.training.losses import AXMLoss
from reid.training.material import Material
from reid.training.settings import Recipe, RunSettings


@dataclass(frozen=True, slots=True)
class Origin:
    """What a network's weights came from, for its card."""

    name: str
    trained_on: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(slots=True)
class Learner:
    """Everything that changes while learning."""

    network: AXMNet
    towers: nn.Module  # the network as it is called in training; see reid.training.distributed
    average: AveragedNetwork
    loss: AXMLoss
    optimizer: torch.optim.Optimizer
    origin: Origin
    epoch: int = 0
    best: float = -1.0
    best_epoch: int = 0
    ranks: Ranks = ALONE


def build_learner(
    recipe: Recipe,
    vocabulary: Vocabulary,
    words: npt.NDArray[np.float32] | FrozenBert,
    material: Material,
    ranks: Ranks = ALONE,
) -> Learner:
    """Draw a network for the recipe and the optimiser that trains it.

    Args:
        recipe: what to train and how.
        vocabulary: the words of the captions.
        words: the vectors that theirs start from, (len(vocabulary), word_dim), or a BERT in their place.
        material: what it is trained on.
        ranks: the processes that train together; every one builds the same learner.

    Raises:
        ConfigurationError: sentences may be longer than BERT reads, or the device asked for is not there.
    """
    torch.manual_seed(recipe.run.seed)
    network = _draw_network(recipe.network.with_vocabulary(len(vocabulary)), words)
    config = network.config
    prevalence = torch.from_numpy(material.attributes.mean(axis=0, dtype=np.float32))
    loss = AXMLoss(recipe.losses, config.embedding_dim, int(material.persons.max()) + 1, prevalence)
    device = choose_device(recipe.run, ranks.local)
    network, loss = network.to(device), loss.to(device)
    average = AveragedNetwork(network, recipe.run.averaging)
    origin = Origin(recipe.name, recipe.data.terms, vocabulary.words)
    optimizer = _optimizer(network, loss, recipe.run)
    return Learner(network, ranks.towers(network), average, loss, optimizer, origin, ranks=ranks)


def _draw_network(config: NetworkConfig, words: npt.NDArray[np.float32] | FrozenBert) -> AXMNet:
    if isinstance(words, FrozenBert):
        if config.token_limit > words.longest_sentence:
            raise ConfigurationError(
                f"token_limit = {config.token_limit}, but this BERT reads {words.longest_sentence} pieces at most"
            )
        config = replace(config, vocabulary_size=len(words.pieces), word_dim=words.word_dim)
        return AXMNet(config, words).to(memory_format=torch.channels_last)
    network = AXMNet(config).to(memory_format=torch.channels_last)
    with torch.no_grad():
        next(network.words.parameters()).copy_(torch.from_numpy(words) * config.word_dim**0.5 * 0.5)
    return network


def _optimizer(network: AXMNet, loss: AXMLoss, run: RunSettings) -> torch.optim.Optimizer:
    words = [p for p in network.words.parameters() if p.requires_grad]
    ours = [p for name, p in network.named_parameters() if not name.startswith("words.")]
    matrices = [p for p in ours if p.ndim > 1]
    rest = [p for p in ours if p.ndim <= 1] + list(loss.parameters())
    rate = run.learning_rate
    groups = [
        {"params": matrices, "lr": rate, "weight_decay": run.weight_decay},
        {"params": rest, "lr": rate, "weight_decay": 0.0},
        {"params": words, "lr": rate * run.word_learning_rate, "weight_decay": 0.0},
    ]
    for group in groups:
        group["initial_lr"] = group["lr"]
    return torch.optim.AdamW(groups, fused=True)


def choose_device(run: RunSettings, number: int = 0) -> torch.device:
    """Return the device asked for; ``number`` says which GPU, where it is one.

    Raises:
        ConfigurationError: a GPU was asked for and torch sees none, or fewer than there are processes.
    """
    if run.device == "cuda" and not torch.cuda.is_available():
        raise ConfigurationError("device = 'cuda', but torch sees no GPU; say device = 'cpu' or 'auto'")
    if run.device == "cpu" or not torch.cuda.is_available():
        return torch.device("cpu")
    if number >= torch.cuda.device_count():
        raise ConfigurationError(
            f"process {number} of this machine needs a GPU of its own, but torch sees {torch.cuda.device_count()}; "
            "start no more processes than there are GPUs"
        )
    return torch.device("cuda", number)
