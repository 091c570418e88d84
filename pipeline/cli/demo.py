"""``lookout demo``: see it work, offline, with nothing but the install."""

from pathlib import Path
from typing import Annotated

import typer


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the page.")] = Path("runs/demo"),
    people: Annotated[int, typer.Option(help="How many people are drawn.", min=2)] = 40,
    descriptions: Annotated[int, typer.Option(help="How many of them are looked for.", min=1)] = 12,
    seed: Annotated[int, typer.Option(help="The same seed draws the same people.", min=0)] = 1,
    weights: Annotated[Path | None, typer.Option(help="A weights folder; by default the shipped one.")] = None,
) -> None:
    """Draw people in described clothes and find each by the description."""
    from rich.console import Console
    from rich.progress import Progress

    from pipeline.demo.lineup import draw_lineup
    from pipeline.demo.page import render_page
    from reid.embedder import SHIPPED_WEIGHTS, Embedder

    if descriptions > people:
        raise typer.BadParameter(f"at most as many as there are people ({people})", param_hint="--descriptions")
    embedder = Embedder(weights or SHIPPED_WEIGHTS)
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("drawing people", total=people)
        lineup = draw_lineup(embedder, people, descriptions, seed, lambda done: bar.advance(task, done))
    for found in lineup.found:
        typer.echo(f"rank {found.rank:>2} of {people}  {found.similarity[0]:+.3f}  {found.description}")
    typer.echo(f"first place: {lineup.rank_share(1):.0%}, among the first five: {lineup.rank_share(5):.0%}")
    page = out / "index.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(render_page(lineup, embedder.model_id), encoding="utf-8")
    typer.echo(f"look at the people in {page}")
