"""What a recipe validates on is never trained on, and there is always something."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from reid.datasets.cut import cut_people
from reid.datasets.load import load_dataset
from reid.errors import ConfigurationError, DatasetError
from reid.training.run import run_recipe
from reid.training.settings import DataSettings, Recipe, load_recipe, with_hold_out
from reid.training.splits import split_samples, validation_samples


@pytest.fixture
def without_val(recipe_file: Path) -> Path:
    """Return a recipe over ICFG-PEDES' layout: 64 people in train, and no split val."""
    folder = recipe_file.parent / "data"
    entries = [entry for entry in json.loads((folder / "data_captions.json").read_text()) if entry["split"] == "train"]
    (folder / "data_captions.json").unlink()
    told = [{**entry, "file_path": entry.pop("img_path")} for entry in entries]
    (folder / "ICFG-PEDES.json").write_text(json.dumps(told))
    recipe_file.write_text(recipe_file.read_text().replace("rstpreid", "icfg-pedes"))
    return recipe_file


def add(recipe: Path, line: str) -> Path:
    """Return the recipe with a line added to its section [data]."""
    recipe.write_text(recipe.read_text().replace("[data]", f"[data]\n{line}"))
    return recipe


def test_a_share_of_people_is_kept_for_validation(without_val: Path) -> None:
    """One person in eight is validated on, whole and the same at every reading, and nobody is lost."""
    recipe = load_recipe(add(without_val, "hold_out_people = 0.125"))
    training, validation = split_samples(recipe)
    assert (len(training), len(validation)) == (56, 8)
    assert not {s.person_id for s in training} & {s.person_id for s in validation}
    assert [s.key for s in validation_samples(recipe)] == [s.key for s in validation]
    before = {s.key: s for s in load_dataset(recipe.data.path, "icfg-pedes")}
    assert all(replace(s, split="train") == before[s.key] for s in (*training, *validation))


def test_a_data_set_without_val_trains_once_people_are_held_out(without_val: Path, tmp_path: Path) -> None:
    """Training validates on those people, and says what to do where nobody is held out."""
    with pytest.raises(DatasetError, match="hold_out_people"):
        run_recipe(load_recipe(without_val), tmp_path / "none")
    text = without_val.read_text().replace("epochs = 2", "epochs = 1")
    without_val.write_text(text)
    run_recipe(load_recipe(add(without_val, "hold_out_people = 0.25")), tmp_path / "run")
    assert "val_rank1" in (tmp_path / "run" / "log.csv").read_text()


def test_a_split_of_its_own_is_not_added_to(recipe_file: Path) -> None:
    """Where the data set has a split val, figures on a larger one could not be compared with anybody's."""
    recipe = load_recipe(add(recipe_file, "hold_out_people = 0.1"))
    with pytest.raises(ConfigurationError, match="has a split val"):
        split_samples(recipe)


def test_two_ways_of_holding_out_are_one_too_many(without_val: Path) -> None:
    """A source or a share of the people, not both."""
    add(without_val, 'hold_out = "ICFG-PEDES"')
    with pytest.raises(ConfigurationError, match="hold_out and hold_out_people"):
        split_samples(load_recipe(add(without_val, "hold_out_people = 0.1")))


@pytest.mark.parametrize("share", ["0.0", "1.0", "-1"])
def test_a_share_of_nobody_or_everybody_is_refused(without_val: Path, share: str) -> None:
    """Both splits need people."""
    with pytest.raises(ConfigurationError, match="between 0 and 1"):
        split_samples(load_recipe(add(without_val, f"hold_out_people = {share}")))


def test_another_source_can_be_held_out_than_the_recipe_says(recipe_file: Path) -> None:
    """The same recipe measures what an unseen source would give, and keeps its own word where none is named."""
    recipe = load_recipe(recipe_file)
    assert with_hold_out(recipe, None) == recipe
    held = with_hold_out(recipe, "RSTPReid")
    assert len(validation_samples(held)) == 128
    assert len(validation_samples(recipe)) == 64


