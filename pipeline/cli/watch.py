"""``lookout watch``: the descriptions to look out for."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.site import as_time, background_of, cameras_of, print_table, settings_of, watchlist_of

if TYPE_CHECKING:
    from rich.table import Table

    from pipeline.records import WatchlistEntry
    from pipeline.registration import Wanted
    from pipeline.settings import Settings
    from pipeline.store.base import WatchlistStore
    from reid.text.tokenizer import Explanation

watch = typer.Typer(no_args_is_help=True, help="Register, list and edit the descriptions to look out for.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
EntryId = Annotated[str, typer.Argument(metavar="ENTRY", help="The entry's id, as `lookout watch list` shows it.")]
Hours = Annotated[
    str | None,
    typer.Option(metavar="HOURS", help="Only at these hours, UTC, as 22:00-06:00, or as 22:00-06:00+01:00."),
]
_HOUR_MS = 3_600_000
_LONGEST_H = 876_000.0  # a century: what a calendar can show
_SPOKEN = {"expires_at_ms": "expiry", "schedule": "hours"}
_DEFAULT = "by default that of the settings,"
_TOLD = (
    *("entry_id", "description", "label", "reason", "owner", "model_id", "threshold", "false_match_rate"),
    *("background", "version", "enabled", "created_at_ms", "expires_at_ms", "muted_until_ms", "cooldown_s"),
)


@watch.command("add")
def add(
    context: typer.Context,
    description: Annotated[str, typer.Argument(metavar="DESCRIPTION", help="What the person wears and carries.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why this person is looked for.")] = "",
    owner: Annotated[str, typer.Option(metavar="NAME", help="Who answers for the entry.")] = "",
    label: Annotated[str, typer.Option(metavar="NAME", help="A short name.")] = "",
    camera: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Only on this camera; may be repeated.")
    ] = None,
    hours: Hours = None,
    false_match_rate: Annotated[
        float | None, typer.Option(help=f"Share of people who are not wanted that match; {_DEFAULT} 0.01.")
    ] = None,
    ttl_h: Annotated[
        float | None, typer.Option(help=f"Hours until it expires, 0 for never; {_DEFAULT} 24.", min=0, max=_LONGEST_H)
    ] = None,
    cooldown_s: Annotated[
        float | None, typer.Option(help=f"Quiet on a camera after an alert, s; {_DEFAULT} 60.", min=0)
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Look out for a description from now on."""
    from pipeline.entry_text import as_schedule
    from pipeline.registration import Wanted

    flags = {"false_match_rate": false_match_rate, "entry_ttl_h": ttl_h, "cooldown_s": cooldown_s}
    settings = settings_of(context, **{f"match__{name}": value for name, value in flags.items()})
    rate, quiet_s, lasting_h = (
        getattr(settings.match, name) for name in ("false_match_rate", "cooldown_s", "entry_ttl_h")
    )
    when = None if hours is None else as_schedule(hours)
    wanted = Wanted(description, rate, label, reason, owner, tuple(camera or ()), when, quiet_s, lasting_h)
    entry, understood = _registered(wanted, settings)
    with watchlist_of(settings) as store:
        twins = _twins(store, entry)
        store.put(entry)
        entry = store.get(entry.entry_id)
    told = {**_plain(entry), "ignored_words": list(understood.ignored)}
    typer.echo(json.dumps(told) if as_json else _told(entry, understood, twins))
    _tell_of_unknown(entry.cameras, settings)


def _registered(wanted: "Wanted", settings: "Settings") -> "tuple[WatchlistEntry, Explanation]":
    """Return the entry of a description, and what became of its words."""
    from pipeline.clock import SystemClock
    from pipeline.registration import register
    from reid.embedder import SHIPPED_WEIGHTS, Embedder

    embedder = Embedder(settings.weights or SHIPPED_WEIGHTS, "cpu")
    entry = register(wanted, embedder, background_of(settings), SystemClock().now_ms())
    return entry, embedder.explain_text(entry.description)


def _twins(store: "WatchlistStore", entry: "WatchlistEntry") -> list["WatchlistEntry"]:
    """Return the entries that mean the same, among those that can be read."""
    import numpy as np

    return [each for each in store.snapshot().entries if np.array_equal(each.vector, entry.vector)]


