"""Which crops of a recipe are learned from, and which are held out to validate on."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from reid.datasets.holdout import hold_out_people
from reid.datasets.load import load_dataset
from reid.datasets.sample import Sample
from reid.datasets.shards import read_captions
from reid.errors import ConfigurationError, DatasetError
from reid.training.settings import Recipe


def split_samples(recipe: Recipe) -> tuple[list[Sample], list[Sample]]:
    """Return what a recipe trains on and what it holds out.

    Raises:
        DatasetError: the data set or a file of sentences cannot be read, or the two do not belong together.
        ConfigurationError: nothing comes from the source that is held out, or the split cannot be made.
    """
    own = _read_own(recipe)
    together = _and_also(recipe, own)
    told = _described_by(recipe, together)
    if recipe.data.captions is not None and told == together:
        raise DatasetError(
            f"{recipe.data.captions} has no sentence about any of the {len(together):,} crops; do its keys belong to "
            "another data set?"
        )
    return split_held_out(told, recipe.data.hold_out)[0], _held_out(recipe, own)


def validation_samples(recipe: Recipe, *, undescribed: bool = False) -> list[Sample]:
    """Return the crops that a recipe validates on: those it holds out that somebody has described.

    Further folders are read only where the data set itself has nothing of what is held out.

    Args:
        recipe: says what is held out.
        undescribed: return the held-out crops, too, that nobody has described.

    Raises:
        DatasetError: the data set or a file of sentences cannot be read, or nobody has described what is held out.
        ConfigurationError: nothing comes from the source that is held out, or the split cannot be made.
    """
    held_out = _held_out(recipe, _read_own(recipe))
    return held_out if undescribed else described(held_out)


def _held_out(recipe: Recipe, own: list[Sample]) -> list[Sample]:
    source = recipe.data.hold_out
    enough = source is None or any(sample.source == source for sample in own)
    samples = _described_by(recipe, own if enough else _and_also(recipe, own))
    return split_held_out(samples, source)[1]


def _read_own(recipe: Recipe) -> list[Sample]:
    """Return the samples of the recipe's ``path``."""
    if recipe.data.hold_out is not None and recipe.data.hold_out_people is not None:
        raise ConfigurationError("hold_out and hold_out_people are both set in [data]; one of them makes the split")
    return _with_val(load_dataset(recipe.data.path, recipe.data.format), recipe.data.hold_out_people)


def _with_val(samples: list[Sample], share: float | None) -> list[Sample]:
    if share is None:
        return samples
    if any(sample.split == "val" for sample in samples):
        raise ConfigurationError(
            f"hold_out_people = {share}, but the data set has a split val of its own; leave it out"
        )
    return hold_out_people(samples, share)


def _and_also(recipe: Recipe, samples: Sequence[Sample]) -> list[Sample]:
    """Return the samples and those of the further folders, whose people are learned from."""
    together = list(samples)
    for folder in recipe.data.also:
        if not folder.is_dir():
            raise DatasetError(
                f"there is no {folder}, which [data] also names; make it with: lookout cut, or leave it out"
            )
        together += _apart(load_dataset(folder, recipe.data.format, "train"), together, folder)
    return together


def _apart(added: Sequence[Sample], samples: Sequence[Sample], folder: Path) -> list[Sample]:
    """Return a further folder's samples, its people apart from those of the others: many formats count from 0."""
    twice = {sample.key for sample in samples} & {sample.key for sample in added}
    if twice:
        raise DatasetError(
            f"{len(twice)} crops of {folder} come twice, for example {min(twice)}; name each folder once"
        )
    return [replace(sample, person_id=f"{folder.name}/{sample.person_id}") for sample in added]


def _described_by(recipe: Recipe, samples: list[Sample]) -> list[Sample]:
    """Return the samples with the recipe's own sentences added."""
    if recipe.data.captions is None:
        return samples
    added = read_captions(recipe.data.captions)
    return [replace(sample, captions=(*sample.captions, *added.get(sample.key, ()))) for sample in samples]


def described(samples: Sequence[Sample]) -> list[Sample]:
    """Return the samples that can be searched for by a sentence.

    Raises:
        DatasetError: there is none, so nothing could be validated.
    """
    told = [sample for sample in samples if sample.captions]
    if not told:
        raise DatasetError(
            "there is no crop with a sentence to validate on; keep a source (hold_out) or a share of train's people "
            "(hold_out_people) out of training, in [data]"
        )
    return told


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
