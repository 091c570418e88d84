"""A run's log: a CSV file and TensorBoard where installed, and a progress bar on standard error."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


class Journal:
    """Writes one row an epoch; rows of an earlier, resumed run stay."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "log.csv"
        self._console = Console(stderr=True)
        self._board = _tensorboard(folder)

    def write(self, row: dict[str, float]) -> None:
        """Append a row and show it."""
        earlier = self._read()
        columns = list(dict.fromkeys([name for old in [*earlier, row] for name in old]))
        with self._path.open("w", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows([*earlier, {name: round(value, 5) for name, value in row.items()}])
        if self._board is not None:
            for name, value in row.items():
                self._board.add_scalar(name, value, int(row["epoch"]))
        self._console.print("  ".join(f"{name} {value:.4g}" for name, value in row.items()), highlight=False)

    def _read(self) -> list[dict[str, Any]]:
        if not self._path.exists():
            return []
        with self._path.open(newline="") as file:
            return list(csv.DictReader(file))

    def progress(self, steps: Iterable[Any], total: int, epoch: int) -> Iterator[Any]:
        """Pass ``steps`` through under a progress bar."""
        columns = (
            TextColumn("epoch {task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=self._console, transient=True, refresh_per_second=1) as bar:
            yield from bar.track(steps, total=total, description=str(epoch + 1))

    def say(self, text: str) -> None:
        """Print a line on standard error."""
        self._console.print(text, highlight=False)

    def close(self) -> None:
        """Flush what is still in memory."""
        if self._board is not None:
            self._board.close()


class Silence:
    """The journal of a process that is not the first: it writes and says nothing."""

    def write(self, row: dict[str, float]) -> None:
        """Leave the row to the first process."""

    def progress(self, steps: Iterable[Any], total: int, epoch: int) -> Iterator[Any]:
        """Pass ``steps`` through."""
        del total, epoch
        yield from steps

    def say(self, text: str) -> None:
        """Leave the line to the first process."""

    def close(self) -> None:
        """Do nothing: nothing is open."""


def _tensorboard(folder: Path) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(folder / "tensorboard"))
