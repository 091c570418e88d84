"""From a recipe to a trained network: read, build, learn; what ``lookout train`` does."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from reid.datasets.load import load_dataset
from reid.datasets.sample import Sample
from reid.errors import ConfigurationError, DatasetError
from reid.text.tokenizer import Tokenizer
from reid.text.vocabulary import Vocabulary
from reid.training.batches import Batches
from reid.training.checkpoint import load_checkpoint, read_words
from reid.training.language import collect_sentences, learn_language
from reid.training.learner import build_learner
from reid.training.material import load_material
from reid.training.settings import Recipe
from reid.training.train import train
from reid.training.validation import Validator


def run_recipe(recipe: Recipe, folder: Path, *, resume: bool = False) -> Path:
    """Train by a recipe and return the best checkpoint.

    Args:
        recipe: what to train, on what, for how long.
        folder: where checkpoints and the log go; created where missing.
        resume: go on from the folder's ``last.pt``.

    Raises:
        ConfigurationError: the folder holds an earlier run and ``resume`` is false, or a setting is wrong.
        DatasetError: the data set or a file of sentences is not what it should be.
        WeightsError: there is nothing to resume, or it belongs to another recipe.
    """
    last = folder / "last.pt"
    if last.exists() and not resume:
        raise ConfigurationError(f"{folder} holds an earlier run; resume it with --resume or choose another folder")
    if recipe.run.threads:
        torch.set_num_threads(recipe.run.threads)
    training, validation = split_held_out(read_samples(recipe), recipe.data.hold_out)
    vocabulary, vectors = _language(recipe, training, last if resume else None)
    tokenizer = Tokenizer(vocabulary, recipe.network.token_limit)
    material = load_material(training, recipe.data.stored_hw)
    seen = load_material([s for s in validation if s.captions], recipe.data.stored_hw, material.attribute_names)
    learner = build_learner(recipe, vocabulary, vectors, material)
    if resume:
        load_checkpoint(last, learner)
    batches = Batches(material, tokenizer, recipe.batches, recipe.run.seed)
    train(learner, batches, Validator(seen, tokenizer), recipe, folder)
    return folder / "best.pt"


def read_samples(recipe: Recipe) -> list[Sample]:
    """Return the data set's samples with the recipe's own sentences added.

    Raises:
        DatasetError: either cannot be read.
    """
    samples = load_dataset(recipe.data.path, recipe.data.format)
    if recipe.data.captions is None:
        return samples
    added = _read_captions(recipe.data.captions)
    return [replace(sample, captions=sample.captions + added.get(sample.key, ())) for sample in samples]


def validation_samples(recipe: Recipe) -> list[Sample]:
    """Return the crops that a recipe validates on: those it holds out that somebody has described.

    Raises:
        DatasetError: the data set or a file of sentences cannot be read.
        ConfigurationError: nothing comes from the source that is held out.
    """
    return [s for s in split_held_out(read_samples(recipe), recipe.data.hold_out)[1] if s.captions]


def _read_captions(path: Path) -> dict[str, tuple[str, ...]]:
    try:
        lines = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
        return {line["key"]: tuple(line["captions"]) for line in lines}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"{path} must hold JSON lines with 'key' and 'captions': {error!r}") from error


def _language(
    recipe: Recipe, training: Sequence[Sample], checkpoint: Path | None
) -> tuple[Vocabulary, npt.NDArray[np.float32]]:
    """Learn the vocabulary, or take over the one of a run that goes on (its word vectors come with it)."""
    if checkpoint is not None:
        vocabulary = Vocabulary(read_words(checkpoint))
        return vocabulary, np.zeros((len(vocabulary), recipe.network.word_dim), np.float32)
    sentences = collect_sentences(training, recipe.data.language, recipe.run.seed)
    return learn_language(sentences, recipe.data.least_word_count, recipe.network.word_dim)


def split_held_out(samples: Sequence[Sample], source: str | None) -> tuple[list[Sample], list[Sample]]:
    """Return training and validation samples: a whole source, or else the split called val.

    Raises:
        ConfigurationError: no sample comes from ``source``.
    """
    if source is None:
        return [s for s in samples if s.split == "train"], [s for s in samples if s.split == "val"]
    held_out = [sample for sample in samples if sample.source == source]
    if not held_out:
        known = ", ".join(sorted({sample.source for sample in samples}))
        raise ConfigurationError(f"hold_out = {source!r}, but the data set's sources are {known}")
    rest = [sample for sample in samples if sample.source != source and sample.split == "train"]
    return rest, held_out
