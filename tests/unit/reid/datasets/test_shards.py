"""Shards are read in place: each image is a stretch of bytes in a tar."""

import gzip
import io
import json
import logging
import shutil
import tarfile
from pathlib import Path
from typing import Any

import pytest

from reid.datasets.load import load_dataset
from reid.errors import DatasetError

PERSON = {"person_id": "CUHK/1", "source": "CUHK", "attributes": ["upperBodyRed", "hairLong"]}


def pair(key: str, **changes: Any) -> list[tuple[str, Any]]:
    """Return the two members of one crop; the image's bytes are its key."""
    return [(f"{key}.jpg", f"picture of {key}".encode()), (f"{key}.json", {**PERSON, **changes})]


def test_a_shard_gives_samples_whose_images_are_read_in_place(tmp_path: Path, write_shard: Any) -> None:
    """Offset and size lead to exactly the member's bytes, whatever lies before it."""
    write_shard("train-000.tar", [*pair("a"), *pair("long/b", person_id="CUHK/2"), ("notes.txt", b"x" * 600)])
    first, second = load_dataset(tmp_path, "shards", "train")
    assert (first.key, first.person_id, first.source, first.split) == ("a", "CUHK/1", "CUHK", "train")
    assert first.attributes == {"upperBodyRed", "hairLong"}
    assert first.image.read() == b"picture of a"
    assert (second.key, second.image.read()) == ("long/b", b"picture of long/b")


def test_the_split_is_the_shards_prefix(tmp_path: Path, write_shard: Any) -> None:
    """Several shards of a split are one split, in the order of their names."""
    write_shard("train-001.tar", pair("b", person_id="2"))
    write_shard("train-000.tar", pair("a", person_id="1"))
    write_shard("val-000.tar", pair("c", person_id="3"))
    write_shard("test-000.tar", pair("d", person_id="4"))
    assert [s.key for s in load_dataset(tmp_path, "shards", "train")] == ["a", "b"]
    assert [s.split for s in load_dataset(tmp_path, "shards")] == ["test", "train", "train", "val"]


def test_long_member_names_keep_their_offsets(tmp_path: Path) -> None:
    """Extended tar headers lie between members; the offset is that of the content."""
    key = "folder/" + "k" * 180
    with tarfile.open(tmp_path / "val-0.tar", "w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in ((f"{key}.jpg", b"pixels"), (f"{key}.json", json.dumps(PERSON).encode())):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    (sample,) = load_dataset(tmp_path, "shards", "val")
    assert (sample.key, sample.image.read()) == (key, b"pixels")


def test_captions_come_from_the_member_and_the_side_file(tmp_path: Path, write_shard: Any) -> None:
    """Sentences of both are kept once each, the member's first; several lines may speak of one key."""
    write_shard("val-000.tar", [*pair("a", captions=["a woman ", "in red"]), *pair("b")])
    lines = [{"key": "a", "captions": ["in red", "long hair"]}, {"key": "a", "captions": ["a lady"]}]
    (tmp_path / "captions.jsonl").write_text("\n".join(json.dumps(line) for line in lines) + "\n\n")
    first, second = load_dataset(tmp_path, "shards")
    assert first.captions == ("a woman", "in red", "long hair", "a lady")
    assert second.captions == ()


def test_side_captions_for_unknown_keys_are_said_aloud(
    tmp_path: Path, write_shard: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """A slip in the keys would otherwise lose sentences in silence."""
    write_shard("val-000.tar", pair("a"))
    (tmp_path / "captions.jsonl").write_text('{"key": "aa", "captions": ["x"]}')
    with caplog.at_level(logging.WARNING):
        load_dataset(tmp_path, "shards")
    assert "1 keys that no shard has, for example aa" in caplog.text


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"key": "a"}', '{"key": 1, "captions": []}', '{"key": "a", "captions": "x"}']
)
def test_a_broken_side_line_is_named_by_number(tmp_path: Path, write_shard: Any, line: str) -> None:
    """The message points at the line."""
    write_shard("val-000.tar", pair("a"))
    (tmp_path / "captions.jsonl").write_text('{"key": "a", "captions": []}\n' + line)
    with pytest.raises(DatasetError, match=r"captions\.jsonl line 2"):
        load_dataset(tmp_path, "shards")


def test_a_shard_cut_anywhere_is_an_error(tmp_path: Path, write_shard: Any) -> None:
    """No cut goes unnoticed, not even one between two members, where tar readers see a clean end."""
    path = write_shard("train-000.tar", [*pair("a"), *pair("b", person_id="2")])
    whole = path.read_bytes()
    end = len(whole.rstrip(b"\0"))
    for cut in range(0, end, 256):
        path.write_bytes(whole[:cut])
        with pytest.raises(DatasetError, match=r"train-000\.tar .*not a whole, uncompressed tar"):
            load_dataset(tmp_path, "shards")


