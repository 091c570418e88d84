"""``lookout cameras``, run as a user would; the same on each store, so on SQLite here."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from pipeline.camera import Camera
from pipeline.cli import app
from pipeline.errors import SettingsError, SourceError, StoreError, UnknownCameraError
from pipeline.store.cameras import Beat, StreamReport
from pipeline.store.open import open_cameras

SECRET = "s3cret"  # noqa: S105 - of nobody
URL = f"rtsp://operator:{SECRET}@127.0.0.1:9/live?token={SECRET}"
CONFIG = f"""
[cameras.own]
url = "rtsp://operator:{SECRET}@127.0.0.1:9/own"
"""
Run = Callable[..., Result]


@pytest.fixture
def address(tmp_path: Path) -> str:
    """Return the address of a store."""
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
def run(address: str, tmp_path: Path) -> Run:
    """Return a function that calls ``lookout cameras`` in this process; its own errors come out as they were raised."""
    config = tmp_path / "lookout.toml"
    config.write_text(CONFIG)

    def call(*arguments: object, typed: str = "") -> Result:
        words = ["--config", str(config), "--store", address, "cameras", *map(str, arguments)]
        result = CliRunner().invoke(app, words, env={"COLUMNS": "300"}, input=typed)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert SECRET not in result.output
        return result

    return call


@pytest.fixture
def listed(run: Run) -> Callable[[], dict[str, dict[str, Any]]]:
    """Return a function that lists the cameras by id."""
    return lambda: {row["camera_id"]: row for row in map(json.loads, run("list", "--json").stdout.splitlines())}


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Return a film of two seconds."""
    path = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (64, 48))
    for number in range(20):
        writer.write(np.full((48, 64, 3), 10 * number, np.uint8))
    writer.release()
    return path


def stored(address: str, camera_id: str) -> Camera:
    """Return a camera of the store."""
    with open_cameras(address) as store:
        return store.get(camera_id)


def test_a_camera_is_added_with_what_was_said(run: Run, address: str) -> None:
    """Every option of ``add`` is in the stored camera, its password too, and nowhere in what is printed."""
    options = ("--analysed-fps", 3, "--confidence", 0.4, "--least-height-px", 80)
    masks = ("--mask", "0,0 0.5,0 0.25,1", "--mask", "0.5,0.5 1,0.5 1,1 0.5,1")
    assert run("add", "gate", URL, *options, *masks, "--no-probe").exit_code == 0
    polygons = (((0.0, 0.0), (0.5, 0.0), (0.25, 1.0)), ((0.5, 0.5), (1.0, 0.5), (1.0, 1.0), (0.5, 1.0)))
    assert stored(address, "gate") == Camera("gate", URL, 3.0, 0.4, 80, polygons, version=1)


def test_white_space_around_an_address_is_none_of_it(run: Run, address: str) -> None:
    """What comes along when an address is copied does not reach the camera."""
    run("add", "gate", f" {URL}\t", "--no-probe")
    assert stored(address, "gate").url == URL


def test_an_address_that_no_store_can_keep_is_refused(run: Run) -> None:
    """The name of a file that is no UTF-8, as the shell hands it over, is an error that says so."""
    with pytest.raises(SettingsError, match="'gate': url is not UTF-8"):
        run("add", "gate", "/films/\udcff.mp4", "--no-probe")


def test_an_address_can_be_read(run: Run, address: str) -> None:
    """A dash reads the address from standard input, so that its password is on no command line."""
    run("add", "gate", "-", "--no-probe", typed=f"{URL}\n")
    assert stored(address, "gate").url == URL
    run("edit", "gate", "--url", "-", "--no-probe", typed="7\n")
    assert stored(address, "gate").url == "7"


