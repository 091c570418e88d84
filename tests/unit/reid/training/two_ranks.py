"""A training step and a whole run, as ``torchrun`` starts them on two ranks: what comes of them, a file a rank.

Not a test by itself; tests/unit/reid/training/test_distributed.py starts it and takes the same step alone.
"""

import os
import sys
from dataclasses import replace
from pathlib import Path

import torch

from reid.config import NetworkConfig
from reid.network.axm_net import AXMNet
from reid.text.tokenizer import Tokenizer
from reid.training.batches import Batches
from reid.training.distributed import Ranks, joined, read_ranks
from reid.training.language import learn_language
from reid.training.learner import build_learner
from reid.training.losses import AXMLoss, LossWeights, Targets
from reid.training.material import load_material
from reid.training.settings import Recipe, load_recipe
from reid.training.splits import split_samples
from reid.training.train import train
from reid.training.validation import Validator

CONFIG = NetworkConfig(
    image_hw=(32, 32),
    stage_channels=(8, 12, 16),
    stem_channels=8,
    text_stem_channels=8,
    scales=2,
    stripes=2,
    embedding_dim=8,
    word_dim=8,
    vocabulary_size=20,
)
PAIRS = 8
WEIGHTS = LossWeights(identity=1.0, triplet=1.0, affinity=1.0, contrastive=1.0, attributes=1.0)
# Two people's attributes; the order of a set differs from process to process.
ATTRIBUTES = (
    frozenset("upperBodyRed lowerBodyBlue hairLong footwearSneakers carryingBackpack personalMale".split()),
    frozenset("upperBodyGreen lowerBodyBlack hairShort footwearShoes accessoryHat personalFemale".split()),
)
State = dict[str, torch.Tensor]


def make_batch() -> tuple[torch.Tensor, torch.Tensor, Targets]:
    """Return images, sentences of unequal length and targets of a whole batch; the same on every rank."""
    rng = torch.Generator().manual_seed(5)
    images = torch.randn(PAIRS, 3, *CONFIG.image_hw, generator=rng)
    ids = torch.randint(1, 20, (PAIRS, 12), generator=rng)
    lengths = torch.tensor([2, 12, 5, 3, 9, 4, 1, 7])
    ids = ids * (torch.arange(12) < lengths[:, None])
    attributes = torch.randint(0, 2, (PAIRS, 3), generator=rng).double()
    agreement = torch.rand(PAIRS, PAIRS, generator=rng, dtype=torch.float64).fill_diagonal_(1.0)
    people = torch.tensor([0, 0, 1, 1, 2, 2, 3, 3])
    return images, ids, Targets(people, agreement, attributes, attributes, torch.ones_like(attributes))


def take_step(ranks: Ranks) -> State:
    """Return the gradients of one step and the statistics that batch norms keep of it, in float64."""
    torch.manual_seed(2)
    network = AXMNet(CONFIG).double().train()
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
                module.weight.uniform_(0.5, 1.5)  # no block idle
    loss = AXMLoss(WEIGHTS, CONFIG.embedding_dim, 4, torch.full((3,), 0.5)).double()
    towers, share = ranks.towers(network), ranks.share(PAIRS)
    images, ids, targets = make_batch()
    embedded = [ranks.gather(rows) for rows in towers(images[share].double(), ids[share])]
    total = torch.stack(list(loss(*embedded, targets).values())).sum()
    total.backward()
    ranks.average_gradients(loss.parameters())
    learned = [*network.named_parameters(), *((f"loss.{name}", p) for name, p in loss.named_parameters())]
    gradients = {name: p.grad for name, p in learned if p.grad is not None}
    return {"total": total.detach(), **gradients, **dict(network.named_buffers())}


def run_through(recipe: Recipe, ranks: Ranks, folder: Path) -> State:
    """Train by a recipe and return what this rank ends with, and what its first epoch was drawn to be."""
    training, validation = (
        [replace(s, attributes=ATTRIBUTES[int(s.person_id[-1]) % 2]) for s in part] for part in split_samples(recipe)
    )
    sentences = [text for s in (*training, *validation) for text in s.captions]
    vocabulary, vectors = learn_language(sentences, 1, recipe.network.word_dim)
    tokenizer = Tokenizer(vocabulary, recipe.network.token_limit)
    material = load_material(training, recipe.data.stored_hw, sorted(ATTRIBUTES[0] | ATTRIBUTES[1]))
    learner = build_learner(recipe, vocabulary, vectors, material, ranks)
    batches = Batches(material, tokenizer, recipe.batches, recipe.run.seed)
    drawn = torch.cat([batch.token_ids.flatten() for batch in batches.epoch(0)])
    seen = load_material(validation, recipe.data.stored_hw, material.attribute_names)
    train(learner, batches, Validator(seen, tokenizer), recipe, folder)
    kept = {"network": learner.network, "average": learner.average.network, "loss": learner.loss}
    states = {f"{part}.{name}": value for part, module in kept.items() for name, value in module.state_dict().items()}
    settled = [name for name, _ in learner.average.network.named_buffers()]  # measured anew by the first rank alone
    for name in settled:
        del states[f"average.{name}"]
    return {"drawn": drawn, "best": torch.tensor([learner.best, learner.best_epoch]), **states}


def main(recipe: Path, folder: Path) -> None:
    """Do both on this rank and write what came of them; each is told a folder of its own to train in."""
    torch.set_num_threads(1)
    ranks = read_ranks(os.environ)
    with joined(ranks, torch.device("cpu")):
        torch.save(take_step(ranks), folder / f"step-{ranks.rank}.pt")
        run = folder / f"run-of-{ranks.rank}"
        torch.save(run_through(load_recipe(recipe), ranks, run), folder / f"end-{ranks.rank}.pt")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
