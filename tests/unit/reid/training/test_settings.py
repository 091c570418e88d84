from pathlib import Path

import msgspec
import pytest

from reid.config import NetworkConfig
from reid.errors import ConfigurationError
from reid.training.losses import LossWeights
from reid.training.settings import load_recipe

RECIPES = Path(__file__).parents[4] / "reid" / "recipes"
GOOD = 'name = "x"\n[data]\npath = "data"\nformat = "shards"\n'


@pytest.mark.parametrize("recipe", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_shipped_recipes_can_be_read(recipe: Path) -> None:
    """Every recipe in the package is valid, and its paths start at its own folder."""
    assert RECIPES in load_recipe(recipe).data.path.parents


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD + "[run]\nepoch = 3\n", "did you mean 'epochs'"),
        (GOOD + "[networks]\nscales = 3\n", "did you mean 'network'"),
        (GOOD + "[run]\nepochs = 'many'\n", "epochs"),
        (GOOD + "[bert]\nmodl = 'x'\n", "did you mean 'model'"),
        (GOOD + "[network]\nimage_hw = [100, 50]\n", "multiples of 16"),
        (GOOD + "[run]\nprecision = 'fp16'\n", "precision must be one of auto, fp32, bf16, but is 'fp16'"),
        (GOOD + "[run]\ndevice = 'gpu'\n", "device must be one of auto, cpu, cuda, but is 'gpu'"),
        (GOOD + "[run]\nvalidate_every = 0\n", "validate_every must be 1 or more, but is 0"),
        (GOOD + "[run]\npatience = 0\n", "patience must be 1 or more, but is 0"),
        (GOOD + "[losses]\nidentity = 0\ntriplet = 0\naffinity = 0\n", r"\[losses\]: none may be below 0, and one"),
        (GOOD + "[losses]\nidentity = -1\n", "none may be below 0"),
        (GOOD.replace("[data]", "[data]\nstored_hw = [0, 80]"), r"stored_hw must be 1 or more px, but is \[0, 80\]"),
        (GOOD + "[run]\nthreads = -1\n", "threads must be 0 or more, but is -1"),
        (GOOD + "[batches]\nbatch_size = 1\n", "batch_size must be 2 or more, but is 1"),
        (GOOD + "[batches]\ncaption_share = 60\n", "caption_share must lie between 0 and 1, but is 60"),
        ("name = ", "not TOML"),
        ('name = "x"\n', "data"),
    ],
)
def test_a_wrong_recipe_is_explained(tmp_path: Path, text: str, message: str) -> None:
    """An unknown key, a wrong value and a damaged file are named, with the nearest right key."""
    path = tmp_path / "recipe.toml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=message):
        load_recipe(path)


def test_a_missing_recipe_is_named(tmp_path: Path) -> None:
    """A path with no file gives an error that names it."""
    with pytest.raises(ConfigurationError, match="nowhere.toml"):
        load_recipe(tmp_path / "nowhere.toml")


@pytest.mark.parametrize("name", ["paper", "icfg-pedes"])
def test_the_papers_recipes_are_the_papers(name: str) -> None:
    """The network of the paper's figure, its three losses alone, and sentences that people wrote."""
    recipe = load_recipe(RECIPES / f"{name}.toml")
    assert recipe.network == NetworkConfig(dropout=0.1)
    assert recipe.losses == LossWeights()
    assert recipe.batches.caption_share == 1
    assert recipe.batches.dye_share == 0
    assert recipe.data.stored_hw >= recipe.network.image_hw
    assert recipe.run.patience < recipe.run.epochs


def test_the_full_recipe_is_the_shipped_one_made_larger() -> None:
    """Same crops, sentences, losses and validation; a network of the paper's width for people-shaped crops."""
    full, shipped = (load_recipe(RECIPES / f"{name}.toml") for name in ("full", "shipped"))
    assert full.losses == shipped.losses
    assert msgspec.structs.replace(full.data, stored_hw=shipped.data.stored_hw) == shipped.data
    assert full.network.stage_channels == NetworkConfig().stage_channels
    assert full.network.image_hw == (256, 128)
    assert full.data.stored_hw >= full.network.image_hw


@pytest.mark.parametrize("recipe", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_shipped_recipes_say_what_they_validate_on(recipe: Path) -> None:
    """A source or people are held out wherever the data set has no split val, and batches hold true repeats."""
    read = load_recipe(recipe)
    assert (
        read.data.format == "cuhk-pedes"
        or read.data.path.name == "peta"
        or read.data.hold_out
        or read.data.hold_out_people
    )
    assert read.batches.batch_size > read.batches.crops_per_person > 1
    assert read.bert.model is None
    assert read.data.terms
