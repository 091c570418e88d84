"""What the commands of a running site have in common: the settings, the log and the stores, opened when needed."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn
    from rich.table import Table

    from detectors.base import Detector
    from pipeline.log.base import EventLog
    from pipeline.settings import Settings
    from pipeline.store.base import AlertStore, WatchlistStore
    from pipeline.store.cameras import CameraStore
    from pipeline.threshold.background import Background
    from reid.embedder import Embedder

_LEAST_WIDTH = 80
_NO_WIDTH = 4096


def settings_of(context: typer.Context, **flags: object) -> "Settings":
    """Return the settings that hold for a command, its own options included; ``ingest__provider`` is a dotted key.

    Raises:
        SettingsError: one is wrong.
    """
    from pipeline.settings import load_settings

    outer: dict[str, object] = context.find_root().obj or {}
    config = outer.get("config") or os.environ.get("LOOKOUT_CONFIG")
    given = {"log": outer.get("log"), "store": outer.get("store")}
    given |= {key.replace("__", "."): value for key, value in flags.items()}
    return load_settings(Path(str(config)) if config else None, os.environ, given)


def watchlist_of(settings: "Settings") -> "WatchlistStore":
    """Open the watchlist."""
    from pipeline.store.open import open_watchlist

    _tell_of_new_file(settings.store)
    return open_watchlist(settings.store)


def alerts_of(settings: "Settings") -> "AlertStore":
    """Open the alerts."""
    from pipeline.store.open import open_alerts

    _tell_of_new_file(settings.store)
    return open_alerts(settings.store)


def cameras_of(settings: "Settings") -> "CameraStore":
    """Open the cameras."""
    from pipeline.store.open import open_cameras

    _tell_of_new_file(settings.store)
    return open_cameras(settings.store)


def _tell_of_new_file(address: str) -> None:
    """Say where a store begins that is not there yet: somebody who is in another folder means another one."""
    from pipeline.address import file_of

    if address.startswith("sqlite://") and not os.path.exists(path := file_of(address)):  # noqa: PTH110 - raises nothing
        typer.echo(f"there is no {path} yet; beginning one in {path.absolute().parent}", err=True)


def log_of(settings: "Settings") -> "EventLog":
    """Open the event log."""
    from pipeline.log.open import open_log

    return open_log(settings.log)


def chain_of(settings: "Settings") -> "tuple[Detector, Embedder]":
    """Open the detector and the embedder."""
    from detectors.open import open_detector
    from detectors.tiling import TiledDetector
    from pipeline.settings import network_threads
    from reid.embedder import SHIPPED_WEIGHTS, Embedder
    from reid.providers import as_provider

    chosen = settings.ingest
    threads = network_threads(chosen.threads)
    detector = open_detector(chosen.detector, chosen.provider, confidence=chosen.confidence, threads=threads)
    embedder = Embedder(settings.weights or SHIPPED_WEIGHTS, as_provider(chosen.provider), threads)
    return TiledDetector(detector) if chosen.tiles else detector, embedder


def background_of(settings: "Settings") -> "Background":
    """Read the background that lies beside the weights; needs no OpenCV.

    Raises:
        BackgroundError: there is none, or it is of other weights.
        WeightsError: there are no weights.
    """
    from pipeline.threshold.background import Background
    from reid.card import SHIPPED_WEIGHTS

    return Background.beside(settings.weights or SHIPPED_WEIGHTS)


def print_table(table: "Table") -> None:
    """Print a table for people; what operators have written stands there as they wrote it, brackets and all.

    What reads a pipe wants one line a row; a narrow terminal breaks lines by itself, which loses no letter of an id.
    """
    from shutil import get_terminal_size

    from rich.console import Console

    width = max(get_terminal_size().columns, _LEAST_WIDTH) if sys.stdout.isatty() else _NO_WIDTH
    Console(width=width, soft_wrap=True, markup=False, emoji=False, highlight=False).print(table)


def progress_bar(*columns: "str | ProgressColumn") -> "Progress":
    """Return a progress bar on standard error, which writes nothing where that is no terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def as_time(at_ms: int | None) -> str:
    """Return a time as people read it, UTC to the second; a dash for none."""
    from datetime import UTC, datetime

    return "-" if at_ms is None else f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M:%S}"


def counted(number: int, what: str) -> str:
    """Return a number of things in words, ``what`` being one of them."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def as_ms(text: str | None, option: str) -> int | None:
    """Return a time that somebody has typed as UTC ms; None where nothing was said.

    Args:
        text: ISO 8601, UTC where it names no zone.
        option: where it was typed, for the message.

    Raises:
        BadParameter: it is no time from 1970 to 2999.
    """
    from datetime import UTC, datetime

    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"expected ISO 8601, as 2026-03-01T09:00:00Z, but got {text!r}", param_hint=option
        ) from None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    if not (1970 <= at.year < 3000 and at.timestamp() >= 0.0):  # the epoch begins in 1970 by UTC, not by each zone
        raise typer.BadParameter(f"expected a time from 1970 to 2999, but got {text!r}", param_hint=option)
    return round(at.timestamp() * 1000)
