"""``lookout alerts``: what was found, and what people say of it."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.page import Page, check_page, write_page
from pipeline.cli.site import alerts_of, as_time, log_of, settings_of

if TYPE_CHECKING:
    from pipeline.records import Alert

alerts = typer.Typer(no_args_is_help=True, help="List, follow and review alerts.")

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]


@alerts.command("list")
def list_alerts(
    context: typer.Context,
    entry: Annotated[str | None, typer.Option(help="Of this entry only.")] = None,
    camera: Annotated[str | None, typer.Option(help="Of this camera only.")] = None,
    state: Annotated[str | None, typer.Option(help="new, acknowledged, confirmed, false or unclear.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many, newest first.", min=1, max=1_000_000)] = 50,
    page: Page = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List alerts, newest first."""
    from pipeline.records import AlertState
    from pipeline.store.base import AlertFilter

    if state is not None and state not in set(AlertState):
        raise typer.BadParameter(f"expected one of {', '.join(AlertState)}, but got {state!r}", param_hint="--state")
    check_page(page)
    wanted = AlertFilter(entry, camera, AlertState(state) if state else None, limit=limit)
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
