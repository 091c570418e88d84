"""``lookout replay``: recorded footage, with its own timestamps."""

import json
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.alerts import line, plain
from pipeline.cli.footage import frames_of, open_footage
from pipeline.cli.page import Page, check_page, write_page
from pipeline.cli.site import as_ms, as_time, background_of, chain_of, settings_of, watchlist_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from detectors.base import Detector
    from pipeline.errors import DamagedError
    from pipeline.records import Alert, Frame, WatchlistEntry
    from pipeline.settings import Settings
    from pipeline.threshold.nearest import Nearest
    from reid.embedder import Embedder

_FOR_EVER_H = 0.0
_NO_COOLDOWN_S = 0.0  # it keeps operators from being flooded; whoever looks through footage wants every passage

Start = Annotated[
    str | None, typer.Option(metavar="TIME", help="Of the first frame, as 2026-03-01T09:00:00Z; else the file's own.")
]
Watch = Annotated[
    list[str] | None,
    typer.Option(metavar="SENTENCE", help="Look out for this instead of the watchlist; may be repeated."),
]
Rate = Annotated[
    float | None,
    typer.Option(metavar="SHARE", help="Of --watch: of people who are not wanted, what share matches; 0.01."),
]


def replay(
    context: typer.Context,
    footage: Annotated[str, typer.Argument(metavar="FOOTAGE", help="A video file, or a folder of images.")],
    camera: Annotated[str, typer.Option(metavar="ID", help="The camera that took it.")] = "replay",
    start: Start = None,
    speed: Annotated[str, typer.Option(metavar="TIMES", help="max, or how many times the footage's own pace.")] = "max",
    watch: Watch = None,
    false_match_rate: Rate = None,
    page: Page = None,
    *,
    tiles: Annotated[
        bool | None, typer.Option("--tiles/--no-tiles", help="Look at large frames in tiles, too, for smaller people.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line for each alert.")] = False,
) -> None:
    """Run recorded footage and print who fits a description; nothing is dropped, and twice gives the same."""
    settings = settings_of(context, match__false_match_rate=false_match_rate, ingest__tiles=tiles)
    check_page(page)
    times = _as_speed(speed)
    with open_footage(footage, camera, as_ms(start, "--start"), settings.ingest.analysed_fps) as source:
        detector, embedder = chain_of(settings)  # which takes seconds, so what is wrong is told of before
        entries = _entries(settings, embedder, watch or [])
        found = _replayed(frames_of(source, times), detector, embedder, entries, settings, near=bool(watch))
    alerts = found.alerts
    try:
        typer.echo("\n".join(json.dumps(plain(one)) if as_json else line(one) for one in alerts), nl=bool(alerts))
    finally:  # whoever reads the lines may have gone away, as `| head` does
        write_page(page, alerts, found.nearest)
    for each in found.nearest:
        typer.echo(_near(each), err=True)
    if not settings.ingest.tiles and (hint := _hint(found.frame_sizes_wh)):
        typer.echo(hint, err=True)
    typer.echo(f"alerts: {len(alerts)}, sightings: {found.sightings}, descriptions: {len(entries)}", err=True)
    if found.damage:
        raise found.damage


@dataclass(frozen=True, slots=True)
class _Found:
    alerts: "list[Alert]"
    nearest: "list[Nearest]"  # of descriptions that have no alert
    sightings: int
    frame_sizes_wh: "frozenset[tuple[int, int]]"
    damage: "DamagedError | None"  # why the frames broke off, if they did


def _replayed(
    frames: "Iterator[Frame]",
    detector: "Detector",
    embedder: "Embedder",
    entries: "list[WatchlistEntry]",
    settings: "Settings",
    *,
    near: bool,
) -> _Found:
    """Return what is found in the frames; with ``near`` also who came nearest to descriptions that have no alert."""
    from tempfile import TemporaryDirectory

    from pipeline.clock import SystemClock
    from pipeline.errors import DamagedError
    from pipeline.ingest import ingest
    from pipeline.replay import Replay
    from pipeline.services.ingest import chain_settings

    damage, sizes_wh = None, set[tuple[int, int]]()
    with (
        TemporaryDirectory(prefix="lookout-replay-") as folder,
        closing(Replay(Path(folder), entries, background_of(settings), SystemClock())) as run,
    ):
        try:
            run.run(ingest(_measured(frames, sizes_wh), detector, embedder, chain_settings(settings)))
        except DamagedError as error:
            damage = error
        return _Found(run.alerts(), run.nearest() if near else [], run.sightings, frozenset(sizes_wh), damage)


def _measured(frames: "Iterator[Frame]", sizes_wh: "set[tuple[int, int]]") -> "Iterator[Frame]":
    for frame in frames:
        sizes_wh.add(frame.size_wh)
        yield frame


def _hint(sizes_wh: "frozenset[tuple[int, int]]") -> str:
    """Say what would find smaller people, where frames are so large that there may be some; else nothing."""
    from detectors.tiling import TILE_WH

    width, height = max(sizes_wh, default=(0, 0))
    if width <= TILE_WH[0] and height <= TILE_WH[1]:
        return ""
    return (
        f"frames of {width}x{height} px were looked at as a whole; --tiles finds smaller people, at many times the cost"
    )


def _near(nearest: "Nearest") -> str:
    """Say who came nearest to a description, and what would have told of them."""
    rate = nearest.raising_rate
    told = "which is far" if rate is None else f"--false-match-rate {rate:g} would have told of it"
    scores = f"{nearest.similarity:.3f} < {nearest.threshold:.3f}"
    return f"{nearest.entry.description!r}: nearest at {as_time(nearest.sighting.captured_at_ms)}, {scores}, {told}"


def _entries(settings: "Settings", embedder: "Embedder", wanted: list[str]) -> list["WatchlistEntry"]:
    """Return the entries of the descriptions, or the site's watchlist where there are none."""
    from pipeline.clock import SystemClock
    from pipeline.entry_text import two_people
    from pipeline.registration import Wanted, register

    if not wanted:
        with watchlist_of(settings) as store:
            snapshot = store.snapshot()
        for words in snapshot.damaged.values():
            typer.echo(f"{words}; until then it matches nobody", err=True)
        entries = list(snapshot.entries)
        if not entries:
            raise typer.BadParameter("the watchlist is empty; say whom to look out for", param_hint="--watch")
        return entries
    background, rate = background_of(settings), settings.match.false_match_rate
    entries = []
    for number, description in enumerate(wanted, 1):
        asked = Wanted(description, rate, cooldown_s=_NO_COOLDOWN_S, ttl_h=_FOR_EVER_H)
        entry = register(asked, embedder, background, SystemClock().now_ms(), entry_id=f"watch-{number}")
        typer.echo(f"{description!r}: {entry.background}", err=True)
        understood = embedder.explain_text(description)
        if understood.ignored:
            typer.echo(f"not understood, without effect: {', '.join(understood.ignored)}", err=True)
        if remark := two_people(understood.known):
            typer.echo(remark, err=True)
        entries.append(entry)
    return entries


def _as_speed(speed: str) -> float | None:
    if speed == "max":
        return None
    try:
        times = float(speed)
    except ValueError:
        times = 0.0
    if not 0.0 < times < float("inf"):
        raise typer.BadParameter(f"expected max or a number above 0, but got {speed!r}", param_hint="--speed")
    return times
