"""``lookout alerts``: what was found, and what people say of it."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.page import Page, check_page, write_page
from pipeline.cli.site import alerts_of, as_ms, as_time, counted, log_of, settings_of

if TYPE_CHECKING:
    from pipeline.records import Alert, AlertState

alerts = typer.Typer(no_args_is_help=True, help="List, follow and review alerts.")

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]
Entry = Annotated[str | None, typer.Option(help="Of this entry only.")]
Camera = Annotated[str | None, typer.Option(help="Of this camera only.")]
State = Annotated[str | None, typer.Option(help="new, acknowledged, confirmed, false or unclear.")]
_MOST = 100_000_000  # alerts that are removed by one command
_AT_ONCE = 200


@alerts.command("list")
def list_alerts(
    context: typer.Context,
    entry: Entry = None,
    camera: Camera = None,
    state: State = None,
    limit: Annotated[int, typer.Option(help="At most so many, newest first.", min=1, max=1_000_000)] = 50,
    page: Page = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List alerts, newest first."""
    from pipeline.store.base import AlertFilter

    check_page(page)
    wanted = AlertFilter(entry, camera, _state(state), limit=limit)
    with alerts_of(settings_of(context)) as store:
        found = store.find(wanted)
    for alert in found:
        typer.echo(_json(alert) if as_json else line(alert))
    if not found:
        typer.echo("no alerts", err=True)
    write_page(page, found)


@alerts.command("tail")
def tail(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Print alerts as they come, until interrupted."""
    import secrets

    from pipeline.log.base import StartAt, Topic
    from pipeline.wire import decode_alert

    group = f"lookout-tail-{secrets.token_hex(4)}"
    with log_of(settings_of(context)) as log, log.subscribe([Topic.ALERTS], group, StartAt.LATEST) as subscription:
        typer.echo("waiting for alerts; end with Ctrl-C", err=True)
        while True:
            for record in subscription.poll(100, 1.0):
                alert = decode_alert(record.value)
                typer.echo(_json(alert) if as_json else line(alert))


@alerts.command("review")
def review(
    context: typer.Context,
    alert_id: Annotated[str, typer.Argument(help="The alert's id.")],
    state: Annotated[str, typer.Argument(help="acknowledged, confirmed, false or unclear.")],
    reviewer: Annotated[str, typer.Option(help="Who says so.")],
    note: Annotated[str, typer.Option(help="Why.")] = "",
) -> None:
    """Say what an alert is worth; what was said before stays on record."""
    from pipeline.clock import SystemClock
    from pipeline.records import AlertState
    from pipeline.store.base import Review

    sayable = [each for each in AlertState if each is not AlertState.NEW]
    if state not in sayable:
        raise typer.BadParameter(f"expected one of {', '.join(sayable)}, but got {state!r}", param_hint="STATE")
    if not reviewer.strip():
        raise typer.BadParameter("a review stays on record; say whose it is", param_hint="--reviewer")
    said = Review(alert_id, AlertState(state), reviewer, note, SystemClock().now_ms())
    with alerts_of(settings_of(context)) as store:
        store.review(said)
    typer.echo(f"{alert_id}: {state}")


@alerts.command("remove")
def remove(
    context: typer.Context,
    alert_ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="ALERT", help="Ids of alerts, as `lookout alerts list` shows them."),
    ] = None,
    entry: Entry = None,
    camera: Camera = None,
    state: State = None,
    before: Annotated[str | None, typer.Option(help="Captured before this time, ISO 8601.")] = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
) -> None:
    """Remove alerts from the store for good, with their crops and what was said of them."""
    from pipeline.store.base import AlertFilter

    wanted = AlertFilter(entry, camera, _state(state), until_ms=as_ms(before, "--before"), limit=_MOST)
    filtered = wanted != AlertFilter(limit=_MOST)
    if filtered == bool(alert_ids):
        raise typer.BadParameter("name either alerts, or one or more of --entry, --camera, --state and --before")
    with alerts_of(settings_of(context)) as store:
        found = store.ids(wanted) if filtered else [store.get(each).alert_id for each in dict.fromkeys(alert_ids or ())]
        if not found:
            typer.echo("no alerts", err=True)
            return
        if not yes:
            question = f"Remove {counted(len(found), 'alert')} for good, with crops and reviews?"
            typer.confirm(question, abort=True, err=True)
        removed = sum(store.remove(found[first : first + _AT_ONCE]) for first in range(0, len(found), _AT_ONCE))
    typer.echo(f"removed {counted(removed, 'alert')}")
    typer.echo("the log keeps its own copies for as long as its topics do: lookout topics list", err=True)


def _state(state: str | None) -> "AlertState | None":
    from pipeline.records import AlertState

    if state is not None and state not in set(AlertState):
        raise typer.BadParameter(f"expected one of {', '.join(AlertState)}, but got {state!r}", param_hint="--state")
    return AlertState(state) if state else None


def line(alert: "Alert") -> str:
    """Return an alert as one line for people."""
    seen = f"{as_time(alert.captured_at_ms)}  {alert.camera_id}"
    return (
        f"{seen}  {alert.similarity:.3f} ≥ {alert.threshold:.3f}  {alert.description}  [{alert.state}] {alert.alert_id}"
    )


def plain(alert: "Alert") -> dict[str, Any]:
    """Return what was seen for JSON, without the crop and what was said of it."""
    from pipeline.wire import as_rfc3339

    return {
        "alert_id": alert.alert_id,
        "entry_id": alert.entry_id,
        "description": alert.description,
        "camera_id": alert.camera_id,
        "captured_at": as_rfc3339(alert.captured_at_ms),
        "similarity": round(alert.similarity, 4),
        "threshold": round(alert.threshold, 4),
        "box_xyxy": [round(value, 1) for value in alert.box_xyxy],
        "frame_size_wh": list(alert.frame_size_wh),
        "tracklet_id": alert.tracklet_id,
    }


def _json(alert: "Alert") -> str:
    return json.dumps(plain(alert) | {"state": alert.state})
