"""Checks samples against what their format promises."""

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from reid.datasets.format import Counts, Promise
from reid.datasets.problems import Problems
from reid.datasets.sample import Sample


def check_samples(samples: Sequence[Sample], promise: Promise, problems: Problems) -> None:
    """Add duplicate keys, missing or empty captions, people in two splits and gaps in train's ids."""
    for key, count in Counter(sample.key for sample in samples).items():
        if count > 1:
            problems.add("keys that occur more than once", key, "each image may be listed once")
    for sample in samples:
        if promise.has_captions and not sample.captions:
            problems.add("images without a caption", sample.key)
        if not all(caption.strip() for caption in sample.captions):
            problems.add("images with an empty caption", sample.key, "write a sentence or leave the image out")
    _check_people(samples, problems)
    if promise.first_train_id is not None:
        _check_train_ids(samples, promise.first_train_id, problems)


def _check_people(samples: Sequence[Sample], problems: Problems) -> None:
    splits: dict[str, set[str]] = defaultdict(set)
    for sample in samples:
        splits[sample.person_id].add(sample.split)
    for person, found in splits.items():
        if len(found) > 1:
            advice = "a person may be in one split only, or the figures measured on it are worth nothing"
            problems.add("people in two splits", f"{person} in {' and '.join(sorted(found))}", advice)


def _check_train_ids(samples: Sequence[Sample], first: int, problems: Problems) -> None:
    """Ids of a whole train split run without a gap; a gap means that rows were lost or renumbered."""
    found = {int(s.person_id.rpartition("/")[2]) for s in samples if s.split == "train"}
    expected = range(first, first + len(found))
    advice = f"train ids run from {first} without a gap; is this a derived or partial copy?"
    for number in sorted(found.difference(expected)):
        problems.add(f"train ids outside {first}..{expected.stop - 1}", number, advice)


def check_files(samples: Iterable[Sample], problems: Problems) -> None:
    """Add every image file that is not there, or empty; looks into each folder once."""
    sizes: dict[Path, dict[str, int]] = {}
    for sample in samples:
        path = sample.image.path
        if path.parent not in sizes:
            sizes[path.parent] = _sizes(path.parent)
        size = sizes[path.parent].get(path.name)
        if size is None:
            advice = "if only one split is on disk, ask for that split by name"
            problems.add("missing images", sample.key, advice)
        elif size == 0:
            problems.add("empty images", sample.key)


def _sizes(folder: Path) -> dict[str, int]:
    """Return the size of every file in a folder; nothing where there is no such folder."""
    try:
        with os.scandir(folder) as entries:
            return {entry.name: entry.stat().st_size for entry in entries if entry.is_file()}
    except (FileNotFoundError, NotADirectoryError):
        return {}


def count_warnings(samples: Sequence[Sample], promise: Promise) -> list[str]:
    """Return one sentence for each split that is nearly complete and yet not of its published size.

    A split with fewer than half of the published captions is taken for an excerpt and left alone.
    """
    told = []
    for split, known in promise.known.items():
        chosen = [sample for sample in samples if sample.split == split]
        found = Counts(len(chosen), len({s.person_id for s in chosen}), sum(len(s.captions) for s in chosen))
        if found.captions * 2 >= known.captions and not _same(found, known):
            told.append(f"{split} holds {_tell(found)}, but was published with {_tell(known)}")
    return told


def _same(found: Counts, known: Counts) -> bool:
    return (
        (known.images in (None, found.images)) and found.persons == known.persons and found.captions == known.captions
    )


def _tell(counts: Counts) -> str:
    images = "" if counts.images is None else f"{counts.images:,} images, "
    return f"{images}{counts.persons:,} people, {counts.captions:,} captions"
