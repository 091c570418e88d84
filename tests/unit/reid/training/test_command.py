from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from reid.card import read_card
from reid.errors import ConfigurationError


def run(*arguments: object) -> str:
    """Call ``lookout`` in this process and return what it prints; its own errors come out as they were raised."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None:
        raise result.exception
    return result.stdout


@pytest.mark.slow
def test_training_ends_in_weights(recipe_file: Path, tmp_path: Path) -> None:
    """``lookout train`` and ``lookout export --measure`` leave a weights folder whose card says how good it is."""
    run("train", recipe_file, "--out", tmp_path / "run")
    told = run("export", tmp_path / "run" / "best.pt", tmp_path / "weights", "--measure", recipe_file)
    assert "| exported, fp32 | " in told
    card = read_card(tmp_path / "weights")
    assert card.name == "stripes"
    assert card.quality["RSTPReid, text to image: queries"] == 64
    assert 0 <= card.quality["RSTPReid, text to image: rank1"] <= 100
    arguments = ("--measure", recipe_file, "--hold-out", "RSTPReid")
    run("export", tmp_path / "run" / "last.pt", tmp_path / "other", *arguments)
    other = read_card(tmp_path / "other").quality
    assert other["RSTPReid, text to image: queries"] == 128
    with pytest.raises(ConfigurationError, match="sources are RSTPReid"):
        run("export", tmp_path / "run" / "last.pt", tmp_path / "none", "--measure", recipe_file, "--hold-out", "prid")
    assert not (tmp_path / "none").exists()  # weights that were not measured as asked for
