import csv
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from msgspec import structs

from reid.config import NetworkConfig
from reid.datasets.sample import Sample
from reid.errors import ConfigurationError, DatasetError, WeightsError
from reid.text.tokenizer import Tokenizer
from reid.training.augment import Augmentation
from reid.training.batches import Batches, BatchSettings
from reid.training.checkpoint import load_checkpoint, load_network, save_checkpoint
from reid.training.language import learn_language
from reid.training.learner import build_learner
from reid.training.losses import LossWeights
from reid.training.material import load_material
from reid.training.run import run_recipe
from reid.training.settings import DataSettings, Recipe, RunSettings, load_recipe
from reid.training.splits import split_held_out
from reid.training.train import train
from reid.training.validation import Validator


def test_a_resumed_run_ends_like_one_that_never_stopped(recipe_file: Path, tmp_path: Path) -> None:
    """Stopping after the first epoch and resuming gives the very same weights as going straight through."""
    recipe = load_recipe(recipe_file)
    straight = run_recipe(recipe, tmp_path / "straight").parent / "last.pt"
    broken_off = tmp_path / "resumed"
    _stop_after_one_epoch(recipe, broken_off)
    run_recipe(recipe, broken_off, resume=True)
    first, second = (torch.load(path, weights_only=True) for path in (straight, broken_off / "last.pt"))
    assert first["epoch"] == second["epoch"] == 2
    for name, value in first["average"].items():
        assert torch.equal(value, second["average"][name]), name
    assert (broken_off / "log.csv").read_text().count("\n") == 3  # the header and both epochs


def _stop_after_one_epoch(recipe: Recipe, folder: Path) -> None:
    """Run until the first row of the log is written, as an interrupt would stop it."""
    from reid.training.journal import Journal

    class Interrupted(Exception):  # noqa: N818
        pass

    written = Journal.write

    def write_once(self: Journal, row: dict[str, float]) -> None:
        written(self, row)
        if row["epoch"] == 2:
            raise Interrupted

    patch = pytest.MonkeyPatch()
    patch.setattr(Journal, "write", write_once)
    with pytest.raises(Interrupted):
        run_recipe(recipe, folder)
    patch.undo()
    rows = (folder / "log.csv").read_text().splitlines()
    (folder / "log.csv").write_text("\n".join(rows[:2]) + "\n")


def test_a_run_whose_best_network_was_left_behind_finds_another(recipe_file: Path, tmp_path: Path) -> None:
    """Where last.pt alone came along, the next validation writes best.pt; with no epoch left that is an error."""
    recipe, folder = load_recipe(recipe_file), tmp_path / "run"
    one = structs.replace(recipe, run=structs.replace(recipe.run, epochs=1))
    run_recipe(one, folder)
    (folder / "best.pt").unlink()
    with pytest.raises(WeightsError, match="best.pt is gone"):
        run_recipe(one, folder, resume=True)
    state = torch.load(folder / "last.pt", weights_only=True)
    torch.save({**state, "best": 1000.0}, folder / "last.pt")  # no later epoch is better
    assert run_recipe(recipe, folder, resume=True).exists()


def test_patience_ends_with_a_validation(recipe_file: Path, tmp_path: Path) -> None:
    """A run that validates more seldom than its patience lasts is not stopped before it has validated once."""
    recipe_file.write_text(recipe_file.read_text() + "patience = 1\nvalidate_every = 2\n")
    best = run_recipe(load_recipe(recipe_file), tmp_path / "run")
    assert torch.load(best, weights_only=True)["epoch"] == 2


