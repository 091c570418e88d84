"""Alerts as a page to look at, for every command that has some."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.records import Alert
    from pipeline.threshold.nearest import Nearest

_BEGINNING = b"<!doctype html"

Page = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the alerts with their crops as one HTML page.")]


def check_page(page: Path | None) -> None:
    """Make the page's folder, and refuse at once what would else fail when everything has run, or destroy a file.

    Raises:
        SettingsError: it cannot be written, or would take the place of something that is no page.
    """
    from pipeline.errors import SettingsError

    if page is None:
        return
    try:
        page.parent.mkdir(parents=True, exist_ok=True)
        writable = not page.is_dir() and os.access(page if page.exists() else page.parent, os.W_OK)
    except OSError:
        writable = False
    if not writable:
        raise SettingsError(f"cannot write the page {page}; name a file in a folder that may be written to")
    if page.is_file() and not _may_go(page):
        raise SettingsError(f"{page} is there already and is no page, so it stays as it is; name another file")


def _may_go(page: Path) -> bool:
    """Whether an existing file is a page, or empty; footage or a database must not become one by a slip."""
    with page.open("rb") as file:
        beginning = file.read(len(_BEGINNING))
    return not beginning or beginning.lower() == _BEGINNING


def write_page(page: Path | None, alerts: "Sequence[Alert]", nearest: "Sequence[Nearest]" = ()) -> None:
    """Write the page and say where it is; nothing without one.

    Raises:
        SettingsError: it cannot be written, as on a full disk.
    """
    from pipeline.alert_page import render_alerts
    from pipeline.errors import SettingsError

    if page is None:
        return
    try:
        page.write_text(render_alerts(alerts, nearest=nearest), encoding="utf-8")
    except OSError as error:
        raise SettingsError(
            f"cannot write the page {page}: {error.strerror}; name a file in a folder with room that may be written to"
        ) from error
    typer.echo(f"look at them in {page}", err=True)
