"""The training loop: batches in, an averaged network and its log out; resumable and seeded."""

import math
import time
from itertools import islice
from pathlib import Path

import torch
from torch import nn

from reid.training.augment import augment
from reid.training.batches import Batch, Batches
from reid.training.checkpoint import save_checkpoint
from reid.training.journal import Journal, Silence
from reid.training.learner import Learner
from reid.training.losses import Targets
from reid.training.settings import Recipe, RunSettings
from reid.training.validation import Validator, normalise

_SETTLING_BATCHES = 40


def train(learner: Learner, batches: Batches, validator: Validator, recipe: Recipe, folder: Path) -> None:
    """Learn until the last epoch, or until a validation is no better than one ``patience`` epochs before or earlier.

    After each epoch ``folder`` holds ``last.pt`` (to resume from), ``best.pt`` and ``log.csv``. Where several
    processes train together, the first alone validates and writes.
    """
    journal = Journal(folder) if learner.ranks.first else Silence()
    while learner.epoch < recipe.run.epochs:
        started = time.monotonic()
        losses = _one_epoch(learner, batches, recipe, journal)
        learner.epoch += 1
        row = {"epoch": float(learner.epoch), **losses, "seconds": time.monotonic() - started}
        validates = learner.epoch % recipe.run.validate_every == 0 or learner.epoch == recipe.run.epochs
        if validates:
            figures = _validate(learner, batches, validator, recipe)
            row |= figures
            score = learner.ranks.tell(figures.get("val_rank1", 0.0) + figures.get("val_rank10", 0.0))
            if score > learner.best:
                learner.best, learner.best_epoch = score, learner.epoch
                _save(folder / "best.pt", learner)
        journal.write(row)
        _save(folder / "last.pt", learner)
        if validates and learner.epoch - learner.best_epoch >= recipe.run.patience:
            journal.say(f"no better validation for {recipe.run.patience} epochs; stopping")
            break
    journal.close()


def _validate(learner: Learner, batches: Batches, validator: Validator, recipe: Recipe) -> dict[str, float]:
    if not learner.ranks.first:
        return {}
    _settle(learner, batches, recipe)
    return validator(learner.average.network)


def _save(path: Path, learner: Learner) -> None:
    if learner.ranks.first:
        save_checkpoint(path, learner)


def _one_epoch(learner: Learner, batches: Batches, recipe: Recipe, journal: Journal | Silence) -> dict[str, float]:
    seed = recipe.run.seed * 10_000 + learner.epoch + learner.ranks.seed_offset
    torch.manual_seed(seed)
    rng = torch.Generator().manual_seed(seed)
    learner.network.train()
    sums: dict[str, float] = {}
    drawn = batches.epoch(learner.epoch, learner.ranks.share(recipe.batches.batch_size))
    for step, batch in enumerate(journal.progress(drawn, len(batches), learner.epoch)):
        _set_rate(learner.optimizer, learner.epoch + step / max(len(batches), 1), recipe.run)
        for name, value in _one_step(learner, batch, recipe, rng).items():
            sums[name] = sums.get(name, 0.0) + value / max(len(batches), 1)
    return sums


@torch.no_grad()
def _settle(learner: Learner, batches: Batches, recipe: Recipe) -> None:
    """Measure the averaged network's own batch statistics: those of its past selves do not fit it."""
    network = learner.average.network
    device = next(network.parameters()).device
    rng = torch.Generator().manual_seed(recipe.run.seed)
    norms = [m for m in network.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]  # noqa: SLF001
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain average over the batches that follow
    network.train()
    for batch in islice(batches.epoch(learner.epoch), _SETTLING_BATCHES):
        images = augment(batch.images, batch.flip, recipe.network.image_hw, recipe.augmentation, rng)
        network.embed_visual(normalise(images).contiguous(memory_format=torch.channels_last).to(device))
        network.embed_tokens(batch.token_ids.to(device))
    network.eval()


def _one_step(learner: Learner, batch: Batch, recipe: Recipe, rng: torch.Generator) -> dict[str, float]:
    device = next(learner.network.parameters()).device
    images = augment(batch.images, batch.flip, recipe.network.image_hw, recipe.augmentation, rng)
    images = normalise(images).contiguous(memory_format=torch.channels_last).to(device)
    lower = recipe.run.precision == "bf16" or (recipe.run.precision == "auto" and device.type == "cuda")
    with torch.autocast(device.type, torch.bfloat16, enabled=lower):
        embedded = learner.towers(images, batch.token_ids.to(device))  # V_G, V_P and T, (b, D) each
    whole, parts, text = (learner.ranks.gather(vectors.float()) for vectors in embedded)  # (B, D) each
    losses = learner.loss(whole, parts, text, _to(batch.targets, device))
    total = torch.stack(list(losses.values())).sum()
    learner.optimizer.zero_grad(set_to_none=True)
    total.backward()  # type: ignore[no-untyped-call]
    learner.ranks.average_gradients(learner.loss.parameters())
    nn.utils.clip_grad_norm_(learner.network.parameters(), 5.0)
    learner.optimizer.step()
    learner.average.update(learner.network)
    return {name: float(value.detach()) for name, value in losses.items()}


def _to(targets: Targets, device: torch.device) -> Targets:
    return Targets(
        targets.person_ids.to(device),
        targets.agreement.to(device),
        targets.attributes.to(device),
        targets.said.to(device),
        targets.settled.to(device),
    )


def _set_rate(optimizer: torch.optim.Optimizer, epoch: float, run: RunSettings) -> None:
    """Warm up linearly, then follow half a cosine down to 1 % of the rate."""
    if epoch < run.warmup_epochs:
        factor = (epoch + 0.02) / run.warmup_epochs
    else:
        progress = (epoch - run.warmup_epochs) / max(run.epochs - run.warmup_epochs, 1e-6)
        factor = 0.01 + 0.99 * (1 + math.cos(math.pi * min(progress, 1.0))) / 2
    for group in optimizer.param_groups:
        group["lr"] = group["initial_lr"] * factor
