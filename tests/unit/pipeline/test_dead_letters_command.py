"""``lookout dead-letters`` as a user calls it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.cli import app
from pipeline.dead_letter import DeadLetter
from pipeline.errors import UnknownLetterError
from pipeline.log.base import EventLog, LogRecord, Topic
from pipeline.log.open import open_log

AT_MS = 1_772_355_600_000  # 2026-03-01T09:00:00Z
SIGNING, CROP = "what these posts are signed with", "Y3JvcCBvZiBzb21lYm9keQ"
SETTINGS = f'[webhooks.desk]\nurl = "http://user:pass@127.0.0.1:9/hook?token=t0ken"\nsecret = "{SIGNING}"\n'

Run = Callable[..., Result]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    """Return a log with a letter of a webhook, one of the matcher, and a record that is no letter."""
    alert = LogRecord(Topic.ALERTS, 2, 17, "alert-17", AT_MS - 60_000, CROP.encode())
    strange = LogRecord(Topic.SIGHTINGS, 5, 8, "gate\x1b[2J", AT_MS - 120_000, b"\xff" + CROP.encode())
    with open_log(f"sqlite:///{tmp_path}/site.db") as opened:
        DeadLetter.of(alert, "webhook 'desk' refused: found 404", "desk").append_to(opened, AT_MS)
        told = "expected a sighting of rtsp://u:s3cret@cam/1,\x1b[2J but found none"
        DeadLetter.of(strange, told).append_to(opened, AT_MS + 60_000)
        opened.append(Topic.DEAD_LETTERS, "odd", b"no letter", AT_MS)
        opened.flush()
        yield opened


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Return a function that calls ``lookout dead-letters`` on the log; its own errors come out as they were raised."""
    settings = tmp_path / "site.toml"
    settings.write_text(SETTINGS)

    def call(*arguments: str, answer: str = "") -> Result:
        site = ["--config", str(settings), "--log", f"sqlite:///{tmp_path}/site.db"]
        result = CliRunner().invoke(app, [*site, "dead-letters", *arguments], input=answer)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return call


@pytest.mark.usefixtures("log")
def test_the_list_says_what_was_put_aside_when_and_why(run: Run) -> None:
    """Newest first, each letter has a line with its time, coordinates, reason and state; what is none is counted."""
    result = run("list")
    second, first = result.stdout.splitlines()
    assert first == "2026-03-01 09:00:00  lookout.alerts[2]@17  webhook 'desk' refused: found 404  [waiting]"
    assert second.startswith("2026-03-01 09:01:00  lookout.sightings[5]@8  expected a sighting of rtsp://***@cam/1,")
    assert "no letters of lookout's: 1" in result.stderr


@pytest.mark.usefixtures("log")
def test_nothing_secret_and_nothing_of_a_record_is_shown(run: Run) -> None:
    """Neither crops nor passwords nor what steers a terminal come out, in words and in JSON."""
    printed = [run("list").output, run("list", "--json").output, run("resend", "--all").output]
    for secret in ("s3cret", SIGNING, "t0ken", "pass@", CROP, "\x1b"):
        assert not [text for text in printed if secret in text]


@pytest.mark.usefixtures("log")
def test_the_list_in_json(run: Run) -> None:
    """With --json each letter is an object with the times in ms and without the record."""
    told = [json.loads(line) for line in run("list", "--json").stdout.splitlines()]
    assert told[1] == {
        "coordinates": "lookout.alerts[2]@17",
        "webhook": "desk",
        "key": "alert-17",
        "timestamp_ms": AT_MS - 60_000,
        "put_aside_at_ms": AT_MS,
        "resent_at_ms": None,
        "dismissed_at_ms": None,
        "reason": "webhook 'desk' refused: found 404",
    }
    assert (told[0]["webhook"], told[0]["coordinates"]) == (None, "lookout.sightings[5]@8")


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize(
    ("options", "coordinates", "told"),
    [
        (("--webhook", "desk"), ["lookout.alerts[2]@17"], ""),
        (("--since", "2026-03-01T09:00:30Z"), ["lookout.sightings[5]@8"], ""),
        (("--limit", "1"), ["lookout.sightings[5]@8"], "and 1 older ones"),
        (("--webhook", "phone"), [], "no dead letters"),
    ],
)
def test_the_list_can_be_narrowed(run: Run, options: tuple[str, ...], coordinates: list[str], told: str) -> None:
    """A webhook, a time and a limit each leave out what they say."""
    result = run("list", "--json", *options)
    assert [json.loads(line)["coordinates"] for line in result.stdout.splitlines()] == coordinates
    assert told in result.stderr