def _told(entry: "WatchlistEntry", understood: "Explanation", twins: Iterable["WatchlistEntry"]) -> str:
    """Say what an entry is, and which others are of the same meaning."""
    from pipeline.entry_text import two_people

    lines = [f"{entry.entry_id}: looking out for {entry.description!r}"]
    lines.append(f"threshold {entry.threshold:.3f}: {entry.background}")
    if understood.ignored:
        lines.append(f"not understood, without effect: {', '.join(understood.ignored)}")
    lines += filter(None, [two_people(understood.known)])
    also = ", ".join(f"{each.entry_id} ({_state(each)})" for each in twins)
    if also:
        lines.append(f"also on the watchlist: {also}; each entry tells of the same people")
    return "\n".join(lines)


@watch.command("list")
def list_entries(context: typer.Context, *, as_json: AsJson = False) -> None:
    """List the watchlist, the newest last."""
    with watchlist_of(settings_of(context)) as store:
        snapshot = store.snapshot()
    entries = sorted(snapshot.entries, key=lambda entry: (entry.created_at_ms, entry.entry_id))
    if as_json:
        rows = [_plain(entry) for entry in entries]
        rows += [_plain_damaged(entry_id, words) for entry_id, words in snapshot.damaged.items()]
        for row in rows:
            typer.echo(json.dumps(row))
        return
    if entries:
        print_table(_table(entries))
    for words in snapshot.damaged.values():
        typer.echo(f"damaged: {words}; until then it matches nobody", err=True)
    if not entries and not snapshot.damaged:
        typer.echo("the watchlist is empty", err=True)


def _table(entries: Sequence["WatchlistEntry"]) -> "Table":
    """Return the table for people; labels and hours have a column where an entry has any."""
    from rich.table import Table

    from pipeline.entry_text import as_hours

    columns: dict[str, list[str]] = {
        "id": [entry.entry_id for entry in entries],
        "label": [entry.label for entry in entries],
        "description": [entry.description for entry in entries],
        "cameras": [", ".join(entry.cameras) or "all" for entry in entries],
        "hours (UTC)": ["" if entry.schedule is None else as_hours(entry.schedule) for entry in entries],
        "threshold": [f"{entry.threshold:.3f}" for entry in entries],
        "1 in": [_one_in(entry.false_match_rate) for entry in entries],
        "expires (UTC)": [as_time(entry.expires_at_ms) for entry in entries],
        "state": [_state(entry) for entry in entries],
    }
    shown = {name: cells for name, cells in columns.items() if any(cells)}
    table = Table(*shown, box=None)
    for row in zip(*shown.values(), strict=True):
        table.add_row(*row)
    return table


@watch.command("edit")
def edit(
    context: typer.Context,
    entry_id: EntryId,
    label: Annotated[str | None, typer.Option(metavar="NAME", help="Another short name.")] = None,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="Another reason.")] = None,
    camera: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Only on this camera; may be repeated.")
    ] = None,
    hours: Annotated[
        str | None, typer.Option(metavar="HOURS", help="As in `watch add`; 00:00-24:00 for the whole day.")
    ] = None,
    ttl_h: Annotated[
        float | None, typer.Option(help="Expires so many hours from now; 0 for never.", min=0, max=_LONGEST_H)
    ] = None,
    *,
    all_cameras: Annotated[bool, typer.Option("--all-cameras", help="On all cameras again.")] = False,
    enabled: Annotated[bool | None, typer.Option(help="Whether it counts at all.")] = None,
) -> None:
    """Change an entry; another description is another entry."""
    from pipeline.clock import SystemClock
    from pipeline.entry_text import as_one_line, as_schedule

    changes: dict[str, Any] = {"enabled": enabled}
    changes |= {name: as_one_line(text) for name, text in (("label", label), ("reason", reason)) if text is not None}
    changes["cameras"] = _cameras(camera or [], all_cameras=all_cameras)
    changes = {name: value for name, value in changes.items() if value is not None}
    if ttl_h is not None:
        changes["expires_at_ms"] = SystemClock().now_ms() + round(ttl_h * _HOUR_MS) if ttl_h else None
    if hours is not None:
        changes["schedule"] = as_schedule(hours)
    if not changes:
        raise typer.BadParameter("nothing to change; name an option")
    settings = settings_of(context)
    with watchlist_of(settings) as store:
        store.edit(entry_id, lambda entry: replace(entry, **changes))
    typer.echo(f"{entry_id}: changed {', '.join(sorted(_SPOKEN.get(name, name) for name in changes))}")
    _tell_of_unknown(changes.get("cameras", ()), settings)


