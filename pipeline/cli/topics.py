"""``lookout topics``: the topics of the event log."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.site import as_time, print_table, settings_of

if TYPE_CHECKING:
    from pipeline.log.shapes import TopicState

topics = typer.Typer(no_args_is_help=True, help="Make and list the topics of the event log.")

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]


@topics.command("create")
def create(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Make the topics that are not there yet; those that are stay as they are."""
    from dataclasses import asdict

    from pipeline.log.shapes import SHAPES
    from pipeline.log.topics import create_topics
    from pipeline.redact import redact_address

    settings = settings_of(context)
    made = create_topics(settings.log)
    if not made and not as_json:
        typer.echo(f"{redact_address(settings.log)} makes a topic with its first record; there is nothing to do")
    for each in made:
        if as_json:
            typer.echo(json.dumps(asdict(each)))
            continue
        wanted = SHAPES[each.topic].partitions
        other = "" if each.partitions == wanted else f"; lookout would give it {wanted}, see docs/operations.md"
        typer.echo(f"{each.topic}: {'made' if each.created else 'was there'}, {each.partitions} partitions{other}")


@topics.command("list")
def list_topics(context: typer.Context, *, as_json: AsJson = False) -> None:
    """List lookout's topics: partitions, records, and the times of capture of the oldest and the newest."""
    from dataclasses import asdict

    from pipeline.log.topics import describe_topics

    found = describe_topics(settings_of(context).log)
    if as_json:
        for each in found:
            typer.echo(json.dumps(asdict(each)))
        return
    from rich.table import Column, Table

    names = ("topic", "partitions", "records", "oldest (UTC)", "newest (UTC)", "kept")
    table = Table(*(Column(name, no_wrap=True) for name in names), box=None)
    for each in found:
        oldest, newest = as_time(each.oldest_ms), as_time(each.newest_ms)
        table.add_row(each.topic, str(each.partitions or "-"), f"{each.records:,}", oldest, newest, _keeping(each))
    print_table(table)


def _keeping(topic: "TopicState") -> str:
    if not topic.partitions:
        return "not there; lookout topics create makes it"
    if topic.compacted:
        return "the newest of each key"
    return "for ever" if topic.retention_h is None else f"for {topic.retention_h:g} h"
