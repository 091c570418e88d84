"""The commands, run as a user would, on weights of no worth."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from pipeline.cli import app
from pipeline.scene.crops import random_crop
from pipeline.scene.outfit import describe_outfit
from reid.errors import DatasetError, SentenceError, WeightsError

SENTENCE = "a man in a red jaket, no hat, friendly"


def run(*arguments: object) -> Result:
    """Call ``lookout`` in this process; its own errors come out as they were raised."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def crops(tmp_path: Path) -> Path:
    """Return a folder of four crops."""
    folder = tmp_path / "crops"
    folder.mkdir()
    rng = np.random.default_rng(3)
    for number in range(4):
        cv2.imwrite(str(folder / f"{number}.png"), random_crop(rng, (64, 32))[0])
    return folder


def test_explain_says_what_counts(tiny_weights: Path) -> None:
    """``lookout explain`` shows known, corrected, denied and ignored words; as JSON under those names."""
    plain = run("explain", SENTENCE, "--weights", tiny_weights).stdout
    assert "corrected:  jaket → jacket" in plain
    told = json.loads(run("explain", SENTENCE, "--weights", tiny_weights, "--json").stdout)
    assert "friendly" in told["ignored"]
    assert "hat" in " ".join(told["denied"])


def test_rank_lists_the_folder(tiny_weights: Path, crops: Path) -> None:
    """``lookout rank`` prints the best crops first, one JSON object a line when asked to."""
    lines = run("rank", SENTENCE, crops, "--top", 3, "--weights", tiny_weights, "--json").stdout.splitlines()
    found = [json.loads(line) for line in lines]
    assert len(found) == 3
    assert [each["similarity"] for each in found] == sorted((each["similarity"] for each in found), reverse=True)
    assert Path(found[0]["path"]).parent == crops


def test_rank_refuses_what_it_cannot_use(tiny_weights: Path, crops: Path, tmp_path: Path) -> None:
    """A missing folder, a nonsense description and missing weights are the errors that docs/errors.md lists."""
    with pytest.raises(DatasetError, match="nowhere"):
        run("rank", SENTENCE, tmp_path / "nowhere", "--weights", tiny_weights)
    with pytest.raises(SentenceError):
        run("rank", "", crops, "--weights", tiny_weights)
    with pytest.raises(WeightsError, match="lost"):
        run("rank", SENTENCE, crops, "--weights", tmp_path / "lost")


@pytest.fixture
def test_only(tmp_path: Path) -> Path:
    """Return a folder in CUHK-PEDES's layout that has a test split and nothing else."""
    images = tmp_path / "data" / "imgs"
    images.mkdir(parents=True)
    rng = np.random.default_rng(9)
    entries = []
    for person in range(1, 7):
        crop, outfit = random_crop(rng, (96, 40))
        for view in range(2):
            name = f"{person}-{view}.png"
            cv2.imwrite(str(images / name), crop[:, :: 1 - 2 * view])
            told = [describe_outfit(outfit), "someone who walks"]
            entries.append({"split": "test", "captions": told, "file_path": name, "id": person})
    (tmp_path / "data" / "reid_raw.json").write_text(json.dumps(entries))
    return tmp_path / "data"


def test_a_test_split_alone_can_be_evaluated(tiny_weights: Path, test_only: Path) -> None:
    """``lookout evaluate --json`` prints the published keys, in percent, for a folder with only a test split."""
    told = json.loads(run("evaluate", test_only, "--weights", tiny_weights, "--json").stdout)
    assert (told["queries"], told["gallery"]) == (24, 12)
    assert all(0 <= told[key] <= 100 for key in ("rank1", "rank5", "rank10", "mAP", "mINP"))
    assert told["rank10"] >= told["rank5"] >= told["rank1"]


def test_evaluate_prints_tables(tiny_weights: Path, test_only: Path) -> None:
    """Without ``--json`` there is one table with a row for each search."""
    printed = run("evaluate", test_only, "--weights", tiny_weights, "--format", "cuhk-pedes").stdout
    assert "| text to image" in printed
    assert "Rank@10" in printed


def test_a_split_that_is_not_there_is_named(tiny_weights: Path, test_only: Path) -> None:
    """Asking for a split the data set lacks is an error that names it."""
    with pytest.raises(DatasetError, match="val"):
        run("evaluate", test_only, "--split", "val", "--weights", tiny_weights)
