"""``lookout replay`` and ``lookout background try``, with the shipped networks, on a film of a drawn street."""

import json
import sys
from html import escape
from pathlib import Path

import cv2
import numpy as np
import pytest

import pipeline.cli as command_line
from pipeline.scene.outfit import brief_outfit
from pipeline.scene.scene import Scene, SceneCamera, SceneSettings
from pipeline.scene.video import write_video

SCENE = Scene(2, (SceneCamera("gate", "pavement", "day"),), SceneSettings(walkers=5, duration_s=12.0, fps=5.0))


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return twelve seconds of a street, with the truth beside it."""
    return write_video(SCENE, "gate", tmp_path_factory.mktemp("film") / "street.mp4")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run commands in an empty folder."""
    monkeypatch.chdir(tmp_path)


def lookout(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    """Run a command and return its exit code."""
    monkeypatch.setattr(sys, "argv", ["lookout", *map(str, words)])
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # typer puts its own there
    with pytest.raises(SystemExit) as stop:
        command_line.main()
    return int(stop.value.code or 0)


def test_footage_raises_the_same_alerts_twice_with_its_own_times(
    film: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two replays print the same lines, one alert each: on people of the truth, at times counted from ``--start``."""
    sentences = [word for walker in SCENE.walkers for word in ("--watch", brief_outfit(walker.outfit))]
    words = ("replay", film, "--camera", "gate", "--start", "2026-03-01T09:00:00Z", "--json", *sentences)
    printed = []
    for _ in range(2):
        assert lookout(monkeypatch, *words, "--false-match-rate", "0.05") == 0
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]
    alerts = [json.loads(line) for line in printed[0].splitlines()]
    assert alerts
    frames = json.loads(film.with_suffix(".json").read_text())["frames"]
    for alert in alerts:
        assert alert["similarity"] >= alert["threshold"]
        assert "2026-03-01T09:00:00" <= alert["captured_at"] < "2026-03-01T09:00:13"
        left, top, right, bottom = alert["box_xyxy"]
        x, y = (left + right) / 2, (top + bottom) / 2
        boxes = [walker["box_xyxy"] for frame in frames for walker in frame["walkers"]]
        assert any(box[0] <= x <= box[2] and box[1] <= y <= box[3] for box in boxes)


def test_a_description_without_an_alert_is_told_who_came_nearest(
    film: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Standard error names the time, what is missing and the rate that tells of them; so it does when it is asked for."""
    sentence = brief_outfit(SCENE.walkers[0].outfit) + " and an elephant"
    words = ("replay", film, "--watch", sentence, "--page", "page.html")
    assert lookout(monkeypatch, *words, "--false-match-rate", "0.0001") == 0
    first = capsys.readouterr()
    assert first.out == ""
    assert "not understood, without effect: elephant" in first.err
    page = Path("page.html").read_text()
    assert "Nobody fitted any description" in page
    assert f"{escape(sentence)}</p>" in page
    assert page.count("data:image/jpeg;base64,/9j/") == 1
    (line,) = (line for line in first.err.splitlines() if ": nearest at " in line)
    rate = line.split("--false-match-rate ")[1].split()[0]
    assert f"a false match rate of {rate} would have told of it" in page
    assert lookout(monkeypatch, *words, "--false-match-rate", rate) == 0
    again = capsys.readouterr()
    assert len(again.out.splitlines()) >= 1
    assert "nearest" not in again.err
    assert "No alert" not in Path("page.html").read_text()


def test_large_frames_are_told_what_finds_smaller_people(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of 720p footage standard error says that tiles would find more, unless they were asked for."""
    writer = cv2.VideoWriter("large.avi", cv2.VideoWriter.fourcc(*"MJPG"), 5.0, (1280, 720))
    for shade in range(3):
        writer.write(np.full((720, 1280, 3), 40 * shade, np.uint8))
    writer.release()
    words = ("replay", "large.avi", "--watch", "a man in a red jacket")
    assert lookout(monkeypatch, *words) == 0
    assert "frames of 1280x720 px were looked at as a whole; --tiles finds" in capsys.readouterr().err
    assert lookout(monkeypatch, *words, "--tiles") == 0
    assert "--tiles" not in capsys.readouterr().err


def test_a_rate_can_be_tried_on_footage(
    film: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """For each rate one JSON line tells of how many tracklets what share matched, more at a higher rate."""
    words = ("background", "try", film, "--rate", "0.01", "--rate", "0.2", "--sentences", "50", "--json")
    assert lookout(monkeypatch, *words) == 0
    low, high = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert low["tracklets"] == high["tracklets"] > 0
    assert 0.0 <= low["matched"] <= high["matched"] <= high["worst"] <= 1.0
    assert high["matched"] > 0.0
