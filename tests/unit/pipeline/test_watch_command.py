"""``lookout watch`` and ``lookout alerts``, run as a user would; the same on each store, so on SQLite here."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pipeline.cli import app
from pipeline.errors import SettingsError
from pipeline.store.open import open_watchlist
from tests.newer import put_newer

Run = Callable[..., Result]
MAN = "a man in a blue shirt"
CENTURY_H = 876_000
PEOPLE = {"man": 0.01, "woman": 0.4, "boy": 0.1, "girl": 0.02}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Return a function that calls ``lookout watch`` in this process; its own errors come out as they were raised."""
    store = f"sqlite:///{tmp_path / 'store.db'}"

    def call(*words: object) -> Result:
        result = CliRunner().invoke(app, ["--store", store, "watch", *map(str, words)], env={"COLUMNS": "300"})
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return call


def added(run: Run, *words: object) -> dict[str, Any]:
    """Return the entry that was added, as JSON told it."""
    entry: dict[str, Any] = json.loads(run("add", *words, "--json").stdout)
    return entry


def listed(run: Run) -> list[dict[str, Any]]:
    """Return the entries as they stand in the store."""
    return [json.loads(line) for line in run("list", "--json").stdout.splitlines()]


def test_what_is_told_of_an_entry_is_what_is_stored(run: Run) -> None:
    """``watch add --json`` tells of an entry what ``watch list --json`` does, its version among it."""
    entry = added(run, f"  {MAN} ", "--camera", "gate", "--camera", "gate", "--label", "blue")
    entry.pop("ignored_words")
    assert listed(run) == [entry]
    assert (entry["version"], entry["cameras"], entry["description"]) == (1, ["gate"], MAN)


def test_what_is_looked_out_for_already_is_told(run: Run) -> None:
    """A description that is on the watchlist is added once more, as its scope may be another, but not in silence."""
    first = added(run, MAN)["entry_id"]
    told = run("add", MAN.upper())
    assert f"also on the watchlist: {first} (active)" in told.stdout
    assert len(listed(run)) == 2
    assert "also on the watchlist" not in run("add", "a woman in a red skirt").stdout


def test_brackets_stand_in_tables_as_they_were_written(run: Run) -> None:
    """A description with what the table's printer takes for a mark is listed as it is."""
    added(run, "a man in a [red]red[/red] :coat: [/x]")
    assert "a man in a [red]red[/red] :coat: [/x]" in run("list").stdout


def test_an_entry_is_one_line_that_can_be_printed(run: Run) -> None:
    """Line breaks become blanks, and escape sequences and bytes that are no UTF-8 are left out of what is kept."""
    entry = added(run, "a man\n in a\tred \x1b[2Jjacket \udcff", "--label", "case\x1b 1\n2", "--reason", "\udce4")
    run("edit", entry["entry_id"], "--reason", "theft\r\nat the gate")
    (kept,) = listed(run)
    assert kept["description"] == "a man in a red [2Jjacket"
    assert (kept["label"], kept["reason"]) == ("case 1 2", "theft at the gate")


def test_an_entry_may_count_at_some_hours_only(run: Run) -> None:
    """Hours are kept in UTC, are listed, and go with ``edit --hours 00:00-24:00``; others than of a day are refused."""
    entry_id = added(run, MAN, "--hours", "22:00-06:00+01:00")["entry_id"]
    assert listed(run)[0]["hours_utc"] == "21:00-05:00"
    assert "21:00-05:00" in run("list").stdout
    assert run("edit", entry_id, "--hours", "00:00-24:00").stdout == f"{entry_id}: changed hours\n"
    assert listed(run)[0]["hours_utc"] is None
    with pytest.raises(SettingsError, match="a stretch of each day as 22:00-06:00"):
        run("add", MAN, "--hours", "22-06")
    assert len(listed(run)) == 1


def test_a_store_that_begins_is_told(run: Run, tmp_path: Path) -> None:
    """Who is in another folder than the site's hears that a new store begins there; later commands are silent."""
    assert f"store.db yet; beginning one in {tmp_path}" in run("list").stderr
    empty = run("list")
    assert (empty.stdout, empty.stderr) == ("", "the watchlist is empty\n")


def test_a_camera_that_nobody_knows_is_told(run: Run, tmp_path: Path) -> None:
    """An entry for a mistyped camera is taken, as that may come later, but not in silence."""
    store = f"sqlite:///{tmp_path / 'store.db'}"
    CliRunner().invoke(app, ["--store", store, "cameras", "add", "gate", "gate.mp4", "--no-probe"])
    told = run("add", MAN, "--camera", "gaet", "--camera", "gate")
    assert "no camera 'gaet' is known here yet" in told.stderr
    assert "'gate'" not in told.stderr
    entry_id = listed(run)[0]["entry_id"]
    assert run("edit", entry_id, "--camera", "gate").stderr == ""
    assert "no camera 'hall' is known here yet" in run("edit", entry_id, "--camera", "hall").stderr


