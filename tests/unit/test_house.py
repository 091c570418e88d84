"""The house rules that a machine can hold: sizes, names, and what never belongs in the repository."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("detectors", "pipeline", "reid")
SOURCES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
TEXTS = {".cfg", ".ini", ".json", ".md", ".py", ".sh", ".toml", ".txt", ".yaml", ".yml", ""}
FOLDERS = (*PACKAGES, "tests", "docs", "deploy", ".ci")
LONGEST_FILE = 400
LONGEST_FUNCTION = 40
MOST_PARAMETERS = 6

# Pieced together, so that this file does not name what it forbids.
FORBIDDEN = [
    re.compile("files[.]" + "pythonhosted|" + "pypi[.]" + "org"),  # the host of a package registry
    re.compile("registry[.]" + "npmjs|" + "repo1?[.]" + "maven|" + "deb[.]" + "debian[.]org"),
    re.compile("/(?:work|farm)/" + "(?:main|shared|steering)|/root/" + r"\w"),  # a folder of one machine
]
# Words that say nothing, or that docs/glossary.md has another word for.
EMPTY_WORDS = {"helper", "helpers", "manager", "util", "utils", "suspect"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def relative(path: Path) -> str:
    """Return a path as a reader of the repository knows it."""
    return path.relative_to(ROOT).as_posix()


def definitions(path: Path) -> Iterator[Function | ast.ClassDef]:
    """Yield every function and class of a source file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Function | ast.ClassDef):
            yield node


def length(function: Function) -> int:
    """Return the lines of a function from its ``def`` to its end, less those of its docstring."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function) is None:
        return lines
    docstring = function.body[0]
    return lines - ((docstring.end_lineno or docstring.lineno) - docstring.lineno + 1)


def parameters(function: Function) -> int:
    """Return how many values a caller hands over, ``self`` and ``cls`` aside."""
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return sum(argument.arg not in {"self", "cls"} for argument in every)


def is_command(function: Function) -> bool:
    """Return whether a function is a command, whose parameters are the options that its user types."""
    annotated = (argument.annotation for argument in (*function.args.args, *function.args.kwonlyargs))
    return any(isinstance(each, ast.Subscript) and ast.unparse(each).startswith("Annotated[") for each in annotated)


def texts() -> list[Path]:
    """Return every text file of the project that is written by hand."""
    inside = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*"))]
    found = [path for path in (*ROOT.iterdir(), *inside) if path.is_file() and path.suffix in TEXTS]
    return [path for path in found if path.name != ".git"]


def words(name: str) -> set[str]:
    """Return the words of an identifier, in lower case: ``CropHelper`` is crop and helper."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)}


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_files_are_short(path: Path) -> None:
    """No source file is longer than 400 lines."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_functions_are_short(path: Path) -> None:
    """No function is longer than 40 lines or takes more than 6 parameters, without its docstring and self."""
    functions = [node for node in definitions(path) if isinstance(node, Function)]
    too_long = {f.name: length(f) for f in functions if length(f) > LONGEST_FUNCTION}
    too_many = {f.name: parameters(f) for f in functions if parameters(f) > MOST_PARAMETERS and not is_command(f)}
    assert not too_long, f"{relative(path)}: lines a function: {too_long}"
    assert not too_many, f"{relative(path)}: parameters a function: {too_many}; a settings object is due"


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_names_say_something(path: Path) -> None:
    """No file, class or function is called by a word that says nothing."""
    names = [path.stem, *(node.name for node in definitions(path))]
    assert not [name for name in names if words(name) & EMPTY_WORDS]


@pytest.mark.parametrize("pattern", FORBIDDEN, ids=["python-registry", "other-registry", "machine"])
def test_nothing_of_one_machine_is_committed(pattern: re.Pattern[str]) -> None:
    """No file names the host of a package registry or a folder of the machine it was written on."""
    found = [relative(path) for path in texts() if pattern.search(path.read_text(encoding="utf-8"))]
    assert not found
