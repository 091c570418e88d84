"""CUHK-PEDES (Li et al., CVPR 2017): 40,206 images of 13,003 people, two captions each, ids from 1.

``imgs/`` lies beside ``reid_raw.json``, or beside ``caption_all.json`` where each record may lack its split.
Splits then come from ``train_reid.json``, ``val_reid.json`` and ``test_reid.json`` (or the same without
``_reid``, or as ``.txt`` with one image path or person id a line). Any of these files may be missing, and so
may ``reid_raw.json`` where the ``_reid`` files hold full records: a folder with a test split alone is fine.
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reid.datasets.annotations import Layout, find_file, image_path, read_list, to_samples
from reid.datasets.format import SPLITS, Counts, Format, Promise
from reid.datasets.problems import Problems
from reid.datasets.sample import Sample
from reid.errors import DatasetError, reason

_LAYOUT = Layout(source="CUHK-PEDES", files=("reid_raw.json", "caption_all.json"), path_key="file_path")
_log = logging.getLogger(__name__)


def read_cuhk_pedes(root: Path, problems: Problems) -> list[Sample]:
    """Return the samples of every split that is there.

    Raises:
        DatasetError: there is no annotation file, one is damaged, or nothing tells the splits.
    """
    path = find_file(root, _LAYOUT.files)
    if path is None:
        return _read_split_files(root, problems)
    records = read_list(path)
    if any(isinstance(record, dict) and not record.get("split") for record in records):
        records = _give_splits(records, path, root)
    return to_samples(root, records, _LAYOUT, problems)


def _give_splits(records: list[Any], path: Path, root: Path) -> list[Any]:
    """Return the records that the split files place, with their split written in."""
    splits = _split_index(root)
    if not splits and any(isinstance(record, dict) and record.get("split") for record in records):
        return records  # a few broken records, to be reported one by one
    if not splits:
        raise DatasetError(
            f"{path} has records without a split, and nothing beside it says which split they are in; "
            "add train.txt, val.txt and test.txt (or .json, or _reid.json), or use reid_raw.json"
        )
    placed = [{**r, "split": _place(r, splits)} for r in records if isinstance(r, dict) and _place(r, splits)]
    if len(placed) < len(records):
        _log.warning("%s: %d records are in no split and are left out", path, len(records) - len(placed))
    return placed


def _read_split_files(root: Path, problems: Problems) -> list[Sample]:
    found = {split: find_file(root, [f"{split}_reid.json"]) for split in SPLITS}
    if not any(found.values()):
        names = " or ".join((*_LAYOUT.files, *(f"{split}_reid.json" for split in SPLITS)))
        raise DatasetError(f"{root} holds no {names}; point at the folder that does")
    records: list[Any] = []
    for split, path in found.items():
        for record in read_list(path) if path else ():
            records.append({**record, "split": split} if isinstance(record, dict) else record)  # noqa: PERF401
    return to_samples(root, records, _LAYOUT, problems)


def _place(record: Mapping[str, Any], splits: Mapping[str, str]) -> str | None:
    """Return the record's own split, else the split of its image, else the split of its person."""
    own = record.get("split")
    if own:
        return str(own)
    return splits.get(image_path(record.get("file_path")) or "") or splits.get(str(record.get("id", "")))


def _split_index(root: Path) -> dict[str, str]:
    """Map image paths and person ids (as text) to the split whose file lists them."""
    index: dict[str, str] = {}
    for split in SPLITS:
        path = find_file(root, [f"{split}_reid.json", f"{split}.json", f"{split}.txt"])
        if path is None:
            continue
        entries = _lines(path) if path.suffix == ".txt" else read_list(path)
        for entry in entries:
            name = entry.get("file_path") or entry.get("id", "") if isinstance(entry, dict) else entry
            index[image_path(name) or str(name)] = split
    return index


def _lines(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"cannot read {path} as a list of image paths: {reason(error)}") from error
    return [line.strip() for line in lines if line.strip()]


def _recognises(root: Path) -> bool:
    return find_file(root, (*_LAYOUT.files, *(f"{split}_reid.json" for split in SPLITS))) is not None


CUHK_PEDES = Format(
    name="cuhk-pedes",
    marks="reid_raw.json, caption_all.json or test_reid.json",
    recognises=_recognises,
    read=read_cuhk_pedes,
    promise=Promise(
        has_captions=True,
        first_train_id=1,
        known={
            "train": Counts(34_054, 11_003, 68_126),
            "val": Counts(3_078, 1_000, 6_158),
            "test": Counts(3_074, 1_000, 6_156),
        },
    ),
)
