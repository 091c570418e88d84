import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

import pipeline.cli as command_line
from pipeline import __version__
from pipeline.cli.exit_codes import exit_code, missing_extra
from pipeline.errors import SceneError
from reid.errors import (
    ConfigurationError,
    CropError,
    DatasetError,
    ProviderError,
    ReidError,
    SentenceError,
    WeightsError,
)

ROOT = Path(__file__).parents[3]
HEAVY = {"cv2", "kafka", "numpy", "onnxruntime", "redis", "torch"}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a real interpreter in the repository's root."""
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


def fail_with(error: Exception, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return the exit code of ``main`` when its only command raises ``error``."""
    app = command_line.typer.Typer(pretty_exceptions_show_locals=False)

    @app.command()
    def fail() -> None:
        raise error

    monkeypatch.setattr(command_line, "app", app)
    monkeypatch.setattr(sys, "argv", ["lookout"])
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # typer puts its own there
    with pytest.raises(SystemExit) as stop:
        command_line.main()
    assert isinstance(stop.value.code, int)
    return stop.value.code


def test_version_is_printed() -> None:
    """``lookout --version`` prints the name and the version of the package, and succeeds."""
    done = run("-m", "pipeline.cli", "--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"lookout {__version__}\n", "")


def test_help_names_the_command() -> None:
    """``lookout --help`` succeeds and calls the command by its name, however it was started."""
    done = run("-m", "pipeline.cli", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Usage: lookout" in done.stdout


def test_no_arguments_is_help() -> None:
    """``lookout`` alone shows the help and exits as for a wrong call."""
    done = run("-m", "pipeline.cli")
    assert done.returncode == 2
    assert "Usage: lookout" in done.stdout + done.stderr


def test_unknown_command_is_a_wrong_call() -> None:
    """A command that does not exist exits with 2 and is named on stderr."""
    done = run("-m", "pipeline.cli", "no-such-command")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no-such-command" in done.stderr


def test_help_imports_nothing_heavy() -> None:
    """``lookout --help`` loads no array, video, model or broker library."""
    done = run("-X", "importtime", "-m", "pipeline.cli", "--help")
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "pipeline.cli" in loaded
    assert not loaded & HEAVY


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ReidError("x"), 1),
        (SceneError("x"), 1),
        (ConfigurationError("x"), 2),
        (DatasetError("x"), 3),
        (CropError("x"), 4),
        (SentenceError("x"), 4),
        (WeightsError("x"), 5),
        (ProviderError("x"), 6),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_each_error_has_its_exit_code(error: Exception, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every error that lookout reports on purpose ends the process with the code of its class."""
    assert fail_with(error, monkeypatch) == code


def test_an_error_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A message of several lines is printed as one, on stderr, without a traceback."""
    fail_with(DatasetError("no shards in peta\nlooked for *.tar"), monkeypatch)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "lookout: error: no shards in peta looked for *.tar\n"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (PermissionError(errno.EACCES, "Permission denied", "runs/demo"), "runs/demo: Permission denied; see that"),
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device; see that the disk of the output"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    error: OSError, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the machine says of files, folders and disks is one line, too, and ends with 1."""
    assert fail_with(error, monkeypatch) == 1
    assert capsys.readouterr().err.startswith(f"lookout: error: {told}")


def test_a_letter_that_the_terminal_lacks_ends_no_command() -> None:
    """Where the output is not UTF-8, what it cannot show is told by its number."""
    odd = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    command = [sys.executable, "-m", "pipeline.cli", "explain", "a man in a red jaket"]
    done = subprocess.run(command, cwd=ROOT, env=odd, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "jaket \\u2192 jacket" in done.stdout


def test_an_interruption_before_the_command_has_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while the command line is still being read ends with 130 and without a traceback."""

    def interrupt(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command_line, "app", interrupt)
    with pytest.raises(SystemExit) as stop:
        command_line.main()
    assert stop.value.code == 130


def test_a_subclass_exits_like_its_parent() -> None:
    """An error class without a code of its own takes that of its nearest ancestor."""

    class ShardError(DatasetError):
        pass

    assert exit_code(ShardError("x")) == 3


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A command that needs torch says which extra brings it, and exits with 7."""
    assert fail_with(ModuleNotFoundError("No module named 'torch'", name="torch"), monkeypatch) == 7
    assert "[train]" in capsys.readouterr().err


def test_other_missing_modules_are_mistakes() -> None:
    """A module that no extra brings is a fault of lookout's, and keeps its traceback."""
    assert missing_extra(ModuleNotFoundError("No module named 'lost'", name="lost")) is None


def test_a_package_that_an_upgrade_brought_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the code is newer than its installation, the command says how to bring that up to date."""
    assert fail_with(ModuleNotFoundError("No module named 'reid'", name="reid"), monkeypatch) == 7
    assert "run: make install" in capsys.readouterr().err
