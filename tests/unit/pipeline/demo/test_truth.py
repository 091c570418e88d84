"""Whom an alert is on, who was missed, and what chance would have come to."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.demo.truth import CameraTruth, Outcome, judge
from pipeline.errors import SceneError
from pipeline.records import Alert

DESCRIBED = {"watch-1": "walker-01", "watch-2": "walker-02", "watch-3": None}
ON_RIGHT_WALKER = (300.0, 100.0, 350.0, 220.0)


def judged(gate: CameraTruth, *alerts: Alert) -> Outcome:
    """Hold alerts against the truth of the gate."""
    return judge(alerts, DESCRIBED, {"gate": gate})


def test_an_alert_on_the_described_walker_is_right(gate: CameraTruth, make_alert: Any) -> None:
    """A box on the walker whom the sentence describes makes the alert right, and the passage found."""
    outcome = judged(gate, make_alert())
    assert [(each.walker_id, each.right) for each in outcome.judged] == [("walker-01", True)]
    assert [(each.walker_id, each.found) for each in outcome.passages] == [("walker-01", True), ("walker-02", False)]
    assert (outcome.precision, outcome.recall) == (1.0, 0.5)


def test_an_alert_on_somebody_else_is_wrong(gate: CameraTruth, make_alert: Any) -> None:
    """A box on another walker is told as that walker's, is wrong, and finds nobody."""
    outcome = judged(gate, make_alert(box_xyxy=ON_RIGHT_WALKER))
    assert [(each.walker_id, each.right) for each in outcome.judged] == [("walker-02", False)]
    assert (outcome.precision, outcome.recall) == (0.0, 0.0)


@pytest.mark.parametrize("box", [(0.0, 0.0, 640.0, 360.0), (100.0, 180.0, 150.0, 220.0), (151.0, 0.0, 200.0, 90.0)])
def test_a_box_that_is_on_nobody_is_wrong(gate: CameraTruth, make_alert: Any, box: Any) -> None:
    """The whole frame, a pair of legs and a piece of wall are on nobody."""
    (only,) = judged(gate, make_alert(box_xyxy=box)).judged
    assert (only.walker_id, only.right) == (None, False)


def test_a_sentence_about_nobody_is_never_right(gate: CameraTruth, make_alert: Any) -> None:
    """An alert of an entry that describes nobody is wrong even where its box is on nobody."""
    nowhere = make_alert(entry_id="watch-3", box_xyxy=(0.0, 0.0, 9.0, 9.0))
    assert [each.right for each in judged(gate, make_alert(entry_id="watch-3"), nowhere).judged] == [False, False]


def test_a_passage_counts_once(gate: CameraTruth, make_alert: Any) -> None:
    """Two right alerts on one walker at one camera are two right alerts, and one passage that is found."""
    outcome = judged(gate, make_alert(), make_alert(alert_id="a2", captured_at_ms=1800))
    assert (outcome.precision, outcome.recall) == (1.0, 0.5)


def test_who_is_hardly_seen_is_no_passage(gate: CameraTruth) -> None:
    """A walker in sight for a fifth of a second, or less than half visible, or tiny, cannot be missed."""
    assert gate.in_sight == {"walker-01", "walker-02"}
    hidden = [
        dict(frame) | {"walkers": [walker | {"visible_share": 0.4} for walker in frame["walkers"]]}
        for frame in gate.frames
    ]
    assert replace(gate, frames=hidden).in_sight == frozenset()


def test_chance_is_a_lot_drawn_among_those_in_sight(gate: CameraTruth, make_alert: Any) -> None:
    """With two walkers in sight and an alert for one of two passages, chance is right half the time, finds a quarter."""
    outcome = judged(gate, make_alert())
    assert (outcome.chance_precision, outcome.chance_recall) == (0.5, 0.25)


def test_without_alerts_there_is_no_precision(gate: CameraTruth) -> None:
    """No alert at all has no precision rather than a perfect one; everybody is missed."""
    outcome = judged(gate)
    assert (outcome.precision, outcome.chance_precision, outcome.recall) == (None, None, 0.0)


@pytest.mark.parametrize("content", [None, "{", json.dumps({"camera_id": "gate"})])
def test_a_truth_that_cannot_be_read_is_an_error(content: str | None, tmp_path: Path) -> None:
    """A missing, broken or incomplete file is an error that names it."""
    if content is not None:
        (tmp_path / "gate.json").write_text(content)
    with pytest.raises(SceneError, match=r"gate\.json"):
        CameraTruth.read(tmp_path / "gate.json")
