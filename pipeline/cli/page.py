"""Alerts as a page to look at, for every command that has some."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.records import Alert
    from pipeline.threshold.nearest import Nearest

Page = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the alerts with their crops as one HTML page.")]


def check_page(page: Path | None) -> None:
    """Make the page's folder, and refuse at once what would else fail when everything has run.

    Raises:
        SettingsError: it cannot be written.
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