def test_further_folders_are_learned_from_and_never_validated_on(recipe_file: Path, tmp_path: Path) -> None:
    """Their people join the first folder's train as people of their own; their split val is left alone."""
    shutil.copytree(tmp_path / "data", tmp_path / "more")
    entries = json.loads((tmp_path / "more" / "data_captions.json").read_text())
    told = [{**entry, "img_path": f"more-{entry['img_path']}"} for entry in entries]
    (tmp_path / "more" / "data_captions.json").write_text(json.dumps(told))
    for image in list((tmp_path / "more" / "imgs").iterdir()):
        image.rename(image.with_name(f"more-{image.name}"))
    recipe = load_recipe(add(recipe_file, 'also = ["more"]'))
    training, validation = split_samples(recipe)
    assert len({s.person_id for s in training}) == 128
    assert validation == validation_samples(load_recipe(recipe_file))


def test_a_further_folder_that_is_not_there_is_told_how_to_make(recipe_file: Path) -> None:
    """The shipped recipe needs one that is made first, so the error says by which command."""
    with pytest.raises(DatasetError, match="there is no .*none, which .* lookout cut"):
        split_samples(load_recipe(add(recipe_file, 'also = ["none"]')))


def test_what_is_validated_on_needs_no_further_folder(recipe_file: Path) -> None:
    """A folder that is only learned from need not be there to measure on what is held out of the data set itself."""
    recipe = load_recipe(add(recipe_file, 'also = ["none"]'))
    assert len(validation_samples(recipe)) == 64
    assert len(validation_samples(with_hold_out(recipe, "RSTPReid"))) == 128
    with pytest.raises(DatasetError, match="there is no .*none"):
        validation_samples(with_hold_out(recipe, "none"))


def test_held_out_crops_that_nobody_has_described_are_there_if_asked_for(tmp_path: Path) -> None:
    """The search among all crops needs them; the usual one ranks described crops alone, and there must be one."""
    cv2.imwrite(str(tmp_path / "photo.png"), np.full((64, 32, 3), 120, np.uint8))
    person = {"photo": "photo.png", "box_xyxy": [0, 0, 32, 64]}
    for name, described in (("some", 2), ("none", 0)):
        told = [{**person, "captions": ["a man"] if number < described else []} for number in range(5)]
        (tmp_path / "gate.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in told))
        cut_people(tmp_path, tmp_path / "gate.jsonl", tmp_path / name)
    some, none = (
        Recipe(name="gate", data=DataSettings(path=tmp_path / name, format="shards", hold_out="gate"))
        for name in ("some", "none")
    )
    assert (len(validation_samples(some)), len(validation_samples(some, undescribed=True))) == (2, 5)
    with pytest.raises(DatasetError, match="no crop with a sentence to validate on"):
        validation_samples(none)


def test_a_person_in_two_folders_is_refused(recipe_file: Path) -> None:
    """One key would have two crops, so a folder named twice is an error."""
    with pytest.raises(DatasetError, match="come twice"):
        split_samples(load_recipe(add(recipe_file, 'also = ["data"]')))


def test_added_sentences_are_read_line_by_line(recipe_file: Path) -> None:
    """A line ends at a line feed alone, and a sentence where a list of them belongs is an error, not its letters."""
    recipe = load_recipe(add(recipe_file, 'captions = "more.jsonl"'))
    more = recipe_file.parent / "more.jsonl"
    more.write_text('{"key": "0.png", "captions": ["a man\u2028in black"]}\n', encoding="utf-8")
    added = next(sample for sample in split_samples(recipe)[0] if sample.key == "0.png")
    assert added.captions[-1] == "a man\u2028in black"
    more.write_text('{"key": "0.png", "captions": "a man"}\n', encoding="utf-8")
    with pytest.raises(DatasetError, match="more.jsonl line 1"):
        split_samples(recipe)
    more.write_text('{"key": "elsewhere.png", "captions": ["a man"]}\n', encoding="utf-8")
    with pytest.raises(DatasetError, match="more.jsonl has no sentence about any of the 128 crops"):
        split_samples(recipe)
