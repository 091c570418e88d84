"""``lookout demo``: see it work, offline, with nothing but the install."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.alerts import plain
from pipeline.cli.site import as_time, background_of, chain_of, progress_bar, settings_of

if TYPE_CHECKING:
    from pipeline.demo.street import Described
    from pipeline.demo.truth import Outcome
    from pipeline.records import Alert
    from pipeline.scene.scene import Scene
    from pipeline.settings import Settings


def demo(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="Folder for the page, the films and the database.")] = Path("runs/demo"),
    seed: Annotated[int, typer.Option(help="The same seed draws the same street.", min=0)] = 1,
    walkers: Annotated[int, typer.Option(help="How many people walk there.", min=1, max=200)] = 14,
    seconds: Annotated[float, typer.Option(help="How long each camera films, s.", min=1.0, max=3600.0)] = 40.0,
    descriptions: Annotated[int, typer.Option(help="How many of the people are described.", min=1)] = 6,
    false_match_rate: Annotated[
        float | None, typer.Option(help="Share of people who are not wanted that match each sentence.")
    ] = None,
    weights: Annotated[Path | None, typer.Option(help="A weights folder; by default the shipped one.")] = None,
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what result.json holds as one line, instead of tables.")
    ] = False,
) -> None:
    """Draw a street, film it, look out for some of its people, and count who is found."""
    from pipeline.demo.page import render_page
    from pipeline.demo.stills import draw_stills
    from pipeline.demo.street import describe_street, draw_street
    from pipeline.demo.truth import CameraTruth, judge
    from pipeline.scene.video import truth_path

    chosen = None if weights is None else str(weights)
    settings = settings_of(context, weights=chosen, match__false_match_rate=false_match_rate)
    _check_folder(out)
    scene = draw_street(seed, walkers, seconds)
    described = {f"watch-{number}": one for number, one in enumerate(describe_street(scene, descriptions), 1)}
    films, alerts, model_id = _film_and_watch(scene, described, settings, out)
    truths = {camera_id: CameraTruth.read(truth_path(film)) for camera_id, film in films.items()}
    outcome = judge(alerts, {entry_id: one.walker_id for entry_id, one in described.items()}, truths)
    page = render_page(described, outcome, draw_stills(films, truths, outcome.judged), model_id)
    (out / "index.html").write_text(page, encoding="utf-8")
    result = _result(seed, described, outcome, model_id)
    (out / "result.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if as_json:
        typer.echo(json.dumps(result))
    else:
        _print(outcome)
    typer.echo(f"look at them in {out / 'index.html'}", err=True)


def _check_folder(out: Path) -> None:
    """Refuse a folder in which the demonstration would write over what is not its own.

    Raises:
        SettingsError: it is a file, or holds another page.
    """
    from pipeline.errors import SettingsError

    if out.exists() and not out.is_dir():
        raise SettingsError(
            f"a folder was expected for the demonstration, but {out} is a file; name another with --out"
        )
    if (out / "index.html").exists() and not (out / "result.json").exists():
        raise SettingsError(
            f"{out / 'index.html'} is of no demonstration, so it stays as it is; name another folder with --out"
        )


def _film_and_watch(
    scene: "Scene", described: Mapping[str, "Described"], settings: "Settings", out: Path
) -> tuple[dict[str, Path], list["Alert"], str]:
    """Return the films by camera, the alerts and the model id, with progress bars on standard error."""
    from pipeline.demo.street import film_street
    from pipeline.demo.watching import put_on_watchlist, sightings, watch
    from pipeline.source import SourceSettings

    detector, embedder = chain_of(settings)
    background = background_of(settings)
    out.mkdir(parents=True, exist_ok=True)
    sentences = [one.sentence for one in described.values()]
    put_on_watchlist(out, sentences, settings.match.false_match_rate, embedder, background)
    timing = SourceSettings(settings.ingest.analysed_fps, scene.settings.started_at_ms)
    frames = scene.frame_count * len(scene.cameras)
    with progress_bar() as bar:
        drawing, watching = (bar.add_task(name, total=frames) for name in ("drawing the street", "watching the films"))
        films = film_street(scene, out / "scene", lambda done: bar.advance(drawing, done))
        seen = sightings(films, timing, detector, embedder, lambda done: bar.advance(watching, done))
        alerts = watch(out, seen, background)
    return films, alerts, embedder.model_id


def _result(seed: int, described: Mapping[str, "Described"], outcome: "Outcome", model_id: str) -> dict[str, Any]:
    """Return what was found, for JSON."""
    from dataclasses import asdict

    return {
        "seed": seed,
        "model_id": model_id,
        "descriptions": {entry_id: asdict(one) for entry_id, one in described.items()},
        "alerts": [plain(each.alert) | {"walker_id": each.walker_id, "right": each.right} for each in outcome.judged],
        "passages": [asdict(passage) for passage in outcome.passages],
        "precision": outcome.precision,
        "recall": outcome.recall,
        "chance_precision": outcome.chance_precision,
        "chance_recall": outcome.chance_recall,
    }


def _print(outcome: "Outcome") -> None:
    """Print the alerts as a table, and what they are worth."""
    from rich.console import Console
    from rich.table import Table

    from pipeline.demo.page import score_words, verdict_words

    table = Table("time", "camera", "similarity", "in truth", "description")
    for each in outcome.judged:
        alert, colour = each.alert, "green" if each.right else "red"
        table.add_row(
            as_time(alert.captured_at_ms).partition(" ")[2],
            alert.camera_id,
            f"{alert.similarity:.3f} ≥ {alert.threshold:.3f}",
            f"[{colour}]{verdict_words(each)}[/{colour}]",
            alert.description,
        )
    console = Console()
    console.print(table)
    console.print(score_words(outcome), highlight=False, soft_wrap=True)
