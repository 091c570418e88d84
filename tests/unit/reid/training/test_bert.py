"""A recipe that names a BERT trains, goes on, and ends in weights that need neither torch nor transformers."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from reid.card import PIECES_FILE, read_card
from reid.embedder import Embedder
from reid.errors import ConfigurationError, WeightsError
from reid.export.weights import export_weights
from reid.network.bert import open_bert
from reid.text.bert_tokenizer import BertTokenizer
from reid.text.pieces import WordPieces
from reid.text.vocabulary import Vocabulary
from reid.training.checkpoint import load_network
from reid.training.run import run_recipe
from reid.training.settings import load_recipe

SENTENCES = ["a person in a red shirt and blue pants", "someone with a yellow jaket", "no hat, white trousers"]
WITHOUT_EXTRAS = """
import sys
from pathlib import Path
from reid.embedder import Embedder
embedder = Embedder(Path(sys.argv[1]), "cpu", 1)
print(embedder.encode_text(["a man in a red shirt"]).shape[1])
print(sorted({"torch", "transformers", "tokenizers"} & set(sys.modules)))
"""


@pytest.fixture
def bert_recipe(recipe_file: Path, bert_folder: Path) -> Path:
    """Return the striped people's recipe for one epoch, with a BERT in a folder beside it."""
    shutil.copytree(bert_folder, recipe_file.parent / "some-bert")
    text = (
        recipe_file.read_text().replace("epochs = 2", "epochs = 1").replace("[network]", "[network]\ntoken_limit = 24")
    )
    recipe_file.write_text(text + '[bert]\nmodel = "some-bert"\n')
    return recipe_file


@pytest.mark.slow
def test_training_with_bert_ends_in_weights(bert_recipe: Path, tmp_path: Path) -> None:
    """The checkpoint stays small, the exported text graph holds BERT, and torch and ONNX Runtime agree."""
    best = run_recipe(load_recipe(bert_recipe), tmp_path / "run")
    shutil.rmtree(bert_recipe.parent / "some-bert")  # the run's own copy is enough from here on
    assert not [name for name in torch.load(best, weights_only=True)["network"] if name.startswith("words.")]
    network, origin = load_network(best)
    weights = tmp_path / "weights"
    card = export_weights(network, Vocabulary(origin.words), weights, origin.name, origin.trained_on)
    bert = open_bert(tmp_path / "run" / "bert")
    tokenizer = BertTokenizer(WordPieces(bert.pieces), Vocabulary(origin.words), 24)
    with torch.inference_mode():
        expected = network.encode_text(torch.from_numpy(tokenizer(SENTENCES))).numpy()
    embedder = Embedder(weights, "cpu", threads=1)
    found = embedder.encode_text(SENTENCES)
    assert (found * expected).sum(axis=1).min() >= 0.9999
    assert np.abs(found[0] - found[1]).max() > 1e-3
    assert embedder.explain_text(SENTENCES[2]).denied == ("no hat",)
    assert card.network["word_dim"] == 32
    _check_that_extras_are_not_needed(weights, card.embedding_dim)
    _check_that_pieces_belong_to_the_weights(weights)


def _check_that_extras_are_not_needed(weights: Path, embedding_dim: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_EXTRAS, str(weights)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split("\n")[:2] == [str(embedding_dim), "[]"]


def _check_that_pieces_belong_to_the_weights(weights: Path) -> None:
    pieces = weights / PIECES_FILE
    kept = pieces.read_text(encoding="utf-8")
    pieces.write_text(kept + "more\n", encoding="utf-8")
    with pytest.raises(WeightsError, match="not those of"):
        read_card(weights)
    pieces.unlink()
    with pytest.raises(WeightsError, match="not those of"):
        read_card(weights)


@pytest.mark.slow
def test_a_run_with_bert_goes_on(bert_recipe: Path, tmp_path: Path) -> None:
    """Resuming takes the BERT of the run's folder, and refuses any other and none."""
    run_recipe(load_recipe(bert_recipe), tmp_path / "run")
    shutil.rmtree(bert_recipe.parent / "some-bert")
    bert_recipe.write_text(bert_recipe.read_text().replace("epochs = 1", "epochs = 2"))
    run_recipe(load_recipe(bert_recipe), tmp_path / "run", resume=True)
    assert (tmp_path / "run" / "log.csv").read_text().count("\n") == 3
    without = bert_recipe.read_text().partition("[bert]")[0]
    bert_recipe.write_text(without)
    with pytest.raises(WeightsError, match="another BERT, or to none"):
        run_recipe(load_recipe(bert_recipe), tmp_path / "run", resume=True)
    with (tmp_path / "run" / "bert" / "vocab.txt").open("r+", encoding="utf-8") as file:
        text = file.read().replace("trousers", "trouserz")
        file.seek(0)
        file.write(text)
    with pytest.raises(WeightsError, match="copy the whole folder"):
        load_network(tmp_path / "run" / "best.pt")


def test_bert_cannot_read_longer_than_it_can(bert_recipe: Path, tmp_path: Path) -> None:
    """A recipe that lets sentences be longer than BERT's positions is refused before it trains."""
    bert_recipe.write_text(bert_recipe.read_text().replace("token_limit = 24", "token_limit = 128"))
    with pytest.raises(ConfigurationError, match="token_limit = 128, but this BERT reads 64"):
        run_recipe(load_recipe(bert_recipe), tmp_path / "run")


def test_a_name_on_the_hub_is_left_as_it_is(recipe_file: Path) -> None:
    """Only what is a folder beside the recipe is read as one."""
    recipe_file.write_text(recipe_file.read_text() + '[bert]\nmodel = "bert-base-uncased"\n')
    bert = load_recipe(recipe_file).bert
    assert bert.model == "bert-base-uncased"
    assert not bert.download
