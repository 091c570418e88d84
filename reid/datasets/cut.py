"""Cuts described people out of photos into a shard, so that ``lookout train`` can learn from them."""

import json
import tarfile
from codecs import BOM_UTF8
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import cv2
import msgspec
import numpy as np
import numpy.typing as npt

from reid.crops import SMALLEST_HW
from reid.errors import DatasetError

SHARD = "train-000.tar"
_JPEG_QUALITY = 95


class DescribedPerson(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a file of people: who is where in which photo."""

    photo: str  # its file name
    box_xyxy: tuple[int, int, int, int]  # in the photo's pixels
    attributes: tuple[str, ...] = ()  # PETA's words
    captions: tuple[str, ...] = ()


def cut_people(photos: Path, people: Path, folder: Path) -> int:
    """Write ``folder/train-000.tar`` with each person's crop and description, and return how many there are.

    Every line counts as another person. The source is called as the file of people is, without its ending.

    Args:
        photos: the folder of the photos.
        people: JSON lines, each a ``DescribedPerson``.
        folder: is made; holds no shard yet.

    Raises:
        DatasetError: a line, a photo or a box is not what it should be, or the folder holds a shard already.
    """
    shard = folder / SHARD
    if shard.exists():
        raise DatasetError(f"{shard} is there already; choose another folder or delete it")
    described = list(read_people(people))
    if not described:
        raise DatasetError(f"{people} describes nobody; give it one person a line")
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = shard.with_suffix(".part")
    try:
        with tarfile.open(unfinished, "w") as archive:
            for number, person in enumerate(described):
                key = f"{people.stem.replace('.', '-')}-{number:05d}"  # in a shard a key ends at its first dot
                _add(archive, f"{key}.jpg", _jpeg(_cut(photos, person)))
                _add(archive, f"{key}.json", json.dumps(_content(key, people.stem, person)).encode())
        unfinished.rename(shard)
    finally:
        unfinished.unlink(missing_ok=True)
    return len(described)


def read_people(path: Path) -> Iterator[DescribedPerson]:
    """Yield the people of a file.

    Raises:
        DatasetError: the file cannot be read, or a line is no ``DescribedPerson``; the message says which.
    """
    try:
        lines = path.read_bytes().removeprefix(BOM_UTF8).splitlines()
    except OSError as error:
        raise DatasetError(f"cannot read {path}: {error.strerror}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            person = msgspec.json.decode(line, type=DescribedPerson)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise DatasetError(f"{path} line {number} describes no person: {error}") from error
        if not all(caption.strip() for caption in person.captions):
            raise DatasetError(f"{path} line {number} has an empty caption; write a sentence or leave it out")
        yield person


def _cut(photos: Path, person: DescribedPerson) -> npt.NDArray[np.uint8]:
    path = photos / person.photo
    photo = cv2.imread(str(path)) if path.is_file() else None
    if photo is None:
        raise DatasetError(f"{path} is no readable photo; {photos} must hold every photo that is named")
    left, top, right, bottom = person.box_xyxy
    height, width = photo.shape[:2]
    if not (0 <= left < right <= width and 0 <= top < bottom <= height):
        raise DatasetError(f"the box {person.box_xyxy} does not lie in {path} ({width}x{height} px)")
    if bottom - top < SMALLEST_HW[0] or right - left < SMALLEST_HW[1]:
        least = f"{SMALLEST_HW[1]}x{SMALLEST_HW[0]}"
        raise DatasetError(f"the box {person.box_xyxy} in {path} is less than {least} px: nothing is left of a person")
    return np.asarray(photo[top:bottom, left:right], np.uint8)


def _jpeg(crop: npt.NDArray[np.uint8]) -> bytes:
    return bytes(cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1])


def _content(key: str, source: str, person: DescribedPerson) -> dict[str, object]:
    return {"person_id": key, "source": source, "attributes": person.attributes, "captions": person.captions}


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, BytesIO(content))
