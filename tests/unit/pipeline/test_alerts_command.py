"""``lookout alerts remove``: alerts taken out of the store by hand."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.cli import app
from pipeline.errors import UnknownAlertError
from pipeline.records import Alert, AlertState, CaptureClock, Origin
from pipeline.store.base import AlertFilter, Review
from pipeline.store.sqlite_alerts import SqliteAlerts

AT_MS = 1_772_355_600_000  # 2026-03-01T09:00:00Z
ALERT = Alert(
    alert_id="a",
    entry_id="e-1",
    entry_version=1,
    description="a man in red",
    camera_id="gate",
    tracklet_id="t",
    model_id="tiny-1",
    similarity=0.4,
    threshold=0.3,
    captured_at_ms=AT_MS,
    first_seen_at_ms=AT_MS,
    last_seen_at_ms=AT_MS,
    clock=CaptureClock.WALL,
    box_xyxy=(0.0, 0.0, 10.0, 20.0),
    frame_size_wh=(64, 48),
    origin=Origin.LIVE,
    raised_at_ms=AT_MS,
    coordinates="lookout.sightings[0]@1",
    background="100 people of elsewhere",
    crop_jpeg=b"jpeg",
)

Run = Callable[..., Result]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteAlerts]:
    """Return a store with six alerts of two entries and two cameras, one a minute, the first of them reviewed."""
    with SqliteAlerts(tmp_path / "site.db") as opened:
        for number, name in enumerate("abcdef"):
            opened.upsert(
                replace(
                    ALERT,
                    alert_id=name,
                    entry_id=f"e-{number % 2}",
                    camera_id=("gate", "hall")[number // 3],
                    captured_at_ms=AT_MS + number * 60_000,
                )
            )
        opened.review(Review("a", AlertState.FALSE, "kim", "", AT_MS))
        yield opened


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Return a function that calls ``lookout alerts`` on the store; its own errors come out as they were raised."""

    def call(*arguments: str, answer: str = "") -> Result:
        site = ["--store", f"sqlite:///{tmp_path}/site.db"]
        result = CliRunner().invoke(app, [*site, "alerts", *arguments], input=answer)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return call


def left(store: SqliteAlerts) -> str:
    """Return the ids of the alerts that are there, newest first."""
    return "".join(store.ids(AlertFilter()))


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        (("b", "d", "b"), "feca"),
        (("--camera", "gate"), "fed"),
        (("--entry", "e-1"), "eca"),
        (("--entry", "e-1", "--camera", "gate"), "fedca"),
        (("--state", "false"), "fedcb"),
        (("--before", "2026-03-01T10:02:00+01:00"), "fedc"),
        (("--before", "2026-03-01T09:01", "--entry", "e-1"), "fedcba"),
    ],
)
def test_what_is_named_is_removed(run: Run, store: SqliteAlerts, options: tuple[str, ...], kept: str) -> None:
    """Ids and filters name what goes; how many went is said, and everything else stays."""
    number = 6 - len(kept)
    result = run("remove", *options, "--yes")
    assert left(store) == kept
    assert result.stdout == (f"removed {number} alert{'s' * (number > 1)}\n" if number else "")
    assert ("copies" if number else "no alerts") in result.stderr


def test_it_is_asked_before_anything_is_removed(run: Run, store: SqliteAlerts) -> None:
    """Without --yes the command says how many alerts would go; only a yes removes them, silence does not."""
    for answer in ("n\n", ""):
        result = run("remove", "--camera", "gate", answer=answer)
        assert (result.exit_code, left(store)) == (1, "fedcba")
        assert "Remove 3 alerts for good" in result.stderr
    assert run("remove", "--camera", "gate", answer="y\n").stdout.endswith("removed 3 alerts\n")
    assert left(store) == "fed"


def test_an_id_that_is_not_there_removes_nothing(run: Run, store: SqliteAlerts) -> None:
    """Among several ids an unknown one is an error, and none of the others is removed."""
    with pytest.raises(UnknownAlertError, match="'lost'"):
        run("remove", "a", "lost", "--yes")
    assert left(store) == "fedcba"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "name either"),
        (("a", "--camera", "gate"), "name either"),
        (("--state", "odd"), "expected one of new"),
        (("--before", "soon"), "expected ISO 8601"),
    ],
)
def test_what_to_remove_has_to_be_said(run: Run, store: SqliteAlerts, options: tuple[str, ...], told: str) -> None:
    """Nothing named, too much named or something wrong is refused, and nothing is removed."""
    result = run("remove", *options, "--yes")
    assert result.exit_code == 2
    assert told in result.stderr
    assert left(store) == "fedcba"


def test_a_removed_alert_is_listed_no_more(run: Run, store: SqliteAlerts) -> None:
    """``lookout alerts list`` shows what is left."""
    assert left(store)
    run("remove", "--entry", "e-0", "--yes")
    listed = [json.loads(line)["alert_id"] for line in run("list", "--json").stdout.splitlines()]
    assert listed == ["f", "d", "b"]
