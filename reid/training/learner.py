"""What learns: the network, its running average, the losses and the optimiser."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from reid.errors import ConfigurationError
from reid.network.axm_net import AXMNet
from reid.text.vocabulary import Vocabulary
from reid.training.averaging import AveragedNetwork
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
    average: AveragedNetwork
    loss: AXMLoss
    optimizer: torch.optim.Optimizer
    origin: Origin
    epoch: int = 0
    best: float = -1.0
    best_epoch: int = 0


def build_learner(
    recipe: Recipe, vocabulary: Vocabulary, word_vectors: npt.NDArray[np.float32], material: Material
) -> Learner:
    """Draw a network for the recipe and the optimiser that trains it."""
    torch.manual_seed(recipe.run.seed)
    config = recipe.network.with_vocabulary(len(vocabulary))
    network = AXMNet(config).to(memory_format=torch.channels_last)
    with torch.no_grad():
        network.words.weight.copy_(torch.from_numpy(word_vectors) * config.word_dim**0.5 * 0.5)
    prevalence = torch.from_numpy(material.attributes.mean(axis=0, dtype=np.float32))
    loss = AXMLoss(recipe.losses, config.embedding_dim, int(material.persons.max()) + 1, prevalence)
    device = choose_device(recipe.run)
    network, loss = network.to(device), loss.to(device)
    average = AveragedNetwork(network, recipe.run.averaging)
    origin = Origin(recipe.name, recipe.data.terms, vocabulary.words)
    return Learner(network, average, loss, _optimizer(network, loss, recipe.run), origin)


def _optimizer(network: AXMNet, loss: AXMLoss, run: RunSettings) -> torch.optim.Optimizer:
    words = list(network.words.parameters())
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


def choose_device(run: RunSettings) -> torch.device:
    """Return the device asked for.

    Raises:
        ConfigurationError: a GPU was asked for and torch sees none.
    """
    if run.device == "cuda" and not torch.cuda.is_available():
        raise ConfigurationError("device = 'cuda', but torch sees no GPU; say device = 'cpu' or 'auto'")
    if run.device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(run.device)
