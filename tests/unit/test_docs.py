"""What is not in docs/ does not exist for its reader, so a missing entry fails the build."""

import inspect
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer

import detectors.errors
import pipeline.errors
import reid.errors
from pipeline.cli import app
from pipeline.cli.exit_codes import EXIT_CODES, FAILED, MISSING_PACKAGE
from pipeline.settings import Settings
from reid.config import NetworkConfig

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")


def commands(command: Any, path: str) -> Iterator[str]:
    """Yield the path of every command below ``command``, groups included."""
    for name, child in getattr(command, "commands", {}).items():
        yield f"{path} {name}"
        yield from commands(child, f"{path} {name}")


def headings(document: str) -> set[str]:
    """Return the text of the headings of a document, without marks."""
    lines = (DOCS / document).read_text(encoding="utf-8").splitlines()
    return {line.lstrip("#").strip().strip("`") for line in lines if line.startswith("#")}


def error_classes(module: ModuleType) -> list[str]:
    """Return the names of the error classes that ``module`` defines."""
    found = inspect.getmembers(module, lambda value: inspect.isclass(value) and issubclass(value, Exception))
    return [name for name, kind in found if kind.__module__ == module.__name__]


def first_cells(document: str) -> set[str]:
    """Return the first cell of every table row of a document, without marks."""
    lines = (DOCS / document).read_text(encoding="utf-8").splitlines()
    return {line.split("|")[1].strip().strip("`") for line in lines if line.startswith("|")}


def test_every_command_has_a_heading() -> None:
    """Every command that ``lookout --help`` lists is explained under a heading of docs/cli.md."""
    missing = set(commands(typer.main.get_command(app), "lookout")) - headings("cli.md")
    assert not missing, f"docs/cli.md has no heading for: {sorted(missing)}"


@pytest.mark.parametrize("module", [detectors.errors, reid.errors, pipeline.errors], ids=lambda module: module.__name__)
def test_every_error_is_explained(module: ModuleType) -> None:
    """Every error class has a row in a table of docs/errors.md."""
    missing = set(error_classes(module)) - first_cells("errors.md")
    assert not missing, f"docs/errors.md has no row for: {sorted(missing)}"


def test_every_exit_code_is_explained() -> None:
    """Every exit code has a row in a table of docs/errors.md."""
    codes = {str(code) for code in {0, FAILED, MISSING_PACKAGE, *EXIT_CODES.values()}}
    assert codes <= first_cells("errors.md")


def test_every_network_setting_is_explained() -> None:
    """Every field of a network's shape has a row in docs/configuration.md."""
    missing = {field.name for field in fields(NetworkConfig)} - first_cells("configuration.md")
    assert not missing, f"docs/configuration.md has no row for: {sorted(missing)}"


def sections(document: str) -> dict[str, str]:
    """Return the text below each heading of a document, by heading without marks; below equal ones, the first."""
    found: dict[str, str] = {}
    for part in re.split(r"^#+ ", (DOCS / document).read_text(encoding="utf-8"), flags=re.MULTILINE):
        heading, _, text = part.partition("\n")
        found.setdefault(heading.strip().replace("`", ""), text)
    return found


@pytest.mark.parametrize("table", ["ingest", "source", "match", "alerts", "health"])
def test_every_setting_of_a_site_is_explained(table: str) -> None:
    """The rows below a table's heading in docs/configuration.md are the table's keys with their defaults."""
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \|", sections("configuration.md")[f"[{table}]"], re.MULTILINE)
    told = {key: default.strip("`") for key, default in rows}
    struct = getattr(Settings(), table)
    known = {key: getattr(struct, key) for key in struct.__struct_fields__}
    assert told.keys() == known.keys()
    assert {key: str(value).lower() for key, value in known.items() if value is not None} == {
        key: default for key, default in told.items() if known[key] is not None
    }


@pytest.mark.parametrize(
    "document", [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))], ids=lambda path: path.name
)
def test_links_lead_somewhere(document: Path) -> None:
    """Every relative link of a document names a file that exists."""
    targets = LINK.findall(document.read_text(encoding="utf-8"))
    missing = [target for target in targets if not (document.parent / target).exists()]
    assert not missing, f"{document.name} links to what is not there: {missing}"