def test_a_run_says_first_what_it_learns_from(
    recipe_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Crops, people, sentences and words are counted before hours are spent on the wrong ones."""
    recipe_file.write_text(recipe_file.read_text().replace("epochs = 2", "epochs = 1"))
    run_recipe(load_recipe(recipe_file), tmp_path / "run")
    told = " ".join(capsys.readouterr().err.split())
    assert "learning from 64 crops of 64 people with 64 sentences, validating on 64 crops of 64 people" in told


def test_an_earlier_run_is_not_overwritten(recipe_file: Path, tmp_path: Path) -> None:
    """A folder with a run in it is refused without --resume, and resuming where nothing is says so."""
    recipe = load_recipe(recipe_file)
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "last.pt").write_bytes(b"something")
    with pytest.raises(ConfigurationError, match="--resume"):
        run_recipe(recipe, tmp_path / "old")
    with pytest.raises(WeightsError, match="no checkpoint"):
        run_recipe(recipe, tmp_path / "nothing", resume=True)


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    """A file that is no checkpoint gives an error that names it."""
    path = tmp_path / "best.pt"
    path.write_bytes(b"not a checkpoint")
    with pytest.raises(WeightsError, match="best.pt"):
        load_network(path)


@pytest.mark.parametrize("state", [[1], {}, {"words": 3}, {"words": ["a"], "config": {"image_hw": "x"}}], ids=repr)
def test_what_is_no_state_of_a_run_is_named(recipe_file: Path, tmp_path: Path, state: object) -> None:
    """Whatever else torch can load, as another program's checkpoint, neither exports nor resumes; the error says so."""
    path = tmp_path / "run" / "last.pt"
    path.parent.mkdir()
    torch.save(state, path)
    with pytest.raises(WeightsError, match=r"last\.pt is not a checkpoint"):
        load_network(path)
    with pytest.raises(WeightsError, match=r"last\.pt (is not a checkpoint|belongs to another)"):
        run_recipe(load_recipe(recipe_file), path.parent, resume=True)


def test_bytes_gone_wrong_are_told_as_such(tmp_path: Path) -> None:
    """A damaged file fails in torch in many ways, and here in one."""
    torch.save({"words": ["a"]}, tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    whole = (tmp_path / "old.pt").read_bytes()
    for place in range(0, len(whole), 7):
        (tmp_path / "old.pt").write_bytes(whole[:place] + b"\xff\x93" + whole[place + 2 :])
        with pytest.raises(WeightsError, match=r"old\.pt is not a checkpoint"):
            load_network(tmp_path / "old.pt")


def test_an_edited_learning_rate_counts_when_a_run_goes_on(stripes: list[Sample], tmp_path: Path) -> None:
    """The optimiser keeps what it has gathered, and learns from then on at the rate that the recipe says now."""
    vocabulary, vectors = learn_language(["a man in red", "a woman in blue"], 1, 16)
    material = load_material(stripes, (64, 32))
    data = DataSettings(path=tmp_path, format="shards")
    first, second = (
        build_learner(
            Recipe(name="rates", data=data, network=TINY, run=RunSettings(learning_rate=rate, device="cpu")),
            vocabulary,
            vectors,
            material,
        )
        for rate in (1e-3, 1e-4)
    )
    for parameter in first.network.parameters():
        parameter.grad = torch.ones_like(parameter)
    first.optimizer.step()
    save_checkpoint(tmp_path / "last.pt", first)
    load_checkpoint(tmp_path / "last.pt", second)
    assert [group["initial_lr"] for group in second.optimizer.param_groups] == pytest.approx([1e-4, 1e-4, 3e-5])
    assert len(second.optimizer.state) == len(first.optimizer.state) > 0


def test_an_unknown_source_cannot_be_held_out(stripes: list[Sample]) -> None:
    """Holding out a camera network that is not there names those that are."""
    with pytest.raises(ConfigurationError, match="stripes"):
        split_held_out(stripes, "elsewhere")


def test_a_tiny_network_learns_64_people_by_heart(stripes: list[Sample], tmp_path: Path) -> None:
    """In under a minute on a CPU the real training code reaches Rank@1 = 100 % on 64 pairs."""
    sentences = [caption for sample in stripes for caption in sample.captions]
    vocabulary, vectors = learn_language(sentences, 1, 16)
    recipe = Recipe(
        name="by-heart",
        data=DataSettings(path=tmp_path, format="shards"),
        network=TINY,
        losses=LossWeights(identity=0.5, triplet=0.0, affinity=0.0, contrastive=1.0, attributes=0.0),
        batches=BatchSettings(batch_size=64, caption_share=1.0, word_dropout=0.0),
        augmentation=Augmentation(
            zoom=0.02, shift=0.02, blur=0, noise=0, erase=0, gamma=0.0, saturation=0.0, contrast=0.0
        ),
        run=RunSettings(epochs=110, learning_rate=6e-3, warmup_epochs=2, averaging=0.9, validate_every=110, threads=1),
    )
    people = [replace(sample, attributes=frozenset()) for sample in stripes]  # nobody is half like anybody
    material = load_material(people, (64, 32), [])
    tokenizer = Tokenizer(vocabulary, 56)
    learner = build_learner(recipe, vocabulary, vectors, material)
    validator = Validator(material, tokenizer)
    train(learner, Batches(material, tokenizer, recipe.batches, 1), validator, recipe, tmp_path / "run")
    assert validator(learner.average.network)["val_rank1"] == 100.0


TINY = NetworkConfig(
    image_hw=(64, 32),
    stage_channels=(24, 32, 48),
    stem_channels=16,
    text_stem_channels=32,
    word_dim=16,
    embedding_dim=32,
    stripes=4,
    dropout=0.0,
)


def test_mixed_precision_learns_too(recipe_file: Path, tmp_path: Path) -> None:
    """In bfloat16, which a GPU takes by itself, every loss stays a number and is near that of single precision."""
    recipe = load_recipe(recipe_file)
    ends = {}
    for precision in ("fp32", "bf16"):
        run = structs.replace(recipe.run, precision=precision, epochs=1)
        run_recipe(structs.replace(recipe, run=run), tmp_path / precision)
        with (tmp_path / precision / "log.csv").open() as file:
            ends[precision] = next(csv.DictReader(file))
    for name in ("identity", "triplet", "affinity"):
        assert float(ends["bf16"][name]) == pytest.approx(float(ends["fp32"][name]), rel=0.1)


def test_fewer_crops_than_a_batch_are_refused(recipe_file: Path, tmp_path: Path) -> None:
    """A batch that an epoch cannot fill would leave the network as it was drawn, so it is an error."""
    recipe = load_recipe(recipe_file)
    large = structs.replace(recipe, batches=replace(recipe.batches, batch_size=65))
    with pytest.raises(ConfigurationError, match="batch_size = 65"):
        run_recipe(large, tmp_path / "run")


def test_a_sentence_of_unknown_words_finds_nobody(stripes: list[Sample], tmp_path: Path) -> None:
    """It never stops a validation; it counts as a failed search, as ``lookout evaluate`` counts it."""
    sentences = [caption for sample in stripes for caption in sample.captions]
    vocabulary, vectors = learn_language(sentences, 1, 16)
    recipe = Recipe(name="half", data=DataSettings(path=tmp_path, format="shards"), network=TINY)
    strange = [replace(sample, captions=(*sample.captions, "xqzzy")) for sample in stripes]
    tokenizer = Tokenizer(vocabulary, 56)
    material, half_known = (load_material(samples, (64, 32), []) for samples in (stripes, strange))
    network = build_learner(recipe, vocabulary, vectors, material).average.network
    whole, half = (Validator(each, tokenizer)(network) for each in (material, half_known))
    assert half == pytest.approx({name: figure / 2 for name, figure in whole.items()})
    with pytest.raises(DatasetError, match="no sentence"):
        Validator(load_material([replace(stripes[0], captions=("xqzzy",))], (64, 32), []), tokenizer)
