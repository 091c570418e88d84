"""The figures of tracking count what they say they count."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from detectors.base import Detections
from pipeline.bench.street import Moment
from pipeline.bench.track import follow, summary
from pipeline.cli.bench import bench
from pipeline.track import TrackSettings


def moment(n: int, people: dict[int, float], *, told: bool = True) -> Moment:
    """Return the n-th frame at 5 a second: where each person stands, and whether a detector told of them."""
    xyxy = np.array([(x, 100, x + 60, 250) for x in people.values()], np.float32).reshape(-1, 4)
    found = Detections(xyxy, np.full(len(xyxy), 0.9, np.float32)) if told else Detections.none()
    return Moment(1000 + 200 * n, np.array(list(people), np.int64), xyxy, found)


def test_who_is_followed_all_along_costs_nothing() -> None:
    """Two people far apart, always told of, are two tracklets, without a switch, after one frame each."""
    street = [moment(n, {3: 20.0 + 8 * n, 7: 500.0 - 8 * n}) for n in range(20)]
    found = summary([follow(street, TrackSettings())])
    assert (found["people"], found["tracklets"], found["unfollowed"], found["mixed_tracklets"]) == (2, 2, 0, 0)
    assert (found["id_switches"], found["delay_p50_s"]) == (0, 0.2)
    assert found["idf1"] > 0.95


def test_a_passage_in_pieces_is_told() -> None:
    """Somebody whom the detector misses for 4 s is one person in two tracklets, which is one switch."""
    street = [moment(n, {3: 20.0 + 4 * n}, told=not 10 <= n < 30) for n in range(50)]
    found = summary([follow(street, TrackSettings())])
    assert (found["people"], found["tracklets"], found["id_switches"]) == (1, 2, 1)
    assert found["tracklets_per_person"] == pytest.approx(2.0)
    assert found["idf1"] < 0.6


def test_a_tracklet_of_two_people_is_told() -> None:
    """Where one takes over the other's place between two frames, one tracklet is of both."""
    street = [moment(n, {3 if n < 10 else 4: 20.0 + 4 * n}) for n in range(20)]
    found = summary([follow(street, TrackSettings())])
    assert (found["people"], found["tracklets"], found["mixed_tracklets"]) == (2, 1, 1)


def test_who_is_never_told_of_is_unfollowed() -> None:
    """A person without a box has no tracklet and no delay."""
    found = summary([follow([moment(n, {3: 20.0}, told=False) for n in range(5)], TrackSettings())])
    assert (found["people"], found["unfollowed"], found["tracklets"], found["delay_p95_s"]) == (1, 1, 0, 0.0)


def test_the_command_prints_every_rate() -> None:
    """``lookout bench track --json`` prints one object with the figures at 10, 5 and 2 frames a second."""
    arguments = ["track", "--streets", "1", "--walkers", "3", "--seconds", "4", "--seed", "11", "--json"]
    result = CliRunner().invoke(bench, arguments)
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert (report["boxes"], report["streets"]) == ("truth", 1)
    assert [rate["analysed_fps"] for rate in report["rates"]] == [10.0, 5.0, 2.0]
    assert all(0 <= rate["unfollowed"] <= rate["people"] for rate in report["rates"])
