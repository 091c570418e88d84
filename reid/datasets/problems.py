"""Collects everything wrong with a data set, so that one look at one message is enough to mend it."""

from pathlib import Path

from reid.errors import DatasetError

NAMED = 5  # how many cases of one kind a message spells out


class Problems:
    """What is wrong with one data set on disk, by kind, in the order it was found."""

    def __init__(self, dataset: str, path: Path) -> None:
        self._where = f"{dataset} at {path}"
        self._found: dict[str, list[str]] = {}
        self._advice: dict[str, str] = {}

    def add(self, kind: str, case: object, advice: str = "") -> None:
        """Note one case; ``kind`` reads well after a number, ``advice`` says how to mend it."""
        self._found.setdefault(kind, []).append(str(case))
        if advice:
            self._advice[kind] = advice

    def __len__(self) -> int:
        return sum(len(cases) for cases in self._found.values())

    def raise_if_any(self) -> None:
        """Report all that was found at once.

        Raises:
            DatasetError: naming every kind with its count, its first cases and what to do.
        """
        if not self._found:
            return
        told = "; ".join(_tell(kind, cases) for kind, cases in self._found.items())
        advice = "; ".join(dict.fromkeys(self._advice.values()))
        raise DatasetError(f"{self._where}: {told}" + (f". {advice}" if advice else ""))


def _tell(kind: str, cases: list[str]) -> str:
    rest = len(cases) - NAMED
    named = ", ".join(cases[:NAMED])
    return f"{len(cases):,} {kind} ({named}{f' and {rest:,} more' if rest > 0 else ''})"