def test_the_newest_is_listed_last(run: Run) -> None:
    """Entries stand in the order in which they were added, each with of how many people one is expected to match."""
    ids = [added(run, f"a {word} in red", "--false-match-rate", rate)["entry_id"] for word, rate in PEOPLE.items()]
    assert [entry["entry_id"] for entry in listed(run)] == ids
    rows = [line.split() for line in run("list").stdout.splitlines()[1:]]
    assert [row[0] for row in rows] == ids
    assert [row[7] for row in rows] == ["100", "2.5", "10", "50"]


def test_an_entry_that_cannot_be_read_is_listed(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside the others, by its id and with what to do; adding goes on, and ``watch remove`` mends it."""
    broken = added(run, MAN)["entry_id"]
    with open_watchlist(f"sqlite:///{tmp_path / 'store.db'}") as store:
        put_newer(monkeypatch, store, store.get(broken))
    whole = added(run, MAN)["entry_id"]
    assert [(row["entry_id"], row["state"]) for row in listed(run)] == [(whole, "active"), (broken, "damaged")]
    assert f"lookout watch remove {broken}" in listed(run)[1]["damage"]
    told = run("list")
    assert whole in told.stdout
    assert f"damaged: entry {broken}: expected a record of version 1, but found version 2" in told.stderr
    run("remove", broken)
    assert [row["entry_id"] for row in listed(run)] == [whole]
    assert run("list").stderr == ""


def test_two_people_in_one_sentence_are_told(run: Run) -> None:
    """A sentence about a lady and a gentleman is taken, with the remark that only one person is looked for."""
    assert "it reads like two people" in run("add", "a gentleman in red beside a lady in blue").stdout


def test_a_label_is_listed_where_there_is_one(run: Run) -> None:
    """The short name of an entry stands in the table, which has no such column as long as nobody gave one."""
    added(run, MAN)
    assert "label" not in run("list").stdout
    added(run, MAN, "--label", "case 12")
    assert "case 12" in run("list").stdout


@pytest.mark.parametrize(
    "words",
    [
        ("add", MAN, "--ttl-h", "1e300"),
        ("add", MAN, "--ttl-h", CENTURY_H + 1),
        ("add", MAN, "--ttl-h", "-1"),
        ("edit", "entry", "--ttl-h", "inf"),
        ("mute", "entry", "--for-min", "1e300"),
        ("edit", "entry", "--camera", "gate", "--all-cameras"),
    ],
)
def test_options_that_make_no_sense_are_wrong_calls(run: Run, words: tuple[object, ...]) -> None:
    """A time without end, or before now, and cameras that contradict each other end with code 2, and no entry is made."""
    assert run(*words).exit_code == 2
    assert not listed(run)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--cooldown-s", "inf"), "cooldown_s must be from 0 to a century"),
        (("--camera", ""), "an id has 1 to 100 printable characters"),
        (("--camera", " "), "an id has 1 to 100 printable characters"),
    ],
)
def test_values_that_make_no_sense_are_named(run: Run, options: tuple[str, ...], told: str) -> None:
    """A quiet without end, and a camera that none can be called, are refused in words: such an entry never matches."""
    with pytest.raises(SettingsError, match=told):
        run("add", MAN, *options)
    assert not listed(run)


def test_the_settings_of_new_entries_are_checked(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A negative time to live in the environment is refused before an entry is made of it."""
    monkeypatch.setenv("LOOKOUT_MATCH_ENTRY_TTL_H", "-5")
    with pytest.raises(SettingsError, match="ttl_h"):
        run("add", MAN)


def test_an_entry_goes_back_to_all_cameras(run: Run) -> None:
    """``--camera`` replaces the cameras, ``--all-cameras`` takes them away, and an empty id changes nothing."""
    entry_id = added(run, MAN, "--camera", "gate")["entry_id"]
    run("edit", entry_id, "--camera", "hall")
    assert listed(run)[0]["cameras"] == ["hall"]
    with pytest.raises(SettingsError, match="printable"):
        run("edit", entry_id, "--camera", "")
    run("edit", entry_id, "--all-cameras")
    assert listed(run)[0]["cameras"] == []


def test_an_entry_of_a_century_can_be_listed(run: Run) -> None:
    """The longest times that are taken are shown, too."""
    entry_id = added(run, MAN, "--ttl-h", CENTURY_H)["entry_id"]
    run("mute", entry_id, "--for-min", CENTURY_H * 60)
    assert "quiet" in run("list").stdout
