"""CUHK-PEDES is read whole, in part, and without the keys some copies lack."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from reid.datasets.load import load_dataset
from reid.errors import DatasetError


def record(number: int, person: int, split: str | None, folder: str = "CUHK03") -> dict[str, Any]:
    """Return a record as reid_raw.json has it; without a split, as caption_all.json may have it."""
    told: dict[str, Any] = {
        "file_path": f"{folder}/{person}_{number}.jpg",
        "id": person,
        "captions": [f"a man in coat {number}", "S wearing naïve jeans"],
    }
    return told if split is None else {**told, "split": split, "processed_tokens": [["a"], ["s"]]}


FULL = [
    record(1, 1, "train"),
    record(2, 1, "train"),
    record(1, 2, "train"),
    record(1, 3, "val"),
    record(1, 4, "test"),
]


def test_records_become_samples_with_ids_as_written(write_annotated: Any) -> None:
    """Ids stay 1-based, captions keep their spelling, and the image lies under imgs."""
    root = write_annotated("reid_raw.json", FULL)
    first = load_dataset(root, "cuhk-pedes", "train")[0]
    assert first.person_id == "CUHK-PEDES/1"
    assert first.captions == ("a man in coat 1", "S wearing naïve jeans")
    assert (first.key, first.split, first.source) == ("CUHK03/1_1.jpg", "train", "CUHK-PEDES")
    assert first.image.path == root / "imgs" / "CUHK03" / "1_1.jpg"
    assert first.image.read().startswith(b"\xff\xd8")


def test_splits_are_told_apart(write_annotated: Any) -> None:
    """A named split gives its samples only; no name gives all, in order."""
    root = write_annotated("reid_raw.json", FULL)
    assert [len(load_dataset(root, "cuhk-pedes", split)) for split in ("train", "val", "test", None)] == [
        3,
        1,
        1,
        5,
    ]


def test_reid_raw_is_preferred_to_caption_all(write_annotated: Any) -> None:
    """Where both files lie side by side, the one with splits counts."""
    write_annotated("caption_all.json", [record(9, 9, None)])
    root = write_annotated("reid_raw.json", FULL)
    assert len(load_dataset(root, "cuhk-pedes")) == 5


def test_annotations_may_lie_in_a_folder_of_their_own(write_annotated: Any) -> None:
    """Copies that keep the JSON in annotations/ are read too."""
    assert len(load_dataset(write_annotated("annotations/reid_raw.json", FULL), "cuhk-pedes")) == 5


def test_a_folder_with_only_test_images_gives_its_test_split(write_annotated: Any) -> None:
    """The full annotation file works for the split whose images are there, and says so for others."""
    root = write_annotated("reid_raw.json", FULL)
    for folder in (root / "imgs").rglob("*_*.jpg"):
        if not folder.name.startswith("4_"):
            folder.unlink()
    assert len(load_dataset(root, "cuhk-pedes", "test")) == 1
    with pytest.raises(DatasetError, match=r"4 missing images .*ask for that split by name"):
        load_dataset(root, "cuhk-pedes")


def test_an_annotation_file_with_only_a_test_split_works(write_annotated: Any) -> None:
    """Test ids need not start at 1: only train promises that."""
    root = write_annotated("reid_raw.json", [record(1, 12_004, "test"), record(1, 12_005, "test")])
    assert len(load_dataset(root, "cuhk-pedes", "test")) == 2
    with pytest.raises(DatasetError, match="no sample in split 'train', only in test"):
        load_dataset(root, "cuhk-pedes", "train")


def test_a_lone_test_reid_file_is_a_data_set(write_annotated: Any) -> None:
    """Without reid_raw.json, the split's own file is enough, and its name tells the split."""
    root = write_annotated("test_reid.json", [record(1, 12_004, None)])
    assert [s.split for s in load_dataset(root, "cuhk-pedes")] == ["test"]


@pytest.mark.parametrize("naming", ["{}_reid.json", "{}.json", "{}.txt"])
def test_missing_splits_come_from_split_files(write_annotated: Any, naming: str) -> None:
    """Without splits, lists of records, paths or ids complete caption_all.json; the rest is left out."""
    root = write_annotated("caption_all.json", [record(1, 1, None), record(1, 2, None), record(1, 3, None)])
    train = record(1, 1, None)
    if naming.endswith(".txt"):
        (root / naming.format("train")).write_text(f"{train['file_path']}\n\n")
        (root / naming.format("test")).write_text("2\n")
    else:
        (root / naming.format("train")).write_text(json.dumps([train]))
        (root / naming.format("test")).write_text(json.dumps([2]))
    found = {s.person_id: s.split for s in load_dataset(root, "cuhk-pedes")}
    assert found == {"CUHK-PEDES/1": "train", "CUHK-PEDES/2": "test"}


def test_split_files_are_matched_however_they_were_written(write_annotated: Any) -> None:
    """A byte order mark, Windows' paths and line ends, and objects that hold an id alone lose no record."""
    root = write_annotated("caption_all.json", [{**each, "split": ""} for each in FULL])
    (root / "train.txt").write_bytes(b"\xef\xbb\xbfCUHK03\\1_1.jpg\r\n./CUHK03/1_2.jpg\r\nCUHK03/2_1.jpg\r\n")
    (root / "val.json").write_text('["3"]')
    (root / "test.json").write_text('[{"id": 4}]')
    found = [sample.split for sample in load_dataset(root, "cuhk-pedes")]
    assert found == ["train", "train", "train", "val", "test"]


