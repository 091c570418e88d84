"""WebDataset shards: ``train-000.tar`` with ``<key>.jpg`` and ``<key>.json`` members, never unpacked.

The JSON member says ``person_id`` and may say ``source``, ``camera_id``, ``attributes`` and ``captions``.
A file ``captions.jsonl`` beside the shards may add sentences, ``{"key": ..., "captions": [...]}`` a line.
The split is the part of the shard's name before the first hyphen.
"""

import json
import logging
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from reid.datasets.format import SPLITS, Format, Promise
from reid.datasets.problems import Problems
from reid.datasets.sample import ImageRef, Sample
from reid.errors import DatasetError, reason

SIDE_FILE = "captions.jsonl"
_IMAGES = ("jpg", "jpeg", "png")
_BLOCK = 512  # bytes; a tar is made of such blocks and ends with zeroed ones
_log = logging.getLogger(__name__)


def read_shards(root: Path, problems: Problems) -> list[Sample]:
    """Return the samples of every shard in ``root`` without unpacking any.

    Raises:
        DatasetError: there is no shard, or a shard or ``captions.jsonl`` is damaged.
    """
    shards = sorted(root.glob("*.tar"))
    if not shards:
        raise DatasetError(f"{root} holds no *.tar shard; point at the folder that does")
    samples: list[Sample] = []
    for shard in shards:
        shard_split = shard.name.partition("-")[0]
        if shard_split not in SPLITS:
            problems.add("shards that are not named train-*, val-* or test-*", shard.name)
        else:
            samples += _read_shard(shard, shard_split, problems)
    return _with_side_captions(samples, root / SIDE_FILE)


def _read_shard(shard: Path, split: str, problems: Problems) -> Iterator[Sample]:
    images: dict[str, ImageRef] = {}
    described: dict[str, Mapping[str, Any]] = {}
    for name, reference, content in _members(shard):
        key, kind = _split_name(name)
        where = f"{shard.name}:{name}"
        if key in (described if kind == "json" else images) and kind in ("json", *_IMAGES):
            problems.add("members that come twice in one shard", where)
        elif kind == "json":
            described[key] = _parse(content, where, problems)
        elif kind in _IMAGES:
            images[key] = reference
    for key in images.keys() ^ described.keys():
        problems.add("members without their other half (image or JSON)", f"{shard.name}:{key}")
    for key, image in images.items():
        if described.get(key):
            yield from _to_sample(key, image, split, described[key], problems)


def _members(shard: Path) -> Iterator[tuple[str, ImageRef, bytes]]:
    """Yield name, place and, of JSON members only, content of every file in a shard.

    Raises:
        DatasetError: the shard is no plain tar, or stops before its end mark.
    """
    end = 0
    try:
        with shard.open("rb") as file, tarfile.open(fileobj=file, mode="r:") as archive:
            for member in archive:
                end = member.offset_data + -(-member.size // _BLOCK) * _BLOCK
                if member.isreg():
                    content = _content(file, member) if member.name.endswith(".json") else b""
                    yield member.name, ImageRef(shard, member.offset_data, member.size), content
            file.seek(end)
            if file.read(_BLOCK) != bytes(_BLOCK):
                raise tarfile.ReadError(f"no end mark at byte {end:,}")
    except tarfile.TarError as error:
        size = shard.stat().st_size
        raise DatasetError(
            f"{shard} ({size:,} bytes) is not a whole, uncompressed tar ({error}); copy or download it again"
        ) from error
    except OSError as error:
        raise DatasetError(f"cannot read {shard}: {error.strerror}") from error


def _content(file: IO[bytes], member: tarfile.TarInfo) -> bytes:
    file.seek(member.offset_data)
    return file.read(member.size)


def _split_name(name: str) -> tuple[str, str]:
    """Return key and lower-case extension; the key ends at the first dot of the last path part."""
    folder, slash, base = name.removeprefix("./").rpartition("/")
    stem, _, extension = base.partition(".")
    return f"{folder}{slash}{stem}", extension.lower()


def _parse(content: bytes, where: str, problems: Problems) -> Mapping[str, Any]:
    try:
        parsed = json.loads(content)
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        problems.add("members that hold no JSON object", where)
        return {}
    return parsed


def _to_sample(
    key: str, image: ImageRef, split: str, content: Mapping[str, Any], problems: Problems
) -> Iterator[Sample]:
    where = f"{image.path.name}:{key}"
    person, attributes = content.get("person_id"), content.get("attributes", [])
    captions, camera = content.get("captions", []), content.get("camera_id")
    source = image.path.parent.name if content.get("source") is None else content["source"]
    if not isinstance(person, str | int) or isinstance(person, bool) or person == "":
        problems.add("members without a 'person_id'", where)
    elif not _is_words(attributes):
        problems.add("members whose 'attributes' is no list of words", where)
    elif not _is_words(captions):
        problems.add("members whose 'captions' is no list of sentences", where)
    elif not isinstance(source, str | int) or not isinstance(camera, str | int | None):
        problems.add("members whose 'source' or 'camera_id' is no name", where)
    elif image.size == 0:
        problems.add("empty images", where)
    else:
        yield Sample(
            key=key,
            image=image,
            person_id=str(person),
            split=split,
            source=str(source),
            camera_id=None if camera is None else str(camera),
            captions=tuple(caption.strip() for caption in captions),
            attributes=frozenset(attributes),
        )


def _is_words(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(word, str) for word in value)


def _with_side_captions(samples: list[Sample], path: Path) -> list[Sample]:
    """Append the sentences of ``captions.jsonl``, each once; keys nobody has are counted, not refused."""
    if not path.is_file():
        return samples
    added = read_captions(path)
    unknown = added.keys() - {sample.key for sample in samples}
    if unknown:
        _log.warning("%s describes %d keys that no shard has, for example %s", path, len(unknown), min(unknown))
    return [
        replace(sample, captions=tuple(dict.fromkeys((*sample.captions, *added.get(sample.key, ())))))
        for sample in samples
    ]


def read_captions(path: Path) -> dict[str, list[str]]:
    """Return the sentences of each key in a file such as ``captions.jsonl``.

    Raises:
        DatasetError: it cannot be read, or a line is of another form.
    """
    captions: dict[str, list[str]] = {}
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"cannot read {path}: {reason(error)}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            key, sentences = entry["key"], entry["captions"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise DatasetError(f'{path} line {number}: expected {{"key": ..., "captions": [...]}}') from error
        if not isinstance(key, str) or not _is_words(sentences):
            raise DatasetError(f"{path} line {number}: 'key' must be a text and 'captions' a list of texts")
        captions.setdefault(key, []).extend(sentence.strip() for sentence in sentences)
    return captions


SHARDS = Format(
    name="shards",
    marks="train-*.tar, val-*.tar or test-*.tar",
    recognises=lambda root: any(shard.name.partition("-")[0] in SPLITS for shard in root.glob("*.tar")),
    read=read_shards,
    promise=Promise(),
)
