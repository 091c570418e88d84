"""From a recipe to a trained network: read, build, learn; what ``lookout train`` does."""

import os
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from rich.console import Console

from reid.datasets.sample import Sample
from reid.errors import ConfigurationError, WeightsError
from reid.network.bert import FrozenBert, copy_bert, find_bert, open_bert
from reid.text.bert_tokenizer import BertTokenizer
from reid.text.pieces import WordPieces
from reid.text.tokenizer import SentenceTokenizer, Tokenizer
from reid.text.vocabulary import Vocabulary, learn_vocabulary
from reid.training.batches import Batches
from reid.training.checkpoint import BERT_FOLDER, load_checkpoint, read_words
from reid.training.distributed import Ranks, joined, read_ranks
from reid.training.language import collect_sentences, learn_language
from reid.training.learner import build_learner, choose_device
from reid.training.material import Material, load_material
from reid.training.settings import BertSettings, Recipe
from reid.training.splits import described, split_samples
from reid.training.train import train
from reid.training.validation import Validator


def run_recipe(recipe: Recipe, folder: Path, *, resume: bool = False) -> Path:
    """Train by a recipe and return the best checkpoint; started by ``torchrun``, together with the other processes.

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
    ranks = read_ranks(os.environ)
    ranks.share(recipe.batches.batch_size)
    with joined(ranks, choose_device(recipe.run, ranks.local)):
        _run(recipe, folder, ranks, resume=resume)
    best = folder / "best.pt"
    if ranks.first and not best.exists():
        raise WeightsError(f"{last} has no epoch left to learn, and {best.name} is gone; copy the whole folder again")
    return best


def _run(recipe: Recipe, folder: Path, ranks: Ranks, *, resume: bool) -> None:
    last = folder / "last.pt"
    training, validation = split_samples(recipe)
    bert = _take_bert(recipe.bert, folder / BERT_FOLDER, ranks, resume=resume)
    vocabulary, words = _language(recipe, training, last if resume else None, bert)
    tokenizer = _tokenizer(vocabulary, bert, recipe.network.token_limit)
    material = load_material(training, recipe.data.stored_hw)
    ranks.require_same(zlib.crc32(repr((vocabulary.words, material.keys)).encode()), "data set")
    seen = load_material(described(validation), recipe.data.stored_hw, material.attribute_names)
    learner = build_learner(recipe, vocabulary, words, material, ranks)
    if resume:
        load_checkpoint(last, learner)
        if not (folder / "best.pt").exists():
            learner.best = -1.0  # it was left behind somewhere: the next validation writes another
    batches = Batches(material, tokenizer, recipe.batches, recipe.run.seed)
    if not len(batches):
        raise ConfigurationError(
            f"batch_size = {recipe.batches.batch_size}, but an epoch has fewer crops than that: nothing would be "
            f"learned from {len(material.keys)} crops, {recipe.batches.crops_per_person} a person at most; make it less"
        )
    validator = Validator(seen, tokenizer)
    if ranks.first:
        told = f"learning from {_counted(material)}, validating on {_counted(seen)}; {len(vocabulary.words):,} words"
        Console(stderr=True).print(told, highlight=False, soft_wrap=True)
    train(learner, batches, validator, recipe, folder)


def _counted(material: Material) -> str:
    sentences = sum(map(len, material.captions))
    people = len(np.unique(material.persons))
    return f"{len(material.keys):,} crops of {people:,} people with {sentences:,} sentences"


def _take_bert(settings: BertSettings, folder: Path, ranks: Ranks, *, resume: bool) -> FrozenBert | None:
    """Copy the recipe's BERT into the run's folder, unless the run goes on with the one there, and open it."""
    if settings.model is None:
        return None
    if ranks.first and not resume:
        copy_bert(find_bert(settings.model, download=settings.download), folder)
    ranks.wait()
    return open_bert(folder)


def _tokenizer(vocabulary: Vocabulary, bert: FrozenBert | None, token_limit: int) -> SentenceTokenizer:
    if bert is None:
        return Tokenizer(vocabulary, token_limit)
    return BertTokenizer(WordPieces(bert.pieces), vocabulary, token_limit)


def _language(
    recipe: Recipe, training: Sequence[Sample], checkpoint: Path | None, bert: FrozenBert | None
) -> tuple[Vocabulary, npt.NDArray[np.float32] | FrozenBert]:
    """Learn the vocabulary, or take over the one of a run that goes on (its word vectors come with it)."""
    if checkpoint is not None:
        vocabulary = Vocabulary(read_words(checkpoint))
        return vocabulary, bert or np.zeros((len(vocabulary), recipe.network.word_dim), np.float32)
    sentences = collect_sentences(training, recipe.data.language, recipe.run.seed)
    if bert is not None:
        return learn_vocabulary(sentences, recipe.data.least_word_count), bert
    return learn_language(sentences, recipe.data.least_word_count, recipe.network.word_dim)
