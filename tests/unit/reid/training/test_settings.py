from pathlib import Path

import pytest

from reid.errors import ConfigurationError
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
        (GOOD + "[network]\nimage_hw = [100, 50]\n", "multiples of 16"),
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
