"""``lookout background``: the people whom nobody looks for, and what thresholds make of them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.footage import frames_of, open_footage
from pipeline.cli.site import background_of, chain_of, print_table, progress_bar, settings_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from rich.table import Table

    from pipeline.threshold.realised import Realised
    from reid.embedder import Embedder

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
    from pipeline.threshold.background import FILE_NAME
    from pipeline.threshold.build import build_background, choose_people, find_crops
    from reid.embedder import SHIPPED_WEIGHTS, Embedder

    place = weights or SHIPPED_WEIGHTS
    chosen = choose_people(find_crops(folder), people)
    with progress_bar() as bar:
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

    from pipeline.threshold.background import check_rate
    from pipeline.threshold.build import PEOPLE
    from pipeline.threshold.measure import PEOPLE_SEEN, embed, measure, table
    from reid.datasets.load import detect_format, load_dataset
    from reid.embedder import SHIPPED_WEIGHTS, Embedder

    check_rate(rate, PEOPLE)
    samples = load_dataset(folder, detect_format(folder))
    embedder = Embedder(weights or SHIPPED_WEIGHTS)
    with progress_bar() as bar:
        task = bar.add_task("embedding", total=len(samples))
        embedded = embed(embedder, samples, captions, lambda done: bar.advance(task, done))
    outcomes = list(measure(embedded, embedder.model_id, [rate], PEOPLE_SEEN))
    if as_json:
        for outcome in outcomes:
            typer.echo(msgspec.json.encode(outcome).decode())
    else:
        typer.echo(table(outcomes))


@background.command("try")
def try_rates(
    context: typer.Context,
    footage: Annotated[str, typer.Argument(help="A video file, or a folder of images.")],
    rate: Annotated[list[float] | None, typer.Option(help="A false match rate; may be repeated; 0.01.")] = None,
    sentences: Annotated[int, typer.Option(help="How many made-up sentences.", min=1, max=10_000)] = 500,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Say what share of the people in footage false match rates let through, by sentences made up about nobody."""
    from contextlib import closing
    from tempfile import TemporaryDirectory

    import msgspec

    from pipeline.clock import SystemClock
    from pipeline.ingest import ingest
    from pipeline.replay import Replay
    from pipeline.services.ingest import chain_settings
    from pipeline.threshold.realised import measure_realised

    settings = settings_of(context)
    with open_footage(footage, "try", None, settings.ingest.analysed_fps) as source:
        detector, embedder = chain_of(settings)
        shipped = background_of(settings)
        with (
            TemporaryDirectory(prefix="lookout-try-") as folder,
            closing(Replay(Path(folder), [], shipped, SystemClock())) as run,
        ):
            run.run(ingest(frames_of(source, None), detector, embedder, chain_settings(settings)))
            found = measure_realised(run.placed(), _made_up(embedder, sentences), rate or [0.01], shipped)
    if as_json:
        typer.echo("\n".join(msgspec.json.encode(each).decode() for each in found))
    else:
        print_table(_realised_table(found))


def _made_up(embedder: "Embedder", count: int) -> "npt.NDArray[np.float32]":
    """Return the vectors of sentences about nobody, (count, D): what drawn walkers would wear, the same every time."""
    import numpy as np

    from pipeline.scene.outfit import brief_outfit, random_outfit

    rng = np.random.default_rng(0)
    return embedder.encode_text([brief_outfit(random_outfit(rng)) for _ in range(count)])


def _realised_table(found: "list[Realised]") -> "Table":
    from rich.table import Table

    table = Table("asked", "matched", "worst 1 in 20", "as shipped", title=f"of {found[0].tracklets} tracklets")
    for each in found:
        shares = (each.rate, each.matched, each.worst, each.matched_as_shipped)
        table.add_row(*(f"{share:.2%}" for share in shares))
    return table