def test_a_shard_with_a_damaged_header_is_an_error(tmp_path: Path, write_shard: Any) -> None:
    """Members behind the damage must not vanish."""
    path = write_shard("train-000.tar", [*pair("a"), *pair("b", person_id="2")])
    damaged = bytearray(path.read_bytes())
    damaged[1024:1100] = b"#" * 76
    path.write_bytes(damaged)
    with pytest.raises(DatasetError, match="not a whole, uncompressed tar"):
        load_dataset(tmp_path, "shards")


def test_a_compressed_shard_is_an_error(tmp_path: Path, write_shard: Any) -> None:
    """Offsets mean nothing in a compressed file."""
    path = write_shard("train-000.tar", pair("a"))
    path.write_bytes(gzip.compress(path.read_bytes()))
    with pytest.raises(DatasetError, match="uncompressed"):
        load_dataset(tmp_path, "shards")


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (pair("a")[:1], "1 members without their other half (image or JSON) (train-0.tar:a)"),
        (pair("a")[1:], "1 members without their other half (image or JSON) (train-0.tar:a)"),
        ([pair("a")[0], ("a.json", b"{")], "1 members that hold no JSON object (train-0.tar:a.json)"),
        ([pair("a")[0], ("a.json", b"[" * 100_000)], "1 members that hold no JSON object (train-0.tar:a.json)"),
        (pair("a", source={"a": 1}), "1 members whose 'source' or 'camera_id' is no name (train-0.tar:a)"),
        (pair("a", camera_id=[1]), "1 members whose 'source' or 'camera_id' is no name (train-0.tar:a)"),
        (pair("a", person_id=""), "1 members without a 'person_id' (train-0.tar:a)"),
        (pair("a", person_id=None), "1 members without a 'person_id' (train-0.tar:a)"),
        (pair("a", attributes="red"), "1 members whose 'attributes' is no list of words (train-0.tar:a)"),
        (pair("a", captions=[1]), "1 members whose 'captions' is no list of sentences (train-0.tar:a)"),
        (pair("a", captions=[" "]), "1 images with an empty caption (a)"),
        ([("a.jpg", b""), pair("a")[1]], "1 empty images (train-0.tar:a)"),
        ([*pair("a"), pair("a")[0]], "1 members that come twice in one shard (train-0.tar:a.jpg)"),
    ],
)
def test_a_broken_member_is_named(tmp_path: Path, write_shard: Any, members: Any, message: str) -> None:
    """Each way in which a member can be broken is told with its shard and key."""
    write_shard("train-0.tar", members)
    with pytest.raises(DatasetError) as error:
        load_dataset(tmp_path, "shards")
    assert message in str(error.value)


def test_a_source_of_null_is_none(tmp_path: Path, write_shard: Any) -> None:
    """Where a member says null, the source is the folder's name, as where it says nothing, and not "None"."""
    write_shard("train-0.tar", pair("a", source=None))
    assert load_dataset(tmp_path, "shards")[0].source == tmp_path.name


def test_a_key_in_two_shards_is_an_error(tmp_path: Path, write_shard: Any) -> None:
    """Keys name crops across the whole data set."""
    write_shard("train-0.tar", pair("a"))
    write_shard("train-1.tar", pair("a"))
    with pytest.raises(DatasetError, match=r"1 keys that occur more than once \(a\)"):
        load_dataset(tmp_path, "shards")


def test_a_person_in_two_splits_is_an_error_even_when_one_is_asked_for(tmp_path: Path, write_shard: Any) -> None:
    """Asking for val alone must not hide that its people were trained on."""
    write_shard("train-0.tar", pair("a"))
    write_shard("val-0.tar", pair("b"))
    with pytest.raises(DatasetError, match=r"1 people in two splits \(CUHK/1 in train and val\)"):
        load_dataset(tmp_path, "shards", "val")


def test_a_shard_of_no_split_is_an_error(tmp_path: Path, write_shard: Any) -> None:
    """A shard that belongs nowhere would be left out in silence."""
    write_shard("train-0.tar", pair("a"))
    write_shard("extra.tar", pair("b"))
    with pytest.raises(DatasetError, match=r"1 shards that are not named train-\*, val-\* or test-\* \(extra\.tar\)"):
        load_dataset(tmp_path, "shards")


def test_real_peta_has_its_published_size(peta: Path) -> None:
    """9,318 crops of 7,065 people to train on, 997 of 780 others to check with; every image can be read."""
    samples = load_dataset(peta, "shards")
    train = [s for s in samples if s.split == "train"]
    val = [s for s in samples if s.split == "val"]
    assert (len(train), len({s.person_id for s in train})) == (9_318, 7_065)
    assert (len(val), len({s.person_id for s in val})) == (997, 780)
    assert len({s.source for s in samples}) == 8
    assert all(s.image.read().startswith(b"\xff\xd8") for s in val)


def test_a_real_shard_cut_short_is_an_error(peta: Path, tmp_path: Path) -> None:
    """A half-downloaded PETA shard does not pass for a smaller one."""
    shutil.copy(peta / "val-000.tar", tmp_path)
    with (tmp_path / "val-000.tar").open("r+b") as file:
        file.truncate(5_000_000)
    with pytest.raises(DatasetError, match="not a whole"):
        load_dataset(tmp_path, "shards")
