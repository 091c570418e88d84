"""A training recipe: one TOML file, every key known, every default written down here."""

import tomllib
from dataclasses import asdict
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec

from reid.config import NetworkConfig
from reid.errors import ConfigurationError
from reid.training.augment import Augmentation
from reid.training.batches import BatchSettings
from reid.training.losses import LossWeights


class DataSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the crops and the sentences come from; relative paths start at the recipe's folder."""

    path: Path
    format: str
    also: tuple[Path, ...] = ()  # further folders in the same format; their train split is learned from, too
    captions: Path | None = None  # a JSONL file of sentences for the crops, beside the data set's own
    language: Path | None = None  # a JSON file of sentences without pictures, for the vocabulary
    hold_out: str | None = None  # a source kept for validation: an unseen camera network
    hold_out_people: float | None = None  # a share of train's people kept for it, where there is no split val
    stored_hw: tuple[int, int] = (192, 80)  # the size crops are kept at in memory
    least_word_count: int = 5
    terms: tuple[str, ...] = ()  # the data sets and their terms, for the card of the weights


class BertSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A frozen BERT in the place of learned word vectors; off without a model."""

    model: str | None = None  # a folder, from the recipe's, or a name on the hub
    download: bool = False  # whether what the hub's cache lacks may be fetched


class RunSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long and how fast to learn."""

    epochs: int = 40
    learning_rate: float = 1.5e-3
    word_learning_rate: float = 0.3  # as a share of learning_rate
    weight_decay: float = 0.02
    warmup_epochs: float = 1.0
    averaging: float = 0.998  # decay of the exponential average of the weights
    patience: int = 1000  # epochs without a better validation before stopping
    validate_every: int = 1
    seed: int = 1
    device: str = "auto"  # auto, cpu or cuda
    precision: str = "auto"  # auto, fp32 or bf16
    threads: int = 0  # 0 leaves torch's own choice


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that makes one set of weights."""

    name: str
    data: DataSettings
    network: NetworkConfig = msgspec.field(default_factory=NetworkConfig)
    bert: BertSettings = msgspec.field(default_factory=BertSettings)
    losses: LossWeights = msgspec.field(default_factory=LossWeights)
    batches: BatchSettings = msgspec.field(default_factory=BatchSettings)
    augmentation: Augmentation = msgspec.field(default_factory=Augmentation)
    run: RunSettings = msgspec.field(default_factory=RunSettings)


_LEAST = (
    ("batches", "batch_size", 2),  # batch norms need two
    ("batches", "crops_per_person", 1),
    ("run", "epochs", 1),
    ("run", "validate_every", 1),
    ("run", "patience", 1),
    ("run", "threads", 0),
)
_SHARES = ("caption_share", "word_dropout", "dye_share")
_CHOICES = {"device": ("auto", "cpu", "cuda"), "precision": ("auto", "fp32", "bf16")}


def load_recipe(path: Path) -> Recipe:
    """Read a recipe.

    Raises:
        ConfigurationError: the file is missing or not TOML, or a key or value is wrong; the message names
            it and the nearest right key.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(f"there is no recipe at {path}") from None
    except OSError as error:
        raise ConfigurationError(f"cannot read the recipe {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not TOML: {error}") from error
    _check_keys(table, path)
    try:
        recipe = msgspec.convert(table, Recipe, strict=False, dec_hook=_path)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{path}: {error}") from error
    _check_values(recipe, path)
    bert = _anchored_bert(recipe.bert, path.parent)
    return msgspec.structs.replace(recipe, data=_anchored(recipe.data, path.parent), bert=bert)


def with_hold_out(recipe: Recipe, source: str | None) -> Recipe:
    """Return the recipe with another source kept for validation; with None, as it is."""
    if source is None:
        return recipe
    return msgspec.structs.replace(recipe, data=msgspec.structs.replace(recipe.data, hold_out=source))


def _path(kind: type, value: Any) -> Any:
    if kind is Path:
        return Path(value)
    raise NotImplementedError(f"no reader for {kind}")


def _check_keys(table: dict[str, Any], path: Path) -> None:
    sections = {field.name: _keys(field.type) for field in msgspec.structs.fields(Recipe)}
    for key, value in table.items():
        _check_key(key, list(sections), str(path))
        known = sections[key]
        if known and isinstance(value, dict):
            for inner in value:
                _check_key(inner, known, f"{path} [{key}]")


def _check_values(recipe: Recipe, path: Path) -> None:
    """Refuse what would train nothing, or something else than was asked for."""
    for section, name, least in _LEAST:
        found = getattr(getattr(recipe, section), name)
        if not found >= least:
            raise ConfigurationError(f"{path} [{section}]: {name} must be {least} or more, but is {found}")
    for name in _SHARES:
        found = getattr(recipe.batches, name)
        if not 0 <= found <= 1:
            raise ConfigurationError(f"{path} [batches]: {name} must lie between 0 and 1, but is {found}")
    weights = asdict(recipe.losses)
    if min(weights.values()) < 0 or not sum(weights.values()) > 0:
        raise ConfigurationError(f"{path} [losses]: none may be below 0, and one must be above, but they are {weights}")
    if min(recipe.data.stored_hw) < 1:
        raise ConfigurationError(f"{path} [data]: stored_hw must be 1 or more px, but is {list(recipe.data.stored_hw)}")
    for name, known in _CHOICES.items():
        found = getattr(recipe.run, name)
        if found not in known:
            raise ConfigurationError(f"{path} [run]: {name} must be one of {', '.join(known)}, but is {found!r}")


def _keys(section: Any) -> list[str]:
    """Return the keys of a section, none where it is a plain value."""
    described = msgspec.inspect.type_info(section)
    if isinstance(described, msgspec.inspect.StructType | msgspec.inspect.DataclassType):
        return [field.name for field in described.fields]
    return []


def _check_key(key: str, known: list[str], where: str) -> None:
    if key in known:
        return
    near = get_close_matches(key, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
    raise ConfigurationError(f"{where}: unknown key {key!r}; {hint}")


def _anchored(data: DataSettings, folder: Path) -> DataSettings:
    changes = {
        name: folder / value for name in ("path", "captions", "language") if (value := getattr(data, name)) is not None
    }
    return msgspec.structs.replace(data, also=tuple(folder / each for each in data.also), **changes)


def _anchored_bert(bert: BertSettings, folder: Path) -> BertSettings:
    """Return it with the folder found from the recipe's; what is no folder stays as it is, a name on the hub."""
    if bert.model is None or not (folder / bert.model).is_dir():
        return bert
    return msgspec.structs.replace(bert, model=str(folder / bert.model))
