"""Small data sets in each format, written to a temporary folder."""

import io
import json
import os
import tarfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

Record = dict[str, Any]
WriteAnnotated = Callable[..., Path]
WriteShard = Callable[..., Path]

PIXELS = b"\xff\xd8\xff not a real picture \xff\xd9"


@pytest.fixture
def write_annotated(tmp_path: Path) -> WriteAnnotated:
    """Return a function that writes an annotation file and an image for every record that names one."""

    def write(name: str, records: Iterable[Any], *, images: bool = True) -> Path:
        records = list(records)
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(records), encoding="utf-8")
        for record in records if images else ():
            place = record.get("file_path") or record.get("img_path")
            image = tmp_path / "imgs" / place
            image.parent.mkdir(parents=True, exist_ok=True)
            image.write_bytes(PIXELS)
        return tmp_path

    return write


@pytest.fixture
def write_shard(tmp_path: Path) -> WriteShard:
    """Return a function that writes a shard; a member's value is bytes, or a mapping to be told as JSON."""

    def write(name: str, members: Iterable[tuple[str, bytes | Mapping[str, Any]]]) -> Path:
        path = tmp_path / name
        with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
            for member, content in members:
                told = content if isinstance(content, bytes) else json.dumps(content).encode()
                info = tarfile.TarInfo(member)
                info.size = len(told)
                archive.addfile(info, io.BytesIO(told))
        return path

    return write


@pytest.fixture
def peta() -> Path:
    """Return the folder of real PETA shards, or skip."""
    default = Path(__file__).parents[5] / "shared" / "data"
    folder = Path(os.environ.get("LOOKOUT_DATA", default)) / "peta"
    if not folder.is_dir():
        pytest.skip(f"no PETA shards at {folder}; set LOOKOUT_DATA to where the shared data lies")
    return folder
