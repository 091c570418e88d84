"""Validation collects everything, looks into folders once, and only warns about sizes."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from reid.datasets.format import Counts, Promise
from reid.datasets.problems import Problems
from reid.datasets.sample import ImageRef, Sample
from reid.datasets.validate import check_files, check_samples, count_warnings
from reid.errors import DatasetError


def sample(key: str, person: str = "X/1", split: str = "train", captions: tuple[str, ...] = ("a man",)) -> Sample:
    """Return a sample whose image is named after its key."""
    return Sample(key, ImageRef(Path("imgs") / key), person, split, "X", captions=captions)


def found(samples: list[Sample], promise: Promise) -> str:
    """Return the message that checking the samples ends in; empty where nothing is wrong."""
    problems = Problems("x", Path("here"))
    check_samples(samples, promise, problems)
    try:
        problems.raise_if_any()
    except DatasetError as error:
        return str(error)
    return ""


def test_sound_samples_have_no_problem() -> None:
    """Nothing is reported where nothing is wrong."""
    samples = [sample("a"), sample("b", "X/2"), sample("c", "X/3", "test")]
    assert found(samples, Promise(has_captions=True, first_train_id=1)) == ""


def test_every_kind_of_problem_is_in_one_message() -> None:
    """One look at the message is enough to mend the data set."""
    samples = [
        sample("a"),
        sample("a", "X/2"),
        sample("b", "X/1", "val"),
        sample("c", "X/2", captions=("",)),
        sample("d", "X/9", captions=()),
    ]
    message = found(samples, Promise(has_captions=True, first_train_id=1))
    assert message.startswith("x at here: ")
    for part in (
        "1 keys that occur more than once (a)",
        "1 images without a caption (d)",
        "1 images with an empty caption (c)",
        "1 people in two splits (X/1 in train and val)",
        "1 train ids outside 1..3 (9)",
        "worth nothing",
    ):
        assert part in message


def test_captions_and_contiguous_ids_are_asked_for_only_where_promised() -> None:
    """Shards may have neither."""
    assert found([sample("a", "CUHK/0031", captions=())], Promise()) == ""


def test_five_cases_are_named_and_the_rest_counted() -> None:
    """A thousand missing images do not make a thousand lines."""
    problems = Problems("x", Path("here"))
    for number in range(1_005):
        problems.add("missing images", f"i{number}")
    with pytest.raises(DatasetError) as error:
        problems.raise_if_any()
    assert str(error.value) == "x at here: 1,005 missing images (i0, i1, i2, i3, i4 and 1,000 more)"
    assert len(problems) == 1_005


def test_missing_and_empty_files_are_found(tmp_path: Path) -> None:
    """A missing file or folder, a folder in a file's place and a file of no bytes are all noticed."""
    (tmp_path / "there.jpg").write_bytes(b"x")
    (tmp_path / "hollow.jpg").touch()
    (tmp_path / "folder.jpg").mkdir()
    problems = Problems("x", tmp_path)
    names = ["there.jpg", "hollow.jpg", "folder.jpg", "gone.jpg", "nowhere/a.jpg"]
    check_files([Sample(n, ImageRef(tmp_path / n), "1", "test", "x") for n in names], problems)
    with pytest.raises(DatasetError) as error:
        problems.raise_if_any()
    assert "1 empty images (hollow.jpg)" in str(error.value)
    assert "3 missing images (folder.jpg, gone.jpg, nowhere/a.jpg)" in str(error.value)


def test_each_folder_is_looked_into_once(tmp_path: Path) -> None:
    """What counts is the folder at the first look: forty thousand images cost a few listings."""
    names = [f"{number}.jpg" for number in range(50)]
    for name in names:
        (tmp_path / name).write_bytes(b"x")

    def samples_of_a_vanishing_folder() -> Iterator[Sample]:
        for name in names:
            yield Sample(name, ImageRef(tmp_path / name), "1", "test", "x")
            shutil.rmtree(tmp_path, ignore_errors=True)

    problems = Problems("x", tmp_path)
    check_files(samples_of_a_vanishing_folder(), problems)
    assert len(problems) == 0


@pytest.mark.parametrize(
    ("images", "warnings"),
    [
        (4, []),
        (
            3,
            ["train holds 3 images, 3 people, 6 captions, but was published with 4 images, 4 people, 8 captions"],
        ),
        (1, []),
    ],
)
def test_sizes_are_compared_when_the_split_is_nearly_whole(images: int, warnings: list[str]) -> None:
    """A whole split is fine, one that lost a few images is told, an excerpt is left alone."""
    samples = [sample(f"{n}", f"X/{n}", captions=("a b", "c d")) for n in range(images)]
    assert count_warnings(samples, Promise(known={"train": Counts(4, 4, 8)})) == warnings


def test_counts_that_are_not_known_are_not_compared() -> None:
    """ICFG-PEDES publishes records, not files."""
    assert count_warnings([sample("a")], Promise(known={"train": Counts(None, 1, 1)})) == []