@watch.command("mute")
def mute(
    context: typer.Context,
    entry_id: EntryId,
    minutes: Annotated[
        float, typer.Option("--for-min", help="Minutes of quiet; 0 ends it.", min=0, max=_LONGEST_H * 60)
    ] = 60.0,
) -> None:
    """Keep an entry quiet for a while."""
    from pipeline.clock import SystemClock

    until_ms = SystemClock().now_ms() + round(minutes * 60_000) if minutes else None
    with watchlist_of(settings_of(context)) as store:
        store.edit(entry_id, lambda entry: replace(entry, muted_until_ms=until_ms))
    typer.echo(f"{entry_id}: quiet until {as_time(until_ms)} UTC" if until_ms else f"{entry_id}: no longer quiet")


@watch.command("remove")
def remove(context: typer.Context, entry_id: EntryId) -> None:
    """Forget an entry, with its vector."""
    with watchlist_of(settings_of(context)) as store:
        store.remove(entry_id)
    typer.echo(f"{entry_id}: removed")


def _cameras(named: list[str], *, all_cameras: bool) -> tuple[str, ...] | None:
    """Return the cameras that an entry is to count on, none of them for all; None where nothing was said.

    Raises:
        SettingsError: no camera can be called so.
    """
    from pipeline.camera import check_camera_id

    if named and all_cameras:
        raise typer.BadParameter("either some cameras or all of them", param_hint="--camera, --all-cameras")
    for camera_id in named:
        check_camera_id(camera_id)
    return tuple(dict.fromkeys(named)) if named or all_cameras else None


def _one_in(rate: float) -> str:
    """Return of how many people one matches: 100 of a rate of 0.01, 2.5 of 0.4."""
    return f"{1 / rate:,.0f}" if rate < 0.1 else f"{1 / rate:.2g}"


def _tell_of_unknown(wanted: Iterable[str], settings: "Settings") -> None:
    """Say which cameras of an entry nobody knows yet: a slip of the pen would keep it silent for ever."""
    from contextlib import suppress

    from pipeline.errors import StoreError, UnknownCameraError

    elsewhere = [camera_id for camera_id in wanted if camera_id not in settings.cameras]
    if not elsewhere:
        return
    with suppress(StoreError), cameras_of(settings) as store:
        for camera_id in elsewhere:
            try:
                store.get(camera_id)
            except UnknownCameraError:
                words = f"no camera {camera_id!r} is known here yet; `lookout cameras list` shows those there are"
                typer.echo(words, err=True)


def _state(entry: "WatchlistEntry") -> str:
    from pipeline.clock import SystemClock

    now_ms = SystemClock().now_ms()
    if not entry.enabled:
        return "disabled"
    if entry.expires_at_ms is not None and entry.expires_at_ms <= now_ms:
        return "expired"
    return "quiet" if entry.muted_until_ms is not None and entry.muted_until_ms > now_ms else "active"


def _plain(entry: "WatchlistEntry") -> dict[str, Any]:
    """Return an entry for JSON; its vector stays in the store."""
    from pipeline.entry_text import as_hours

    hours = None if entry.schedule is None else as_hours(entry.schedule)
    read = {"cameras": list(entry.cameras), "hours_utc": hours, "state": _state(entry)}
    return {name: getattr(entry, name) for name in _TOLD} | read


def _plain_damaged(entry_id: str, words: str) -> dict[str, Any]:
    """Return what is told of an entry that cannot be read: what is wrong, and what to do."""
    unknown = dict.fromkeys((*_TOLD, "cameras", "hours_utc"))
    return unknown | {"entry_id": entry_id, "state": "damaged", "damage": words}
