"""A recipe of the compact detector: one TOML file with every number that decides what is learned."""

import tomllib
from pathlib import Path
from typing import Any

import msgspec

from detectors.compact import SIZE_MULTIPLE
from detectors.errors import DetectorSettingError


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A folder of images with boxes; see :mod:`detectors.labels`."""

    path: Path  # a relative one starts at the recipe's folder
    terms: str = ""  # what it is and what its licence allows, for the card
    share: float = 1.0  # of the draws, relative to the other folders'
    skip: int = 0  # of every `of` images, leave out the first so many …
    only: int = 0  # … or take those alone
    of: int = 10
    least_px: float = 0.0  # people less tall are nobody's business: neither people nor background


class Shape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The network's size; see :class:`detectors.training.network.CompactNet`."""

    channels: tuple[int, int, int, int] = (32, 64, 96, 128)
    blocks: tuple[int, int, int] = (2, 3, 3)
    width: int = 64


class Composition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How canvases are put together from images."""

    sides_hw: tuple[tuple[int, int], ...] = ((288, 288), (320, 224), (256, 320))  # px; a batch has one of them
    cells: float = 0.45  # probability of a canvas made of several images
    cutouts: float = 0.4  # probability that people of other images are pasted into it
    heights: tuple[float, float] = (0.14, 1.1)  # of a person, as shares of the canvas
    grey: float = 0.1  # probability of each of these
    blur: float = 0.15
    noise: float = 0.15


class Run(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long and how fast to learn."""

    steps: int = 8000
    batch: int = 8
    learning_rate: float = 2e-3
    falls_from: float = 0.6  # share of the steps after which the rate falls to zero
    weight_decay: float = 0.02
    averaging: float = 0.998  # decay of the exponential average of the weights
    validate_every: int = 500
    save_every: int = 100
    seed: int = 1
    threads: int = 0  # 0 leaves torch's own choice
    bfloat16: bool = False  # quicker where the CPU has the instructions


class DetectorRecipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that makes one set of weights."""

    name: str
    train: list[Source]
    validate: list[Source]
    network: Shape = msgspec.field(default_factory=Shape)
    composition: Composition = msgspec.field(default_factory=Composition)
    run: Run = msgspec.field(default_factory=Run)


def load_recipe(path: Path) -> DetectorRecipe:
    """Read a recipe.

    Raises:
        DetectorSettingError: the file is missing or not TOML, or a key or a value is wrong.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        recipe = msgspec.convert(table, DetectorRecipe, strict=False, dec_hook=_path)
    except OSError as error:
        raise DetectorSettingError(f"cannot read the recipe {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DetectorSettingError(f"{path} is not TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise DetectorSettingError(f"{path}: {error}") from error
    _check_values(recipe, path)
    anchored = {part: _anchored(getattr(recipe, part), path.parent) for part in ("train", "validate")}
    if not all(anchored.values()):
        raise DetectorSettingError(f"{path} must name at least one folder each under [[train]] and [[validate]]")
    return msgspec.structs.replace(recipe, **anchored)


def _check_values(recipe: DetectorRecipe, path: Path) -> None:
    """Refuse what could not be drawn or learned from."""
    for name in ("steps", "batch", "validate_every", "save_every"):
        if getattr(recipe.run, name) < 1:
            raise DetectorSettingError(f"{path} [run]: {name} must be 1 or more, but is {getattr(recipe.run, name)}")
    sides = recipe.composition.sides_hw
    if not sides or any(side < SIZE_MULTIPLE or side % SIZE_MULTIPLE for size in sides for side in size):
        told = [list(size) for size in sides]
        raise DetectorSettingError(
            f"{path} [composition]: sides_hw must be at least one pair of multiples of {SIZE_MULTIPLE}, but is {told}"
        )
    shortest, tallest = recipe.composition.heights
    if not 0 < shortest <= tallest:
        raise DetectorSettingError(
            f"{path} [composition]: heights must rise from above 0, but is {[shortest, tallest]}"
        )
    for source in (*recipe.train, *recipe.validate):
        if source.share <= 0 or source.of < 1 or not 0 <= source.skip < source.of or not 0 <= source.only <= source.of:
            raise DetectorSettingError(
                f"{path}: of {source.path}, share must be above 0, and skip and only at most so many of `of` images "
                f"that some are left, but they are {source.share}, {source.skip}, {source.only} and {source.of}"
            )


def _anchored(sources: list[Source], folder: Path) -> list[Source]:
    return [msgspec.structs.replace(source, path=folder / source.path) for source in sources]


def _path(kind: type, value: Any) -> Any:
    if kind is Path:
        return Path(value)
    raise NotImplementedError(f"no reader for {kind}")