def test_a_film_is_probed_and_kept_by_its_whole_path(
    run: Run, address: str, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Adding a film says what it is, and a relative path becomes one that means the same to every process."""
    monkeypatch.chdir(film.parent)
    assert "64x48, 10.0 frames/s, the first" in run("add", "film", film.name).stdout
    assert stored(address, "film").url == str(film)
    assert "64x48" in run("probe", "film").stdout


def test_a_camera_without_frames_is_refused(run: Run, address: str) -> None:
    """An address from which nothing comes is an error that says why and how to add it all the same."""
    with pytest.raises(SourceError, match=r"--no-probe.*rtsp://\*\*\*@127.0.0.1:9/live.*refused") as error:
        run("add", "gate", URL)
    assert SECRET not in str(error.value)
    with pytest.raises(UnknownCameraError):
        stored(address, "gate")
    assert run("probe", URL).exit_code == 3
    told = json.loads(run("probe", URL, "--json").stdout)
    assert (told["works"], told["fault"]) == (False, "refused")


def test_an_id_is_added_once(run: Run, address: str) -> None:
    """Adding a camera that is there is an error; adding one that stands in lookout.toml puts the store's in its place."""
    run("add", "gate", URL, "--no-probe")
    with pytest.raises(SettingsError, match="there is a camera 'gate' already"):
        run("add", "gate", "0", "--no-probe")
    assert "in the place of that of lookout.toml" in run("add", "own", "7", "--no-probe").stdout
    assert stored(address, "own").url == "7"


def test_edits_change_what_they_name(run: Run, address: str) -> None:
    """An edit leaves the rest alone, can take a setting back, and needs something to change."""
    run("add", "gate", URL, "--analysed-fps", 3, "--mask", "0,0 1,0 1,1", "--no-probe")
    run("edit", "gate", "--confidence", 0.3, "--no-enabled")
    expected = replace(stored(address, "gate"), confidence=0.3, enabled=False)
    assert expected.analysed_fps == 3.0
    assert stored(address, "gate") == expected
    run("edit", "gate", "--reset", "analysed-fps", "--reset", "mask", "--enabled")
    expected = replace(expected, analysed_fps=None, masks=(), enabled=True, version=3)
    assert stored(address, "gate") == expected
    with pytest.raises(SourceError):
        run("edit", "gate", "--url", URL)
    assert stored(address, "gate") == expected
    assert "nothing to change" in run("edit", "gate").output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("add", "x", "0", "--mask", "0,0 1,1"), "3 corners"),
        (("add", "x", "0", "--mask", "0,0 1 1,1"), "x,y x,y x,y"),
        (("add", "x", "0", "--confidence", 2), "within 0..1"),
        (("add", "x", " "), "url is empty"),
        (("add", "x", "-"), "url is empty"),
        (("edit", "own", "--confidence", 0.2), "stands in lookout.toml alone"),
        (("edit", "own", "--reset", "masks"), "expected one of"),
    ],
)
def test_mistakes_are_named(run: Run, words: tuple[object, ...], told: str) -> None:
    """A wrong value is an error, before anything is written, that says what would be right."""
    try:
        output = " ".join(run(*words).output.split())
    except SettingsError as error:
        output = str(error)
    assert told in output


def test_what_is_not_there_is_named(run: Run) -> None:
    """Editing or removing an unknown camera is an error with its id."""
    for words in (("edit", "lost", "--enabled"), ("remove", "lost")):
        with pytest.raises(UnknownCameraError, match="'lost'"):
            run(*words)


def test_the_list_says_who_watches(run: Run, address: str, listed: Callable[[], dict[str, dict[str, Any]]]) -> None:
    """The list has the cameras of both places, with member, state, reason and since when, as table and as JSON."""
    run("add", "gate", URL, "--no-probe")
    run("add", "off", "0", "--no-probe")
    run("edit", "off", "--no-enabled")
    with open_cameras(address) as store:
        report = StreamReport("stalled", "no frame for 10.0 s", 1_700_000_000_000)
        store.share(Beat("desk-7", 60.0, frozenset(["gate"]), {"gate": report}))
    rows = listed()
    assert {key: (row["stands_in"], row["state"], row["watched_by"]) for key, row in rows.items()} == {
        "gate": ("store", "stalled", "desk-7"),
        "off": ("store", "disabled", None),
        "own": ("lookout.toml", "unwatched", None),
    }
    assert (rows["gate"]["reason"], rows["gate"]["since_ms"]) == ("no frame for 10.0 s", 1_700_000_000_000)
    assert rows["gate"]["address"] == "rtsp://***@127.0.0.1:9/live?***"
    table = run("list").stdout
    assert "2023-11-14 22:13:20" in table
    assert "no frame for 10.0 s" in table


def test_a_damaged_camera_is_listed_with_what_to_do(
    run: Run, address: str, listed: Callable[[], dict[str, dict[str, Any]]]
) -> None:
    """A record that cannot be read is a row and a finding that say so, the others are edited; removing it mends it."""
    for camera_id in ("gate", "own"):
        run("add", camera_id, URL, "--no-probe")
    run("add", "hall", "7", "--no-probe")
    with closing(sqlite3.connect(address.removeprefix("sqlite:///"), isolation_level=None)) as file:
        file.execute("UPDATE cameras SET value = x'6a' WHERE camera_id != 'hall'")
    with open_cameras(address) as store:
        store.share(Beat("desk-7", 60.0, frozenset(["gate"]), {"gate": StreamReport("live")}))
    run("edit", "hall", "--no-enabled")
    rows = listed()
    assert {key: (row["stands_in"], row["state"], row["watched_by"]) for key, row in rows.items()} == {
        "gate": ("store", "damaged", "desk-7"),
        "hall": ("store", "disabled", None),
        "own": ("store", "damaged", None),
    }
    assert rows["gate"].keys() == rows["hall"].keys()
    assert "lookout cameras remove gate" in run("list").stdout
    for words in (
        ("edit", "gate", "--enabled"),
        ("add", "gate", "7", "--no-probe"),
        ("probe", "gate"),
        ("probe", "own"),
    ):
        with pytest.raises(StoreError, match="lookout cameras remove"):
            run(*words)
    assert "gate: removed" in run("remove", "gate").stdout
    run("remove", "own")
    assert {key: row["state"] for key, row in listed().items()} == {"hall": "disabled", "own": "unwatched"}


def test_a_removed_camera_gives_way_to_the_file(run: Run, listed: Callable[[], dict[str, dict[str, Any]]]) -> None:
    """Removing forgets the store's camera, and says that the file's of the same id counts again."""
    run("add", "own", "7", "--no-probe")
    assert listed()["own"]["stands_in"] == "store"
    assert "that of lookout.toml is watched instead" in run("remove", "own").stdout
    assert listed()["own"]["stands_in"] == "lookout.toml"
