"""``lookout bench``: speed, as ratios measured in one run."""

import json
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.site import progress_bar

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


@bench.command("detect")
def detect(
    detectors: Annotated[
        list[str] | None, typer.Argument(help="compact, or files of detectors; the first is 1.")
    ] = None,
    provider: Annotated[str, typer.Option(help="cpu, cuda or tensorrt.")] = "cpu",
    batch: Annotated[int, typer.Option(help="Frames that are detected at once.", min=1)] = 1,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure how long detectors take for a frame, with one CPU thread, in turns, and their ratio to the first one."""
    from detectors.open import COMPACT, open_detector
    from pipeline.bench.detect import bench_detect

    report = bench_detect([open_detector(name, provider, threads=1) for name in detectors or [COMPACT]], batch)
    if as_json:
        typer.echo(json.dumps(report))
        return
    for size in report["sizes"]:
        for told in size["detectors"]:
            width, height = size["frame_wh"]
            typer.echo(f"{width}x{height}  {told['detector']:<20} {told['ms']:>8.2f} ms  {told['ratio']:.3f}")


@bench.command("track")
def track(
    detector: Annotated[str, typer.Option(help="truth, compact, or the path of a detector's file.")] = "truth",
    streets: Annotated[int, typer.Option(help="How many streets are drawn.", min=1)] = 4,
    walkers: Annotated[int, typer.Option(help="How many people walk along each.", min=1)] = 16,
    seconds: Annotated[float, typer.Option(help="How long each is watched.", min=1.0)] = 60.0,
    seed: Annotated[int, typer.Option(help="Decides the streets.", min=0)] = 2000,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure on generated streets how well one person stays one tracklet, at 10, 5 and 2 analysed frames a second."""
    from detectors.open import open_detector
    from pipeline.bench.track import bench_track
    from pipeline.scene.scene import SceneSettings

    opened = None if detector == "truth" else open_detector(detector)
    settings = SceneSettings(walkers=walkers, duration_s=seconds)
    with progress_bar() as bar:
        task = bar.add_task("drawing and following", total=streets)
        report = bench_track(range(seed, seed + streets), settings, opened, lambda: bar.advance(task))
    if as_json:
        typer.echo(json.dumps(report))
        return
    for rate in report["rates"]:
        typer.echo("  ".join(f"{name} {value}" for name, value in rate.items()))


@bench.command("match")
def match(*, as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Measure the matcher's sightings/s against a bare NumPy product, for 100 to 100,000 entries."""
    from pipeline.bench.match import bench_match

    report = bench_match()
    if as_json:
        typer.echo(json.dumps(report))
        return
    for entries, told in report["sizes"].items():
        typer.echo(f"{int(entries):>7,} entries  " + "  ".join(f"{name} {value:,}" for name, value in told.items()))


@bench.command("log")
def log(
    address: Annotated[str, typer.Argument(help="kafka://host:port, or sqlite:/// and a folder.")] = "sqlite:///.",
    records: Annotated[int, typer.Option(help="Sightings in each of fifteen rounds.", min=1)] = 2_000,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure sightings/s through the event log against its client alone; makes topics or files and removes them."""
    from pipeline.bench.log import bench_log

    report = bench_log(address, records)
    if as_json:
        typer.echo(json.dumps(report))
        return
    typer.echo(f"{report['records']:,} sightings of {report['mean_bytes']:,} bytes; target {report['target']}")
    for deed in ("publish", "consume"):
        typer.echo(f"{deed}  " + "  ".join(f"{name} {value:,}" for name, value in report[deed].items()))


@bench.command("ingest")
def ingest(
    provider: Annotated[str, typer.Option(help="auto, cpu, cuda or tensorrt.")] = "auto",
    threads: Annotated[int, typer.Option(help="CPU threads of each network; 0 for half the cores.", min=0)] = 0,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure ingest against decoding and detection alone, what it costs beside them, and how many cameras keep up."""
    from pipeline.bench.ingest import bench_ingest

    report = bench_ingest(provider, threads)
    if as_json:
        typer.echo(json.dumps(report))
        return
    for name, value in report.items():
        typer.echo(f"{name:<24} {value}")


@bench.command("latency")
def latency(
    log: Annotated[str, typer.Argument(help="kafka://host:port, or sqlite:/// and a folder.")] = "sqlite:///.",
    store: Annotated[
        str | None, typer.Argument(help="redis://host:port/N, empty; by default a file for the bench.")
    ] = None,
    cameras: Annotated[int, typer.Option(help="How many cameras are watched.", min=1)] = 1,
    seconds: Annotated[float, typer.Option(help="For how long.", min=5.0)] = 60.0,
    provider: Annotated[str, typer.Option(help="auto, cpu, cuda or tensorrt.")] = "auto",
    threads: Annotated[int, typer.Option(help="CPU threads of each network; 0 for half the cores.", min=0)] = 0,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure the time from a frame to its alert, as a consumer of the alerts sees it."""
    from pipeline.bench.latency import LatencySettings, bench_latency

    report = bench_latency(log, store, LatencySettings(cameras, seconds, provider, threads))
    if as_json:
        typer.echo(json.dumps(report))
        return
    for name, value in report.items():
        typer.echo(f"{name:<24} {value}")
