"""RSTPReid: the path is in img_path, ids count from 0, the camera is in the name."""

from typing import Any

import pytest

from reid.datasets.load import load_dataset
from reid.errors import DatasetError


def record(person: int, camera: int, split: str) -> dict[str, Any]:
    """Return a record as data_captions.json has it."""
    path = f"{person:04}_c{camera}_0031.jpg"
    return {
        "id": person,
        "img_path": path,
        "captions": ["The man is in grey.", "A strong man."],
        "split": split,
    }


def test_img_path_is_the_key(write_annotated: Any) -> None:
    """Path, person, camera and both captions arrive."""
    root = write_annotated("data_captions.json", [record(0, 14, "train"), record(0, 1, "train")])
    first, second = load_dataset(root, "rstpreid", "train")
    assert (first.key, first.person_id, first.camera_id) == (
        "0000_c14_0031.jpg",
        "RSTPReid/0",
        "RSTPReid/c14",
    )
    assert second.camera_id == "RSTPReid/c1"
    assert len(first.captions) == 2


def test_file_path_in_place_of_img_path_is_named(write_annotated: Any) -> None:
    """A file in the other data sets' form is refused, naming the key that was expected."""
    told = record(0, 1, "train")
    told["file_path"] = told.pop("img_path")
    with pytest.raises(DatasetError, match="1 records without a usable 'img_path'"):
        load_dataset(write_annotated("data_captions.json", [told]), "rstpreid")


def test_train_ids_start_at_zero(write_annotated: Any) -> None:
    """Unlike CUHK-PEDES, the first person is 0."""
    root = write_annotated("data_captions.json", [record(1, 1, "train"), record(2, 1, "train")])
    with pytest.raises(DatasetError, match=r"train ids outside 0\.\.1 \(2\)"):
        load_dataset(root, "rstpreid")
