"""``lookout background``: the people whom nobody looks for, and what thresholds make of them."""

from pathlib import Path
from typing import Annotated

import typer

background = typer.Typer(no_args_is_help=True, help="Build the background that thresholds rest on, and measure it.")


@background.command("build")
def build(
    folder: Annotated[Path, typer.Argument(help="A folder of person crops, or of a data set.")],
    words: Annotated[str, typer.Option(help='Who they are, as in "3,000 people of ...".')],
    out: Annotated[Path | None, typer.Option(help="The file to write; by default beside the weights.")] = None,
    people: Annotated[int, typer.Option(help="How many people at most.", min=100)] = 3000,
    weights: Annotated[Path | None, typer.Option(help="A weights folder; by default the shipped one.")] = None,
) -> None:
    """Embed a few thousand people whom nobody looks for: thresholds are set on their scores."""
    from rich.console import Console
    from rich.progress import Progress

    from pipeline.threshold.background import FILE_NAME
    from pipeline.threshold.build import build_background, choose_people, find_crops
    from reid.embedder import SHIPPED_WEIGHTS, Embedder

    place = weights or SHIPPED_WEIGHTS
    chosen = choose_people(find_crops(folder), people)
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("embedding", total=len(chosen))
        built = build_background(Embedder(place), chosen, words, lambda done: bar.advance(task, done))
    target = out or place / FILE_NAME
    built.write(target)
    typer.echo(f"{target} holds {len(built):,} people of {words}, {target.stat().st_size / 2**20:.1f} MiB")


@background.command("measure")
def measure(
    folder: Annotated[Path, typer.Argument(help="A data set of several sources, with sentences.")],
    captions: Annotated[Path | None, typer.Option(help="More sentences, as in captions.jsonl.")] = None,
    rate: Annotated[float, typer.Option(help="The false match rate asked for.")] = 0.01,
    weights: Annotated[Path | None, typer.Option(help="A weights folder; by default the shipped one.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Say how well thresholds keep their rate at a site: each source is the site once, all others the background."""
    import msgspec
    from rich.console import Console
    from rich.progress import Progress

    from pipeline.threshold.measure import PEOPLE_SEEN, embed, measure, table
    from reid.datasets.load import detect_format, load_dataset
    from reid.embedder import SHIPPED_WEIGHTS, Embedder

    samples = load_dataset(folder, detect_format(folder))
    embedder = Embedder(weights or SHIPPED_WEIGHTS)
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("embedding", total=len(samples))
        embedded = embed(embedder, samples, captions, lambda done: bar.advance(task, done))
    outcomes = list(measure(embedded, embedder.model_id, [rate], PEOPLE_SEEN))
    if as_json:
        for outcome in outcomes:
            typer.echo(msgspec.json.encode(outcome).decode())
    else:
        typer.echo(table(outcomes))
