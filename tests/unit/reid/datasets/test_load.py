"""The door to data sets knows exactly four formats and says what is wrong with what it is given."""

import json
from pathlib import Path
from typing import Any

import pytest

from reid.datasets.load import FORMATS, detect_format, load_dataset
from reid.errors import ConfigurationError, DatasetError


def test_the_formats_are_the_four_that_are_documented() -> None:
    """Names are part of the command line and of saved settings."""
    assert list(FORMATS) == ["cuhk-pedes", "icfg-pedes", "rstpreid", "shards"]


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("reid_raw.json", "cuhk-pedes"),
        ("caption_all.json", "cuhk-pedes"),
        ("test_reid.json", "cuhk-pedes"),
        ("annotations/caption_all.json", "cuhk-pedes"),
        ("ICFG-PEDES.json", "icfg-pedes"),
        ("ICFG_PEDES.json", "icfg-pedes"),
        ("data_captions.json", "rstpreid"),
        ("val-000.tar", "shards"),
    ],
)
def test_a_format_is_told_by_its_files(tmp_path: Path, file: str, name: str) -> None:
    """Nobody has to name the format of a folder that lies as published."""
    path = tmp_path / file
    path.parent.mkdir(exist_ok=True)
    path.touch()
    assert detect_format(tmp_path) == name


def test_a_folder_of_two_formats_or_none_is_not_guessed(tmp_path: Path) -> None:
    """The message lists what was found, or what was looked for."""
    with pytest.raises(DatasetError, match=r"expected one of these files in it: reid_raw\.json"):
        detect_format(tmp_path)
    (tmp_path / "reid_raw.json").touch()
    (tmp_path / "train-0.tar").touch()
    with pytest.raises(DatasetError, match="looks like cuhk-pedes and shards at once"):
        detect_format(tmp_path)


def test_a_path_that_is_no_folder_is_an_error(tmp_path: Path) -> None:
    """Both doors say so in the same way."""
    with pytest.raises(DatasetError, match="is not a folder"):
        detect_format(tmp_path / "nowhere")
    with pytest.raises(DatasetError, match="is not a folder"):
        load_dataset(tmp_path / "nowhere", "shards", None)


@pytest.mark.parametrize("name", ["cuhk-pedes", "icfg-pedes", "rstpreid", "shards"])
def test_an_empty_folder_is_an_error_in_every_format(tmp_path: Path, name: str) -> None:
    """The message names the file that was looked for."""
    with pytest.raises(DatasetError, match="point at the folder that does"):
        load_dataset(tmp_path, name, None)


def test_an_unknown_format_or_split_is_named_with_the_choices(tmp_path: Path) -> None:
    """A near miss gets a suggestion."""
    with pytest.raises(ConfigurationError, match=r"'RSTPReID'; did you mean rstpreid\?"):
        load_dataset(tmp_path, "RSTPReID", None)
    with pytest.raises(ConfigurationError, match="split must be one of train, val, test, but got 'dev'"):
        load_dataset(tmp_path, "shards", "dev")


def test_loading_twice_gives_the_same_samples(write_annotated: Any) -> None:
    """Order and content depend on the files alone."""
    records = [{"id": n, "img_path": f"{n:04}_c1_1.jpg", "captions": ["x y"], "split": "train"} for n in (2, 0, 1)]
    root = write_annotated("data_captions.json", records)
    samples = load_dataset(root, "rstpreid", None)
    assert samples == load_dataset(root, "rstpreid", None)
    assert [s.key for s in samples] == ["0002_c1_1.jpg", "0000_c1_1.jpg", "0001_c1_1.jpg"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[" * 100_000, "is not JSON"),
        (json.dumps([{"id": "9" * 5000, "img_path": "a.jpg", "captions": ["x"], "split": "val"}]), "a whole number"),
    ],
    ids=["nested", "long id"],
)
def test_what_python_cannot_read_is_damage_like_any_other(tmp_path: Path, content: str, message: str) -> None:
    """Brackets beyond counting and ids of thousands of digits are errors of the data set, told with its path."""
    (tmp_path / "data_captions.json").write_text(content)
    with pytest.raises(DatasetError, match=message):
        load_dataset(tmp_path, "rstpreid")
