"""Trains the compact detector by a recipe."""

import copy
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from detectors.compact import Card
from detectors.errors import DetectorDatasetError, DetectorWeightsError
from detectors.training.checkpoint import build, read, save_best, save_last
from detectors.training.compose import compose
from detectors.training.images import Pool, load_pool
from detectors.training.network import CompactNet, parameter_count
from detectors.training.recipe import DetectorRecipe, Run
from detectors.training.targets import Target, detection_loss, targets_of
from detectors.training.validation import Validation, validate

_WARMUP_STEPS = 200
_BOX_WEIGHT = 2.5
_LARGEST_GRADIENT = 5.0
_AHEAD = 4  # batches that are put together while the network learns


@dataclass(frozen=True, slots=True)
class Batch:
    """Canvases of one size and the truth about them."""

    frames: Tensor  # (B, H, W, 3) uint8 BGR
    target: Target


class Learner:
    """The network in training, its running average, and its optimiser."""

    def __init__(self, recipe: DetectorRecipe) -> None:
        torch.manual_seed(recipe.run.seed)
        self._run = recipe.run
        self.network = build(recipe.network).to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.network).eval().requires_grad_(requires_grad=False)
        self._optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=recipe.run.learning_rate, weight_decay=recipe.run.weight_decay
        )
        self.step = 0
        self.best = -1.0

    def learn(self, batch: Batch) -> tuple[float, float]:
        """Take one step and return the loss of the scores and of the boxes."""
        for group in self._optimiser.param_groups:
            group["lr"] = self._run.learning_rate * pace(self.step, self._run)
        with torch.autocast("cpu", torch.bfloat16, enabled=self._run.bfloat16):
            score, sides = self.network.train().maps(batch.frames)
        score_loss, box_loss = detection_loss(score, sides, batch.target)
        self._optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(score_loss + _BOX_WEIGHT * box_loss)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), _LARGEST_GRADIENT)
        self._optimiser.step()
        self.step += 1
        self._follow()
        return float(score_loss.detach()), float(box_loss.detach())

    @torch.no_grad()
    def _follow(self) -> None:
        # Early on the average must not remember where the network came from.
        decay = min(self._run.averaging, self.step / (self.step + 20.0))
        for mean, value in zip(self.average.state_dict().values(), self.network.state_dict().values(), strict=True):
            if mean.dtype.is_floating_point:
                mean.lerp_(value, 1.0 - decay)

    def state(self) -> dict[str, Any]:
        """Return all that is needed to go on."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "step": self.step,
            "best": self.best,
        }

    def restore(self, path: Path) -> None:
        """Go on from a state that :meth:`state` gave, as it was saved.

        Raises:
            DetectorWeightsError: it cannot be read, or belongs to another recipe.
        """
        state = read(path)
        try:
            self.network.load_state_dict(state["network"])
            self.average.load_state_dict(state["average"])
            self._optimiser.load_state_dict(state["optimiser"])
            self.step, self.best = int(state["step"]), float(state["best"])
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise DetectorWeightsError(
                f"{path} does not belong to this recipe; give the run another folder ({error})"
            ) from error


def run_recipe(recipe: DetectorRecipe, folder: Path, say: Callable[[str], object]) -> Path:
    """Train by a recipe, or go on with the run that the folder holds, and return the best network's file.

    Args:
        recipe: what to learn from and how.
        folder: receives ``last.pt`` and ``best.pt``.
        say: gets a line at each validation.

    Raises:
        DetectorDatasetError: a folder of images cannot be read.
        DetectorWeightsError: the folder's ``last.pt`` is damaged or of another recipe, or the best network is gone.
    """
    if recipe.run.threads:
        torch.set_num_threads(recipe.run.threads)
    folder.mkdir(parents=True, exist_ok=True)
    best, last = folder / "best.pt", folder / "last.pt"
    learner = Learner(recipe)
    if last.exists():
        learner.restore(last)
        if not best.exists():
            learner.best = -1.0  # it was left behind somewhere: the next validation writes another
    losses = np.zeros(2)
    for batch in _batches(recipe, learner.step):
        losses += learner.learn(batch)
        if learner.step % recipe.run.validate_every == 0 or learner.step == recipe.run.steps:
            _take_stock(recipe, learner, best, say, losses / recipe.run.validate_every)
            losses[:] = 0.0
        if learner.step % recipe.run.save_every == 0 or learner.step == recipe.run.steps:
            save_last(last, learner.state())
    if not best.exists():
        raise DetectorWeightsError(
            f"{last} has no step left to learn, but {best.name} is gone; begin in another folder"
        )
    return best


def pace(step: int, run: Run) -> float:
    """Return the share of the learning rate that holds at a step: it rises, stays, and falls to zero."""
    fall_steps = max(1.0, (1.0 - run.falls_from) * run.steps)
    return float(min(1.0, (step + 1) / _WARMUP_STEPS, (run.steps - step) / fall_steps))


def _take_stock(
    recipe: DetectorRecipe, learner: Learner, best: Path, say: Callable[[str], object], losses: Any
) -> None:
    found = validate(learner.average, recipe.validate)
    figures = "  ".join(f"{name} {value:.3f}" for name, value in found.quality.items())
    say(f"step {learner.step}  scores {losses[0]:.3f}  boxes {losses[1]:.3f}  {figures}")
    if found.mean_ap50 > learner.best:
        learner.best = found.mean_ap50
        save_best(best, learner.average, recipe.network, _card(recipe, learner.average, found))


def _card(recipe: DetectorRecipe, network: CompactNet, found: Validation) -> Card:
    terms = [f"{source.path.name}: {source.terms}" for source in recipe.train]
    return Card(recipe.name, found.confidence, parameter_count(network), terms, found.quality)


class _Batches(Dataset[Batch]):
    """The batches of a recipe by their step; the images are read by the process that draws the first."""

    def __init__(self, recipe: DetectorRecipe) -> None:
        self._recipe = recipe
        self._pool: Pool | None = None

    def __getitem__(self, step: int) -> Batch:
        if self._pool is None:
            cv2.setNumThreads(1)  # the cores belong to the network
            self._pool = load_pool(self._recipe.train)
        return draw_batch(self._recipe, self._pool, step)


def _batches(recipe: DetectorRecipe, first_step: int) -> Iterator[Batch]:
    """Give the batches from a step on, a few ahead.

    They come from another process: a thread would take Python's lock from the network hundreds of times a step. It is
    spawned, for a forked one inherits the locks of OpenCV's and ONNX Runtime's threads, but not the threads.
    """
    steps = range(first_step, recipe.run.steps)
    if not steps:
        return iter(())
    loader = DataLoader(
        _Batches(recipe), batch_size=None, sampler=steps, num_workers=1, prefetch_factor=_AHEAD,
        multiprocessing_context="spawn",
    )  # fmt: skip
    return _in_our_words(loader)


def _in_our_words(loader: Iterable[Batch]) -> Iterator[Batch]:
    """Give the batches; an error of the other process says what it said there, without that process's stack."""
    try:
        yield from loader
    except DetectorDatasetError as error:
        told = str(error).rpartition(f"{type(error).__name__}: ")[2].strip()
        raise DetectorDatasetError(told) from error


def draw_batch(recipe: DetectorRecipe, pool: Pool, step: int) -> Batch:
    """Return the batch of a step; the same step of the same recipe gives the same."""
    rng = np.random.default_rng([recipe.run.seed, step])
    sizes = recipe.composition.sides_hw
    size_hw = sizes[int(rng.integers(len(sizes)))]
    canvases = [compose(pool, recipe.composition, size_hw, rng) for _ in range(recipe.run.batch)]
    frames = torch.from_numpy(np.stack([canvas.image for canvas in canvases]))
    people, ignored = [canvas.xyxy for canvas in canvases], [canvas.ignore_xyxy for canvas in canvases]
    return Batch(frames, targets_of(people, ignored, size_hw))
