"""The one door to data sets: a folder, a format's name, a split."""

import logging
from difflib import get_close_matches
from pathlib import Path

from reid.datasets.cuhk_pedes import CUHK_PEDES
from reid.datasets.format import SPLITS, Format
from reid.datasets.icfg_pedes import ICFG_PEDES
from reid.datasets.problems import Problems
from reid.datasets.rstpreid import RSTPREID
from reid.datasets.sample import Sample
from reid.datasets.shards import SHARDS
from reid.datasets.validate import check_files, check_samples, count_warnings
from reid.errors import ConfigurationError, DatasetError

FORMATS: dict[str, Format] = {each.name: each for each in (CUHK_PEDES, ICFG_PEDES, RSTPREID, SHARDS)}
_log = logging.getLogger(__name__)


def load_dataset(path: Path, dataset_format: str, split: str | None = None) -> list[Sample]:
    """Return the checked samples of one split, or of all, in the order the data set has them.

    Every problem is collected before any is reported. All splits are read and checked against each other, but
    image files are looked for in the chosen split only: a folder with the images of one split is fine. A size
    other than the published one is only logged.

    Args:
        path: the folder with the annotation file or the shards.
        dataset_format: one of ``FORMATS``.
        split: ``train``, ``val`` or ``test``; None for all.

    Raises:
        ConfigurationError: the format or the split is unknown.
        DatasetError: the folder is not what its format promises, or the split is empty.
    """
    chosen_format = _find_format(dataset_format)
    if split is not None and split not in SPLITS:
        raise ConfigurationError(f"split must be one of {', '.join(SPLITS)}, but got {split!r}")
    _check_folder(path)
    problems = Problems(dataset_format, path)
    samples = chosen_format.read(path, problems)
    chosen = [sample for sample in samples if split in (None, sample.split)]
    check_samples(samples, chosen_format.promise, problems)
    check_files(chosen, problems)
    problems.raise_if_any()
    for warning in count_warnings(samples, chosen_format.promise):
        _log.warning("%s at %s: %s", dataset_format, path, warning)
    if not chosen:
        raise DatasetError(f"{dataset_format} at {path} has no sample{_tell_splits(samples, split)}")
    return chosen


def detect_format(path: Path) -> str:
    """Return the name of the format a folder is in, told by the files in it.

    Raises:
        DatasetError: the folder does not exist, or is of no format or of several.
    """
    _check_folder(path)
    found = [name for name, each in FORMATS.items() if each.recognises(path)]
    if len(found) == 1:
        return found[0]
    if found:
        raise DatasetError(f"{path} looks like {' and '.join(found)} at once; name the format")
    marks = "; ".join(f"{each.marks} ({name})" for name, each in FORMATS.items())
    raise DatasetError(f"{path} is no data set of a known format; expected one of these files in it: {marks}")


def _find_format(name: str) -> Format:
    if name in FORMATS:
        return FORMATS[name]
    near = get_close_matches(name.lower(), FORMATS, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise ConfigurationError(f"the data set format must be one of {', '.join(FORMATS)}, but got {name!r}{hint}")


def _check_folder(path: Path) -> None:
    if not path.is_dir():
        raise DatasetError(f"{path} is not a folder; point at the folder of the data set")


def _tell_splits(samples: list[Sample], split: str | None) -> str:
    there = ", ".join(dict.fromkeys(sample.split for sample in samples))
    if split is None or not there:
        return ""
    hint = "; hold_out_people makes a val split out of train" if split == "val" else ""
    return f" in split {split!r}, only in {there}{hint}"