def test_records_in_no_split_are_counted_in_the_log(write_annotated: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Leaving records out is said aloud."""
    root = write_annotated("caption_all.json", [record(1, 1, None), record(1, 2, None)])
    (root / "train.txt").write_text("1")
    with caplog.at_level(logging.WARNING):
        load_dataset(root, "cuhk-pedes")
    assert "1 records are in no split" in caplog.text


def test_missing_splits_without_split_files_are_an_error(write_annotated: Any) -> None:
    """Nothing is guessed when nothing says which split a record is in; the message says what to add."""
    root = write_annotated("caption_all.json", [record(1, 1, None)])
    with pytest.raises(DatasetError, match=r"records without a split.*add train\.txt"):
        load_dataset(root, "cuhk-pedes")


def test_a_gap_in_train_ids_is_an_error(write_annotated: Any) -> None:
    """Ids 1, 2, 9 cannot be a whole train split."""
    root = write_annotated("reid_raw.json", [record(1, person, "train") for person in (1, 2, 9)])
    with pytest.raises(DatasetError, match=r"1 train ids outside 1\.\.3 \(9\).*partial copy"):
        load_dataset(root, "cuhk-pedes")


def test_zero_based_train_ids_are_an_error(write_annotated: Any) -> None:
    """A copy whose ids were shifted to start at 0 is refused: its test ids would be off too."""
    root = write_annotated("reid_raw.json", [record(1, person, "train") for person in (0, 1)])
    with pytest.raises(DatasetError, match=r"train ids outside 1\.\.2 \(0\)"):
        load_dataset(root, "cuhk-pedes")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"file_path": None}, "1 records without a usable 'file_path' (record 0)"),
        ({"file_path": "../../secret.jpg"}, "1 records without a usable 'file_path' (record 0)"),
        ({"file_path": "/etc/secret.jpg"}, "1 records without a usable 'file_path' (record 0)"),
        ({"id": "one"}, "1 records without a whole number as 'id' (CUHK03/1_1.jpg)"),
        ({"id": True}, "1 records without a whole number as 'id' (CUHK03/1_1.jpg)"),
        ({"captions": None}, "1 records whose 'captions' is no list of sentences (CUHK03/1_1.jpg)"),
        ({"captions": ["a man", 3]}, "1 records whose 'captions' is no list of sentences (CUHK03/1_1.jpg)"),
        ({"captions": []}, "1 images without a caption (CUHK03/1_1.jpg)"),
        ({"captions": ["a man", " \n"]}, "1 images with an empty caption (CUHK03/1_1.jpg)"),
        ({"split": "trian"}, "1 records whose 'split' is none of train, val, test (CUHK03/1_1.jpg)"),
    ],
)
def test_a_broken_record_is_named(write_annotated: Any, change: dict[str, Any], message: str) -> None:
    """Each way in which a record can be broken is told with the record it is in."""
    root = write_annotated("reid_raw.json", [{**FULL[0], **change}], images=False)
    with pytest.raises(DatasetError) as error:
        load_dataset(root, "cuhk-pedes")
    assert message in str(error.value)


def test_the_same_broken_records_are_reported_together(write_annotated: Any) -> None:
    """All problems come in one message, with counts and the first five cases."""
    records = [{**record(n, 1, "train"), "captions": [""]} for n in range(7)]
    root = write_annotated("reid_raw.json", [*records, {"id": 5}], images=False)
    with pytest.raises(DatasetError) as error:
        load_dataset(root, "cuhk-pedes")
    assert "7 images with an empty caption" in str(error.value)
    assert "CUHK03/1_4.jpg and 2 more" in str(error.value)
    assert "1 records without a usable 'file_path' (record 7)" in str(error.value)
    assert "7 missing images" in str(error.value)


def test_windows_paths_ids_as_text_and_a_bare_caption_are_understood(write_annotated: Any) -> None:
    """Derived copies written on other systems mean the same thing."""
    root = write_annotated("reid_raw.json", FULL[:1])
    odd = {"file_path": "CUHK03\\1_1.jpg", "id": "1", "captions": "a man", "split": " Train "}
    (root / "reid_raw.json").write_bytes(b"\xef\xbb\xbf" + json.dumps([odd]).encode())
    (sample,) = load_dataset(root, "cuhk-pedes", "train")
    assert (sample.key, sample.person_id, sample.captions) == ("CUHK03/1_1.jpg", "CUHK-PEDES/1", ("a man",))


@pytest.mark.parametrize("content", ['[{"id": 1', '{"id": 1}', ""])
def test_a_damaged_annotation_file_is_an_error(tmp_path: Path, content: str) -> None:
    """A file that is cut short, empty or no list is named."""
    (tmp_path / "reid_raw.json").write_text(content)
    with pytest.raises(DatasetError, match=r"reid_raw\.json"):
        load_dataset(tmp_path, "cuhk-pedes")
