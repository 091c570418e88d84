"""Reads the JSON lists that captioned data sets come with: one record per image."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from reid.datasets.camera import camera_of
from reid.datasets.format import SPLITS
from reid.datasets.problems import Problems
from reid.datasets.sample import ImageRef, Sample
from reid.errors import DatasetError

IMAGES = "imgs"
_LONGEST_ID = 18  # digits; no data set has as many people, and Python refuses to read thousands of them


@dataclass(frozen=True, slots=True)
class Layout:
    """How one data set names things: its source name, its annotation files, the key of the image path."""

    source: str
    files: tuple[str, ...]
    path_key: str


def find_file(root: Path, names: Iterable[str]) -> Path | None:
    """Return the first of ``names`` that lies in ``root`` or in its ``annotations`` folder."""
    places = [folder / name for name in names for folder in (root, root / "annotations")]
    return next((place for place in places if place.is_file()), None)


def read_list(path: Path) -> list[Any]:
    """Return the JSON list in a file.

    Raises:
        DatasetError: the file cannot be read, is not JSON, or is not a list.
    """
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise DatasetError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{path} is not JSON ({error}); was the download or the copy cut short?") from error
    if not isinstance(content, list):
        raise DatasetError(f"{path} should hold a JSON list, but holds {type(content).__name__}")
    return content


def read_annotated(root: Path, layout: Layout, problems: Problems) -> list[Sample]:
    """Return every sample of the annotation file in ``root``.

    Raises:
        DatasetError: there is no annotation file, or it is damaged.
    """
    path = find_file(root, layout.files)
    if path is None:
        raise DatasetError(f"{root} holds no {' or '.join(layout.files)}; point at the folder that does")
    return to_samples(root, read_list(path), layout, problems)


def to_samples(root: Path, records: Iterable[Any], layout: Layout, problems: Problems) -> list[Sample]:
    """Turn records into samples; what cannot be understood is added to ``problems``.

    An image that is listed twice, for the same person in the same split, becomes one sample with the captions
    of both records (ICFG-PEDES has such a pair); contradicting records stay two, for validation to report.
    """
    merged: dict[tuple[str, str, str], Sample] = {}
    for number, record in enumerate(records):
        path = image_path(record.get(layout.path_key)) if isinstance(record, dict) else None
        if path is None:
            problems.add(f"records without a usable {layout.path_key!r}", f"record {number}")
            continue
        sample = _to_sample(root, path, record, layout.source, problems)
        if sample is not None:
            key = (sample.key, sample.person_id, sample.split)
            before = merged.get(key)
            merged[key] = _join(before, sample) if before else sample
    return list(merged.values())


def _join(before: Sample, sample: Sample) -> Sample:
    return replace(before, captions=(*before.captions, *sample.captions))


def _to_sample(root: Path, path: str, record: Mapping[str, Any], source: str, problems: Problems) -> Sample | None:
    person, captions = _person(record.get("id")), _captions(record.get("captions"))
    split = str(record.get("split", "")).strip().lower()
    if person is None:
        problems.add("records without a whole number as 'id'", path)
    if captions is None:
        problems.add("records whose 'captions' is no list of sentences", path)
    if split not in SPLITS:
        problems.add(f"records whose 'split' is none of {', '.join(SPLITS)}", path)
    if person is None or captions is None or split not in SPLITS:
        return None
    camera = camera_of(path)
    return Sample(
        key=path,
        image=ImageRef(root / IMAGES / path),
        person_id=f"{source}/{person}",
        split=split,
        source=source,
        camera_id=camera and f"{source}/{camera}",
        captions=captions,
    )


def image_path(value: Any) -> str | None:
    """Return a path relative to the images folder, or None where it is none or leads out of it."""
    if not isinstance(value, str) or not value.strip():
        return None
    path = PurePosixPath(value.strip().replace("\\", "/"))
    return None if path.is_absolute() or ".." in path.parts else str(path)


def _person(value: Any) -> int | None:
    if isinstance(value, str) and value.strip().isdecimal() and len(value) <= _LONGEST_ID:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _captions(value: Any) -> tuple[str, ...] | None:
    """Return the sentences, stripped; one bare sentence counts as a list of one."""
    sentences = [value] if isinstance(value, str) else value
    if not isinstance(sentences, list) or not all(isinstance(sentence, str) for sentence in sentences):
        return None
    return tuple(sentence.strip() for sentence in sentences)
