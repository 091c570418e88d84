"""``lookout bench``: speed, as ratios measured in one run."""

import json
from pathlib import Path
from typing import Annotated

import typer

bench = typer.Typer(no_args_is_help=True, help="Measure speed on this machine, as ratios within one run.")


@bench.command("embed")
def embed(
    provider: Annotated[str, typer.Option(help="auto, cpu, cuda or tensorrt.")] = "auto",
    weights: Annotated[Path | None, typer.Option(help="A weights folder; by default the shipped one.")] = None,
    threads: Annotated[int, typer.Option(help="CPU threads; 0 for one a core.", min=0)] = 0,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure the image tower's crops/s against torch eager and OSNet x1.0, where torch is installed."""
    from reid.bench.embed import bench_embed
    from reid.embedder import SHIPPED_WEIGHTS
    from reid.providers import as_provider

    report = bench_embed(as_provider(provider), threads, weights or SHIPPED_WEIGHTS)
    if as_json:
        typer.echo(json.dumps(report))
        return
    for name, value in report.items():
        typer.echo(f"{name:<36} {value}")
