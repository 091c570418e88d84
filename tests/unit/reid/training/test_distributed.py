"""Several processes come to what one would, and only the first of them leaves anything behind."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest
import torch

from reid.errors import ConfigurationError
from reid.training.distributed import ALONE, Ranks, read_ranks

SCRIPT = Path(__file__).parent / "two_ranks.py"
State = dict[str, torch.Tensor]


def start_two(*arguments: object) -> str:
    """Start a program on two ranks, as the manual says, and return what it prints."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    done = subprocess.run(
        [*command, *(str(argument) for argument in arguments)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@dataclass(frozen=True)
class Outcome:
    """What two ranks came to: a step each, the end of a run each, and the folders they trained in."""

    steps: tuple[State, State]
    ends: tuple[State, State]
    folders: tuple[Path, Path]


@pytest.fixture(scope="module")
def two_ranks() -> ModuleType:
    """Return the script that ran on both ranks, to take its step in this process."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("two_ranks", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def outcome(recipe_file: Path, tmp_path: Path) -> Outcome:
    """Return what two ranks, started once, came to."""
    text = recipe_file.read_text().replace("caption_share = 1.0", "caption_share = 0.5\ndye_share = 0.5")
    recipe_file.write_text(text + "[losses]\ncontrastive = 1.0\nattributes = 1.0\n")
    start_two(SCRIPT, recipe_file, tmp_path)
    steps, ends = (
        tuple(torch.load(tmp_path / f"{name}-{rank}.pt", weights_only=True) for rank in (0, 1))
        for name in ("step", "end")
    )
    return Outcome((steps[0], steps[1]), (ends[0], ends[1]), (tmp_path / "run-of-0", tmp_path / "run-of-1"))


@pytest.mark.slow
def test_two_ranks_learn_what_one_would(outcome: Outcome, two_ranks: ModuleType) -> None:
    """Losses, every gradient and every batch statistic are those of one process with the same batch.

    And a run ends with the same network, average and losses on both, with the files of the first alone.
    """
    alone = two_ranks.take_step(ALONE)
    for step in outcome.steps:
        assert step.keys() == alone.keys()
        for name, value in alone.items():
            torch.testing.assert_close(step[name], value, rtol=1e-6, atol=1e-8, msg=name)
    first, second = outcome.ends
    assert first.keys() == second.keys()
    for name, value in first.items():
        assert torch.equal(value, second[name]), name
    assert {path.name for path in outcome.folders[0].iterdir()} >= {"best.pt", "last.pt", "log.csv"}
    assert (outcome.folders[0] / "log.csv").read_text().count("\n") == 3  # the header and both epochs
    assert not outcome.folders[1].exists()


@pytest.mark.slow
def test_training_on_two_ranks_from_the_command_line(recipe_file: Path, tmp_path: Path) -> None:
    """The command of the manual trains, writes one log and says once where the network is."""
    out = tmp_path / "run"
    said = start_two("-m", "pipeline.cli", "train", recipe_file, "--out", out)
    assert said.count("holds the best network") == 1
    assert (out / "log.csv").read_text().count("\n") == 3
    assert torch.load(out / "best.pt", weights_only=True)["epoch"] in (1, 2)


def test_without_torchrun_a_process_is_alone() -> None:
    """Nothing is started, gathered or shared out where nobody says that there are others."""
    assert read_ranks({}) == ALONE
    assert ALONE.first
    assert ALONE.seed_offset == 0
    assert list(range(6))[ALONE.share(6)] == list(range(6))
    rows = torch.ones(2, 3)
    assert ALONE.gather(rows) is rows
    assert ALONE.tell(0.5) == 0.5


def test_torchrun_says_who_is_who() -> None:
    """Rank, count and the number on the machine are read; by default the machine is the only one."""
    assert read_ranks({"WORLD_SIZE": "4", "RANK": "3", "LOCAL_RANK": "1"}) == Ranks(3, 4, 1)
    assert read_ranks({"WORLD_SIZE": "2", "RANK": "1"}) == Ranks(1, 2, 1)


@pytest.mark.parametrize("environment", [{"WORLD_SIZE": "2"}, {"WORLD_SIZE": "two", "RANK": "0"}])
def test_half_an_environment_is_an_error(environment: dict[str, str]) -> None:
    """Training alone where several were meant would waste the others."""
    with pytest.raises(ConfigurationError, match="torchrun"):
        read_ranks(environment)


def test_shares_make_up_the_batch() -> None:
    """Every row belongs to one rank, and a batch that cannot be shared out evenly is refused."""
    rows = list(range(12))
    assert [row for rank in range(3) for row in rows[Ranks(rank, 3).share(12)]] == rows
    with pytest.raises(ConfigurationError, match="batch_size = 13 cannot be shared out evenly to 3"):
        Ranks(0, 3).share(13)
