"""What a command that was called wrongly says, and with which code it ends."""

import json
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

import pipeline.cli as command_line
from pipeline.cli.exit_codes import missing_extra
from reid.card import IMAGE_GRAPH
from reid.providers import open_session, provider_of


@pytest.fixture
def places(tiny_weights: Path, tmp_path: Path) -> dict[str, Path]:
    """Return paths by the names that the calls below use; what is not made here does not exist."""
    crops = tmp_path / "crops"
    small = tmp_path / "small"
    for folder, size in ((crops, (64, 32, 3)), (small, (6, 3, 3))):
        folder.mkdir()
        cv2.imwrite(str(folder / "one.png"), np.full(size, 90, np.uint8))
    (tmp_path / "empty").mkdir()
    described = tmp_path / "described"
    (described / "imgs").mkdir(parents=True)
    cv2.imwrite(str(described / "imgs" / "one.png"), np.full((64, 32, 3), 90, np.uint8))
    record = {"split": "test", "captions": ["a man"], "file_path": "one.png", "id": 1}
    (described / "reid_raw.json").write_text(json.dumps([record]))
    (tmp_path / "notes.toml").write_text("mood = 'good'\n")
    (tmp_path / "torn.pt").write_bytes(b"PK\x03\x04torn")
    names = ("empty", "notes.toml", "torn.pt", "nowhere", "nowhere.pt", "nowhere.toml", "out")
    made = {"WEIGHTS": tiny_weights, "CROPS": crops, "SMALL": small, "DESCRIBED": described}
    return made | {name: tmp_path / name for name in names}


def end_of(call: str, places: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> int:
    """Return the exit code of ``lookout CALL``; words of the call that name a place become its path."""
    words = [str(places[word]) if word in places else word.replace("_", " ") for word in call.split()]
    monkeypatch.setattr(sys, "argv", ["lookout", *words])
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # typer puts its own there
    with pytest.raises(SystemExit) as stop:
        command_line.main()
    assert isinstance(stop.value.code, int)
    return stop.value.code


@pytest.mark.parametrize(
    ("call", "code", "named"),
    [
        ("rank a_red_top nowhere --weights WEIGHTS", 3, "nowhere is not a folder"),
        ("rank a_red_top empty --weights WEIGHTS", 3, "holds no image"),
        ("rank a_red_top SMALL --weights WEIGHTS", 4, "one.png is 6x3 px"),
        ("rank ___ CROPS --weights WEIGHTS", 4, "the description is empty"),
        ("rank a_red_top CROPS --weights nowhere", 5, "there are no weights in"),
        ("rank a_red_top CROPS --top 0 --weights WEIGHTS", 2, "--top"),
        ("explain zxqv --weights WEIGHTS", 4, "zxqv"),
        ("explain a_red_top --weights empty", 5, "empty"),
        ("evaluate nowhere --weights WEIGHTS", 3, "nowhere"),
        ("evaluate empty --weights WEIGHTS", 3, "empty"),
        ("evaluate empty --format cuhk-pedes --weights WEIGHTS", 3, "reid_raw.json"),
        ("evaluate CROPS --format market --weights WEIGHTS", 2, "market"),
        ("evaluate nowhere.toml --weights WEIGHTS", 2, "nowhere.toml"),
        ("evaluate nowhere.toml --split test --weights WEIGHTS", 2, "--split"),
        ("evaluate DESCRIBED --hold-out prid --weights WEIGHTS", 2, "--hold-out"),
        ("evaluate DESCRIBED --all-crops --weights WEIGHTS", 2, "--all-crops"),
        ("bench embed --provider gpu --weights WEIGHTS", 2, "gpu"),
        ("bench embed --weights empty", 5, "there are no weights in"),
        ("bench embed --threads -1 --weights WEIGHTS", 2, "--threads"),
        ("export nowhere.pt out", 5, "there is no checkpoint at"),
        ("export torn.pt out", 5, "torn.pt is not a checkpoint; give best.pt"),
        ("export torn.pt out --hold-out prid", 2, "--hold-out"),
        ("train nowhere.toml --out out", 2, "nowhere.toml"),
        ("train notes.toml --out out", 2, "notes.toml"),
        ("demo --seed -1 --out out", 2, "--seed"),
        ("demo --walkers 3 --descriptions 4 --out out", 1, "4 are asked for"),
        ("demo --seconds 0.01 --out out", 2, "--seconds"),
        ("demo --weights nowhere --out out", 5, "there are no weights in"),
        ("replay nowhere --watch a_red_top --page out", 3, "there is no file"),
        ("replay CROPS --watch ___ --page out", 4, "the description is empty"),
        ("replay nowhere --watch a_red_top --speed fast --page out", 2, "--speed"),
    ],
)
def test_a_wrong_call_ends_with_its_code(
    call: str,
    code: int,
    named: str,
    places: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A wrong path, sentence, number or name ends with the code of docs/errors.md, and stderr says which it was."""
    assert end_of(call, places, monkeypatch) == code
    printed = capsys.readouterr()
    assert named in " ".join(printed.err.split())
    assert printed.out == ""
    assert not places["out"].exists()


@pytest.mark.parametrize("call", ["bench embed", "evaluate DESCRIBED"])
def test_an_accelerator_that_is_not_there_is_an_error(
    call: str,
    places: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Asking for CUDA on a machine without it ends with 6 and names the way out."""
    if provider_of(open_session(places["WEIGHTS"] / IMAGE_GRAPH, "auto")) != "cpu":
        pytest.skip("this machine has a GPU that works; the test is about one without")
    assert end_of(f"{call} --provider cuda --weights WEIGHTS", places, monkeypatch) == 6
    assert "or ask for provider 'cpu'" in capsys.readouterr().err


@pytest.mark.parametrize(("module", "extra"), [("torch.nn", "train"), ("safetensors", "bert"), ("nobody", None)])
def test_a_missing_package_names_its_extra(module: str, extra: str | None) -> None:
    """A module that an extra brings is told by the extra's name, the first that a BERT needs among them."""
    assert missing_extra(ModuleNotFoundError(name=module)) == extra
