"""The whole demonstration, on a street of some seconds and with the shipped parts."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.errors import SceneError, SettingsError
from pipeline.wire import as_rfc3339


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a demonstration whose thresholds let so many pass that there are alerts to look at."""
    folder = tmp_path_factory.mktemp("demo")
    sizes = ["--seconds", "6", "--walkers", "5", "--descriptions", "2", "--seed", "2"]
    call = ["demo", "--out", str(folder), *sizes, "--false-match-rate", "0.6"]
    result = CliRunner().invoke(app, call, catch_exceptions=False)
    assert result.exit_code == 0
    assert "precision" in result.stdout
    assert f"look at them in {folder / 'index.html'}" in result.stderr
    return folder


@pytest.fixture(scope="module")
def result(folder: Path) -> dict[str, Any]:
    """Return what it found."""
    told: dict[str, Any] = json.loads((folder / "result.json").read_text())
    return told


def share_of_union(one: list[float], other: list[float]) -> float:
    """Return intersection over union of two boxes, by counting."""
    sides = [max(0.0, min(one[i + 2], other[i + 2]) - max(one[i], other[i])) for i in (0, 1)]
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return sides[0] * sides[1] / (sum(areas) - sides[0] * sides[1])


def test_the_score_is_that_of_the_films_truth(folder: Path, result: dict[str, Any]) -> None:
    """Whom each alert is on, and so precision, follows from the JSON that lies beside its camera's film."""
    assert result["alerts"]
    for alert in result["alerts"]:
        truth = json.loads((folder / "scene" / f"{alert['camera_id']}.json").read_text())
        (frame,) = [each for each in truth["frames"] if as_rfc3339(each["captured_at_ms"]) == alert["captured_at"]]
        overlaps = {each["walker_id"]: share_of_union(alert["box_xyxy"], each["box_xyxy"]) for each in frame["walkers"]}
        on = max(overlaps, key=overlaps.__getitem__, default="")
        assert alert["walker_id"] == (on if overlaps.get(on, 0.0) >= 0.4 else None)
        described = result["descriptions"][alert["entry_id"]]["walker_id"]
        assert alert["right"] == (described is not None and alert["walker_id"] == described)
    assert result["precision"] == sum(each["right"] for each in result["alerts"]) / len(result["alerts"])


def test_a_passage_is_found_by_a_right_alert_alone(result: dict[str, Any]) -> None:
    """Recall counts a described walker at a camera as found where a right alert of that entry and camera is."""
    right = {(each["entry_id"], each["camera_id"]) for each in result["alerts"] if each["right"]}
    for passage in result["passages"]:
        assert passage["found"] == ((passage["entry_id"], passage["camera_id"]) in right)
        assert passage["walker_id"] == result["descriptions"][passage["entry_id"]]["walker_id"]


def test_the_page_shows_the_same_alerts(folder: Path, result: dict[str, Any]) -> None:
    """Every alert's id, with its crop and verdict, and every sentence stand on the page, and no alert besides."""
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert all(page.count(alert["alert_id"]) == 1 for alert in result["alerts"])
    assert page.count("<li>") == len(result["alerts"])
    assert page.count('<p class="verdict right">') == sum(alert["right"] for alert in result["alerts"])
    assert all(one["sentence"] in page for one in result["descriptions"].values())
    assert page.count("<figure>") == 3


def test_its_site_can_be_looked_at(folder: Path, result: dict[str, Any], tmp_path: Path) -> None:
    """Watchlist and alerts stay in a database that the other commands read, and make a page of."""
    store = f"sqlite:////{str(folder / 'replay.db').lstrip('/')}"
    listed = CliRunner().invoke(app, ["--store", store, "alerts", "list", "--json"], catch_exceptions=False)
    assert {json.loads(line)["alert_id"] for line in listed.stdout.splitlines()} == {
        alert["alert_id"] for alert in result["alerts"]
    }
    page = tmp_path / "alerts.html"
    CliRunner().invoke(app, ["--store", store, "alerts", "list", "--page", str(page)], catch_exceptions=False)
    assert all(page.read_text(encoding="utf-8").count(alert["alert_id"]) == 1 for alert in result["alerts"])
    entries = CliRunner().invoke(app, ["--store", store, "watch", "list", "--json"], catch_exceptions=False)
    assert len(entries.stdout.splitlines()) == len(result["descriptions"])


def test_the_demonstration_writes_over_its_own_alone(tmp_path: Path) -> None:
    """A folder with somebody else's page, and a file in the folder's place, are refused before anything is drawn."""
    (tmp_path / "index.html").write_text("mine")
    with pytest.raises(SettingsError, match=r"index\.html is of no demonstration"):
        CliRunner().invoke(app, ["demo", "--out", str(tmp_path)], catch_exceptions=False)
    with pytest.raises(SettingsError, match=r"index\.html is a file; name another with --out"):
        CliRunner().invoke(app, ["demo", "--out", str(tmp_path / "index.html")], catch_exceptions=False)
    assert (tmp_path / "index.html").read_text() == "mine"


def test_json_is_one_line(tmp_path: Path) -> None:
    """``--json`` prints what result.json holds as one line and nothing else, as every command does."""
    call = ["demo", "--out", str(tmp_path), "--seconds", "1", "--walkers", "2", "--descriptions", "1", "--json"]
    (line,) = CliRunner().invoke(app, call, catch_exceptions=False).stdout.splitlines()
    assert json.loads(line) == json.loads((tmp_path / "result.json").read_text())


def test_more_descriptions_than_walkers_write_nothing(tmp_path: Path) -> None:
    """Asking for more descriptions than there are walkers is an error before anything is drawn."""
    call = ["demo", "--walkers", "2", "--descriptions", "3", "--out", str(tmp_path / "out")]
    with pytest.raises(SceneError, match="3 are asked for"):
        CliRunner().invoke(app, call, catch_exceptions=False)
    assert not (tmp_path / "out").exists()
