"""Photos and a file of described people become a shard to train on."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from reid.datasets.cut import cut_people
from reid.datasets.load import load_dataset
from reid.errors import DatasetError
from reid.training.material import decode

RED_PERSON = {
    "photo": "a.png",
    "box_xyxy": [10, 20, 30, 60],
    "attributes": ["upperBodyRed"],
    "captions": ["a woman in a red coat", "red coat, seen from behind"],
}


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Return a folder with one grey photo, 50x80 px, that has a red person in it."""
    photo = np.full((80, 50, 3), 120, np.uint8)
    photo[20:60, 10:30] = (0, 0, 200)
    folder = tmp_path / "photos"
    folder.mkdir()
    cv2.imwrite(str(folder / "a.png"), photo)
    return folder


def write(path: Path, *people: dict[str, Any]) -> Path:
    """Write a file of people."""
    path.write_text("".join(json.dumps(person) + "\n" for person in people))
    return path


def test_each_line_becomes_a_crop_with_its_description(photos: Path, tmp_path: Path) -> None:
    """The crop is the box, the words are the line's, every line is another person, and the file names the source."""
    people = write(tmp_path / "market.jsonl", RED_PERSON, {"photo": "a.png", "box_xyxy": [0, 0, 10, 20]})
    people.write_text(people.read_text() + "\n")  # a blank line is nobody
    assert cut_people(photos, people, tmp_path / "out") == 2
    red, grey = load_dataset(tmp_path / "out", "shards", "train")
    assert (red.source, red.attributes, red.captions) == ("market", {"upperBodyRed"}, tuple(RED_PERSON["captions"]))
    assert red.person_id != grey.person_id
    assert grey.captions == ()
    np.testing.assert_allclose(decode(red, (40, 20)).mean(axis=(0, 1)), (200, 0, 0), atol=4)  # RGB
    np.testing.assert_allclose(decode(grey, (20, 10)).mean(axis=(0, 1)), (120, 120, 120), atol=4)


def test_a_file_of_any_name_and_editor_becomes_a_shard(photos: Path, tmp_path: Path) -> None:
    """Dots in the file's name, where a shard's keys would end, and an editor's mark at its start lose nobody."""
    people = write(tmp_path / "market.2026.jsonl", RED_PERSON)
    people.write_bytes(b"\xef\xbb\xbf" + people.read_bytes())
    assert cut_people(photos, people, tmp_path / "out") == 1
    (red,) = load_dataset(tmp_path / "out", "shards", "train")
    assert (red.key, red.source) == ("market-2026-00000", "market.2026")


def test_lookout_cut_counts_the_people(photos: Path, tmp_path: Path) -> None:
    """The command says what it made, and never writes over a shard."""
    people = write(tmp_path / "people.jsonl", RED_PERSON)
    arguments = ["cut", str(photos), str(people), str(tmp_path / "out")]
    assert "holds 1 people" in CliRunner().invoke(app, arguments).output
    again = CliRunner().invoke(app, arguments)
    assert isinstance(again.exception, DatasetError)
    assert "is there already" in str(again.exception)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"photo": "b.png"}, r"b\.png is no readable photo"),
        ({"captions": ["a man", " "]}, "line 1 has an empty caption"),
        ({"box_xyxy": [10, 20, 13, 60]}, "is less than 4x8 px"),
        ({"box_xyxy": [10, 20, 51, 60]}, r"does not lie in .*a\.png \(50x80 px\)"),
        ({"box_xyxy": [10, 60, 30, 60]}, "does not lie in"),
        ({"box_xyxy": [10, 20]}, "line 1 describes no person"),
        ({"colour": "red"}, "line 1 describes no person.*colour"),
    ],
)
def test_what_cannot_be_cut_is_named(photos: Path, tmp_path: Path, change: dict[str, Any], message: str) -> None:
    """A missing photo, a box outside of it or a wrong line is an error that names it, and leaves no shard behind."""
    people = write(tmp_path / "people.jsonl", {**RED_PERSON, **change})
    with pytest.raises(DatasetError, match=message):
        cut_people(photos, people, tmp_path / "out")
    assert not list(tmp_path.glob("out/*"))


def test_a_file_without_people_is_an_error(photos: Path, tmp_path: Path) -> None:
    """A shard of nobody is not written; what reads it would fail later and say less."""
    with pytest.raises(DatasetError, match=r"people\.jsonl describes nobody"):
        cut_people(photos, write(tmp_path / "people.jsonl"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_missing_file_of_people_is_named(photos: Path, tmp_path: Path) -> None:
    """The path that cannot be read stands in the message."""
    with pytest.raises(DatasetError, match=r"cannot read .*none\.jsonl"):
        cut_people(photos, tmp_path / "none.jsonl", tmp_path / "out")
