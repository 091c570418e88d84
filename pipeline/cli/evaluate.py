"""``lookout evaluate``: how good a set of weights is on a data set."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.site import progress_bar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reid.datasets.sample import Sample
    from reid.evaluation.evaluate import Evaluation


def evaluate(
    path: Annotated[Path, typer.Argument(help="Folder of a data set, or a recipe: then what it validates on.")],
    dataset_format: Annotated[
        str | None,
        typer.Option("--format", help="cuhk-pedes, icfg-pedes, rstpreid or shards; told from the files."),
    ] = None,
    split: Annotated[
        str | None, typer.Option(help="train, val or test; test where left out. A recipe has its own.")
    ] = None,
    weights: Annotated[Path | None, typer.Option(help="A weights folder; by default the shipped one.")] = None,
    provider: Annotated[str, typer.Option(help="auto, cpu, cuda or tensorrt.")] = "auto",
    hold_out: Annotated[str | None, typer.Option(help="With a recipe: the source it was trained without.")] = None,
    *,
    all_crops: Annotated[
        bool, typer.Option(help="With a recipe: search among the held-out crops, too, that nobody has described.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Search a data set's crops with its sentences, and ask for single attributes where it has them."""
    from reid.embedder import SHIPPED_WEIGHTS, Embedder
    from reid.evaluation.evaluate import evaluate as measure
    from reid.providers import as_provider

    if path.suffix == ".toml":
        _refuse({"--format": dataset_format, "--split": split}, "a recipe says itself what it validates on")
        samples = _validation_samples(path, hold_out, undescribed=all_crops)
    else:
        _refuse({"--hold-out": hold_out, "--all-crops": all_crops or None}, "it goes with a recipe")
        samples = _samples(path, dataset_format, split or "test")
    embedder = Embedder(weights or SHIPPED_WEIGHTS, as_provider(provider))
    with progress_bar() as bar:
        task = bar.add_task("embedding crops", total=len(samples))
        result = measure(embedder, samples, lambda done: bar.advance(task, done))
    typer.echo(json.dumps(result.to_dict()) if as_json else _render(result))


def _refuse(options: "Mapping[str, str | bool | None]", reason: str) -> None:
    for name, value in options.items():
        if value is not None:
            raise typer.BadParameter(f"{reason}; leave it out", param_hint=name)


def _samples(folder: Path, dataset_format: str | None, split: str) -> "list[Sample]":
    from reid.datasets.load import detect_format, load_dataset

    return load_dataset(folder, dataset_format or detect_format(folder), split)


def _validation_samples(recipe_file: Path, hold_out: str | None, *, undescribed: bool) -> "list[Sample]":
    """Return what a recipe holds out, with its sentences."""
    from reid.training.settings import load_recipe, with_hold_out
    from reid.training.splits import validation_samples

    return validation_samples(with_hold_out(load_recipe(recipe_file), hold_out), undescribed=undescribed)


def _render(result: "Evaluation") -> str:
    from reid.evaluation.tables import attribute_table, degraded_table, retrieval_table

    named = {
        "text to image": result.text_to_image,
        "text to image, other views": result.cross_view,
        "image to image": result.image_to_image,
    }
    searches = {name: found for name, found in named.items() if found is not None}
    parts = [f"weights: {result.model_id}"]
    if searches:
        parts.append(retrieval_table(searches))
    if result.attributes is not None:
        parts.append(attribute_table(result.attributes))
    if result.degraded is not None:
        parts.append(degraded_table(result.degraded))
    return "\n\n".join(parts)
