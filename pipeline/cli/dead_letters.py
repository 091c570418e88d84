"""``lookout dead-letters``: records that nobody could use, sent again or dismissed."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.site import as_ms, as_time, background_of, counted, log_of, settings_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipeline.log.base import EventLog, LogRecord
    from pipeline.records import Sighting
    from pipeline.resending import Letter, Letters, Outcome, ResendingPorts
    from pipeline.settings import Settings

dead_letters = typer.Typer(
    no_args_is_help=True, help="List records that nobody could use, send them again or dismiss them."
)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]
Webhook = Annotated[str | None, typer.Option(help="Only alerts that this webhook did not take.")]
Since = Annotated[str | None, typer.Option(help="Only those put aside since this time, ISO 8601.")]
Coordinates = Annotated[
    list[str] | None,
    typer.Argument(metavar="COORDINATES", help="Of records, as `lookout dead-letters list` shows them."),
]
Every = Annotated[bool, typer.Option("--all", help="All that wait.")]


@dead_letters.command("list")
def list_letters(
    context: typer.Context,
    webhook: Webhook = None,
    since: Since = None,
    limit: Annotated[int, typer.Option(help="At most so many, newest first.", min=1, max=1_000_000)] = 50,
    *,
    every: Annotated[bool, typer.Option("--all", help="Also those that were sent again or dismissed.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the records that were put aside and why, newest first; what they hold is not shown."""
    from pipeline.resending import read_letters

    with log_of(settings_of(context)) as log:
        letters = read_letters(log, as_ms(since, "--since") or 0).of(webhook)
    found = list(reversed(letters.found if every else letters.waiting()))
    for letter in found[:limit]:
        typer.echo(json.dumps(_plain(letter)) if as_json else _line(letter))
    if not found:
        typer.echo("no dead letters", err=True)
    elif len(found) > limit:
        typer.echo(f"and {len(found) - limit:,} older ones; --limit shows more", err=True)
    if letters.strange:
        typer.echo(f"records of the topic that are no letters of lookout's: {letters.strange:,}", err=True)


@dead_letters.command("resend")
def resend(
    context: typer.Context,
    coordinates: Coordinates = None,
    webhook: Webhook = None,
    since: Since = None,
    *,
    every: Every = False,
    as_json: AsJson = False,
) -> None:
    """Send letters again: alerts to their webhook, and sightings that can be read now to the matcher."""
    from pipeline.resending import Resending, read_letters

    since_ms = _since_ms(coordinates, webhook, since, every=every)
    settings = settings_of(context)
    with log_of(settings) as log:
        chosen = _chosen(read_letters(log, since_ms).of(webhook), coordinates)
        sent = 0
        for outcome in Resending(_ports(settings, log, chosen))(chosen):
            sent += outcome.sent
            typer.echo(_told(outcome, as_json=as_json))
    typer.echo(f"{sent:,} sent again, {len(chosen) - sent:,} stay", err=True)
    if sent < len(chosen):
        raise typer.Exit(1)


@dead_letters.command("dismiss")
def dismiss_letters(
    context: typer.Context,
    coordinates: Coordinates = None,
    webhook: Webhook = None,
    since: Since = None,
    *,
    every: Every = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
    as_json: AsJson = False,
) -> None:
    """Note that nobody wants letters sent again; the log keeps them as long as others."""
    from pipeline.clock import SystemClock
    from pipeline.resending import dismiss, read_letters

    since_ms = _since_ms(coordinates, webhook, since, every=every)
    with log_of(settings_of(context)) as log:
        chosen = _chosen(read_letters(log, since_ms).of(webhook), coordinates)
        if chosen and not yes:
            typer.confirm(f"Dismiss {counted(len(chosen), 'letter')}?", abort=True, err=True)
        for letter in dismiss(chosen, log, SystemClock()):
            about = {"coordinates": letter.coordinates, "webhook": letter.webhook, "dismissed": True}
            typer.echo(json.dumps(about) if as_json else _printable(f"{letter.coordinates}: dismissed"))
    typer.echo(f"{counted(len(chosen), 'letter')} dismissed", err=True)


def _since_ms(coordinates: list[str] | None, webhook: str | None, since: str | None, *, every: bool) -> int:
    """Return since when letters are wanted; refuse to go on where nobody has said which ones are."""
    since_ms = as_ms(since, "--since")
    if not (coordinates or webhook is not None or since_ms is not None or every):
        raise typer.BadParameter("say which: coordinates, --webhook, --since, or --all")
    return since_ms or 0


def _chosen(letters: "Letters", coordinates: "Sequence[str] | None") -> "list[Letter]":
    return letters.at(coordinates) if coordinates else letters.waiting()


def _ports(settings: "Settings", log: "EventLog", letters: "Iterable[Letter]") -> "ResendingPorts":
    from functools import cache

    from pipeline.alerting.webhook import SignedPost
    from pipeline.clock import SystemClock
    from pipeline.matching.reading import SightingReader
    from pipeline.resending import ResendingPorts
    from pipeline.services.deliver import webhooks_of

    @cache
    def reader() -> SightingReader:  # as this site's matchers have it; read from disk only if there is a sighting
        background = background_of(settings)
        return SightingReader(background.model_id, background.vectors.shape[1])

    def read(record: "LogRecord") -> "Sighting":
        return reader()(record)

    clock, wanted = SystemClock(), {letter.webhook for letter in letters}
    webhooks = {each.name: SignedPost(each, clock) for each in webhooks_of(settings) if each.name in wanted}
    return ResendingPorts(log, webhooks, read, clock)


def _line(letter: "Letter") -> str:
    about = f"{_time(letter.put_aside_at_ms)}  {letter.coordinates}  {_reason(letter.reason)}"
    return _printable(f"{about}  [{_state(letter)}]")


def _state(letter: "Letter") -> str:
    if letter.resent_at_ms is not None:
        return f"sent again {_time(letter.resent_at_ms)}"
    return "waiting" if letter.dismissed_at_ms is None else f"dismissed {_time(letter.dismissed_at_ms)}"


def _plain(letter: "Letter") -> dict[str, Any]:
    names = ("coordinates", "webhook", "key", "timestamp_ms", "put_aside_at_ms", "resent_at_ms", "dismissed_at_ms")
    return {name: getattr(letter, name) for name in names} | {"reason": _reason(letter.reason)}


def _told(outcome: "Outcome", *, as_json: bool) -> str:
    letter, words = outcome.letter, _reason(outcome.words)
    if as_json:
        about = {"coordinates": letter.coordinates, "webhook": letter.webhook}
        return json.dumps({**about, "sent": outcome.sent, "words": words})
    return _printable(f"{letter.coordinates}: {words}" if outcome.sent else f"{letter.coordinates}: stays: {words}")


def _reason(text: str) -> str:
    """Return a reason without what an address in it may keep secret."""
    from pipeline.redact import redact

    return redact(text)


def _time(at_ms: int) -> str:
    try:
        return as_time(at_ms)
    except (OverflowError, ValueError, OSError):  # other writers may give a record any time
        return f"{at_ms} ms"


def _printable(text: str) -> str:
    """Return a text without what could steer a terminal: other writers may put anything into a record."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)