def test_what_was_sent_again_is_listed_only_on_demand(run: Run, log: EventLog) -> None:
    """A letter with a note stands in the list with --all alone, and says when it was sent."""
    alert = LogRecord(Topic.ALERTS, 2, 17, "alert-17", AT_MS, b"")
    DeadLetter.of(alert, "", "desk").note("posted again").append_to(log, AT_MS + 3_600_000)
    log.flush()
    assert "alerts" not in run("list").stdout
    assert run("list", "--all").stdout.splitlines()[1].endswith("[sent again 2026-03-01 10:00:00]")


def test_what_to_send_has_to_be_said(run: Run, log: EventLog) -> None:
    """Without a word nothing is sent or dismissed; coordinates of no letter are an error with a code of its own."""
    for deed in (["resend"], ["dismiss", "--yes"]):
        result = run(*deed)
        assert (result.exit_code, "say which" in result.output) == (2, True)
        with pytest.raises(UnknownLetterError, match=r"lookout\.alerts\[9\]@9"):
            run(*deed, "lookout.alerts[9]@9")
    assert len(list(log.read(Topic.DEAD_LETTERS, 0))) == 3


def test_what_stays_is_told(run: Run, log: EventLog) -> None:
    """Where nobody listens and nothing can be read, each letter says why it stays, and the code is 1."""
    result = run("resend", "--all", "--json")
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(each["coordinates"], each["sent"]) for each in told] == [
        ("lookout.alerts[2]@17", False),
        ("lookout.sightings[5]@8", False),
    ]
    assert "no answer from http://127.0.0.1:9/***" in told[0]["words"]
    assert (result.exit_code, "0 sent again, 2 stay" in result.stderr) == (1, True)
    assert len(list(log.read(Topic.DEAD_LETTERS, 0))) == 3


def test_nothing_that_waits_is_no_failure(run: Run) -> None:
    """Where no letter waits, sending all again does nothing and ends with 0; so does dismissing all, without a question."""
    for deed in ("resend", "dismiss"):
        result = run(deed, "--all")
        assert (result.exit_code, result.stdout) == (0, "")


@pytest.mark.parametrize(
    ("which", "left"),
    [
        (("lookout.alerts[2]@17",), ["lookout.sightings[5]@8"]),
        (("--webhook", "desk"), ["lookout.sightings[5]@8"]),
        (("--since", "2026-03-01T09:00:30Z"), ["lookout.alerts[2]@17"]),
        (("--all",), []),
    ],
)
def test_what_was_dismissed_is_neither_listed_nor_sent(
    run: Run, log: EventLog, which: tuple[str, ...], left: list[str]
) -> None:
    """Dismissed letters are noted in the log without what they hold, and only others are listed and sent from then on."""
    dismissed = {"lookout.alerts[2]@17", "lookout.sightings[5]@8"} - set(left)
    result = run("dismiss", *which, "--yes", "--json")
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert ({each["coordinates"] for each in told}, result.exit_code) == (dismissed, 0)
    assert all(each["dismissed"] for each in told)
    for deed in (("list",), ("resend", "--all")):
        assert [json.loads(line)["coordinates"] for line in run(*deed, "--json").stdout.splitlines()] == left
    lines = run("list", "--all").stdout.splitlines()
    assert sum("  [dismissed 20" in line for line in lines) == len(dismissed)
    notes = [record.value for record in log.read(Topic.DEAD_LETTERS, 0)][3:]
    assert len(notes) == len(dismissed)
    assert not [note for note in notes if CROP.encode() in note]


@pytest.mark.parametrize(("answer", "left"), [("n\n", 2), ("", 2), ("y\n", 1)])
@pytest.mark.usefixtures("log")
def test_it_is_asked_before_letters_are_dismissed(run: Run, answer: str, left: int) -> None:
    """Without a yes, on the command line or when asked, no letter is dismissed, and the code says so."""
    result = run("dismiss", "--webhook", "desk", answer=answer)
    assert "Dismiss 1 letter?" in result.stderr
    assert result.exit_code == left - 1
    assert len(run("list").stdout.splitlines()) == left
