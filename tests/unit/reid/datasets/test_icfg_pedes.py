"""ICFG-PEDES: the split is what the JSON says, whatever folder the image is in."""

from typing import Any

import pytest

from reid.datasets.load import load_dataset
from reid.errors import DatasetError


def record(person: int, split: str, place: str = "") -> dict[str, Any]:
    """Return a record; images of both splits lie in both folders of MSMT17."""
    folder = "train" if person % 2 else "test"
    path = place or f"{folder}/{person:04}/{person:04}_000_05_0303morning_0001_0.jpg"
    return {
        "split": split,
        "captions": ["a woman"],
        "file_path": path,
        "id": person,
        "processed_tokens": [["a"]],
    }


FULL = [record(0, "train"), record(1, "train"), record(2, "test"), record(3, "test")]


@pytest.mark.parametrize("name", ["ICFG-PEDES.json", "ICFG_PEDES.json"])
def test_the_split_is_the_jsons_not_the_folders(write_annotated: Any, name: str) -> None:
    """An image in imgs/test may be a training image; both spellings of the file name work."""
    samples = load_dataset(write_annotated(name, FULL), "icfg-pedes", "train")
    assert [s.key.split("/")[0] for s in samples] == ["test", "train"]
    assert [s.person_id for s in samples] == ["ICFG-PEDES/0", "ICFG-PEDES/1"]


def test_cameras_are_read_from_msmt17_names(write_annotated: Any) -> None:
    """The cross-view protocol needs them."""
    samples = load_dataset(write_annotated("ICFG-PEDES.json", FULL), "icfg-pedes")
    assert {s.camera_id for s in samples} == {"ICFG-PEDES/c5"}


def test_split_is_compared_in_lower_case(write_annotated: Any) -> None:
    """Some copies write Train and TEST."""
    root = write_annotated("ICFG-PEDES.json", [record(0, "Train"), record(2, "TEST")])
    assert [s.split for s in load_dataset(root, "icfg-pedes")] == ["train", "test"]


def test_an_image_listed_twice_for_one_person_has_both_captions(write_annotated: Any) -> None:
    """The published file has such a pair of records; it is one image with two sentences."""
    twice = [record(0, "train"), {**record(0, "train"), "captions": ["a lady"]}]
    (sample,) = load_dataset(write_annotated("ICFG-PEDES.json", twice), "icfg-pedes")
    assert sample.captions == ("a woman", "a lady")


def test_an_image_listed_for_two_people_is_an_error(write_annotated: Any) -> None:
    """Contradicting records are not merged."""
    place = record(0, "train")["file_path"]
    root = write_annotated("ICFG-PEDES.json", [record(0, "train"), record(1, "train", place)])
    with pytest.raises(DatasetError, match="1 keys that occur more than once"):
        load_dataset(root, "icfg-pedes")


def test_captions_numbered_as_people_are_found_out(write_annotated: Any) -> None:
    """A derived copy that counts captions as ids and loses some of them has gaps in train."""
    root = write_annotated("ICFG-PEDES.json", [record(n, "train") for n in (0, 4, 7)])
    with pytest.raises(DatasetError, match=r"2 train ids outside 0\.\.2 \(4, 7\)"):
        load_dataset(root, "icfg-pedes")


def test_a_person_in_train_and_test_is_an_error(write_annotated: Any) -> None:
    """Test people mixed into train would make every figure worthless."""
    other = "test/0000/0000_001_07_0303noon_0002_0.jpg"
    root = write_annotated("ICFG-PEDES.json", [record(0, "train"), record(0, "test", other)])
    with pytest.raises(DatasetError, match=r"1 people in two splits \(ICFG-PEDES/0 in test and train\)"):
        load_dataset(root, "icfg-pedes")


def test_test_ids_that_start_again_at_zero_are_other_people(write_annotated: Any) -> None:
    """Where the image names show different people, equal numbers in two splits are two numberings."""
    other = "train/0077/0077_001_07_0303noon_0002_0.jpg"
    root = write_annotated("ICFG-PEDES.json", [record(0, "train"), record(0, "test", other)])
    assert [s.person_id for s in load_dataset(root, "icfg-pedes")] == ["ICFG-PEDES/0", "ICFG-PEDES/test-0"]


def test_there_is_no_val_split_and_the_error_says_how_to_make_one(write_annotated: Any) -> None:
    """ICFG-PEDES was published without one."""
    root = write_annotated("ICFG-PEDES.json", FULL)
    with pytest.raises(DatasetError, match="hold_out_people makes a val split"):
        load_dataset(root, "icfg-pedes", "val")
