"""What becomes of sightings: alerts, dead letters, or nothing."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipeline.dead_letter import decode_dead_letter
from pipeline.errors import LogError
from pipeline.log.base import Topic
from pipeline.log.size import MOST_VALUE_BYTES
from pipeline.records import Origin, Phase, Schedule

Make = Callable[..., Any]


def test_a_sighting_above_the_threshold_becomes_an_alert(site: Any, make_sighting: Make) -> None:
    """An alert says what matched what, how well, where and when, and carries the crop; store and log agree."""
    site.publish(make_sighting("a", similarity=0.8), make_sighting("b", at_s=1, similarity=0.4))
    counts = site.match().counts
    (alert,) = site.told()
    assert site.stored() == [alert]
    assert (alert.entry_id, alert.tracklet_id, alert.camera_id) == ("red", "a", "gate")
    assert alert.similarity == pytest.approx(0.8, abs=1e-3)
    assert (alert.threshold, alert.origin, alert.crop_jpeg) == (0.5, Origin.LIVE, b"crop of a-0")
    assert alert.coordinates.startswith("lookout.sightings[")
    assert (counts.sightings, counts.matches, counts.raised, counts.batches) == (2, 1, 1, 1)


def test_a_threshold_is_reached_by_equality(site: Any, make_sighting: Make) -> None:
    """A similarity that equals the threshold matches; one that is a millionth lower does not."""
    exact = float(make_sighting(similarity=0.75).vector[0])
    for limit, matches in ((exact, 1), (exact + 1e-6, 0)):
        site.watchlist.entries = (replace(site.watchlist.entries[0], entry_id=str(limit), threshold=limit),)
        site.watchlist = replace(site.watchlist)
        site.publish(make_sighting(str(limit), similarity=0.75))
        assert site.match().counts.matches == matches


def test_an_alert_is_improved_when_the_evidence_is_clearly_better(site: Any, make_sighting: Make) -> None:
    """Better evidence is told under the same id; evidence that is hardly better only moves the last sight."""
    site.publish(
        make_sighting("a", 0, 0.70),
        make_sighting("a", 1, 0.71, 1, first_seen_at_ms=make_sighting().captured_at_ms),
        make_sighting("a", 2, 0.80, 2, first_seen_at_ms=make_sighting().captured_at_ms),
        make_sighting("a", 3, 0.60, 3, phase=Phase.CLOSE),
    )
    counts = site.match(batch=1).counts
    first, second = site.told()
    (stored,) = site.stored()
    assert first.alert_id == second.alert_id == stored.alert_id
    assert [round(each.similarity, 2) for each in (first, second, stored)] == [0.7, 0.8, 0.8]
    assert (second.crop_jpeg, second.raised_at_ms) == (b"crop of a-2", first.raised_at_ms)
    assert stored.last_seen_at_ms - stored.first_seen_at_ms == 3000
    assert (counts.raised, counts.improved, counts.repeated) == (1, 1, 2)


@pytest.mark.parametrize(
    ("changes", "matches"),
    [
        ({"cameras": ("gate", "hall")}, True),
        ({"cameras": ("hall",)}, False),
        ({"enabled": False}, False),
        ({"muted_until_ms": 10_000}, False),
        ({"muted_until_ms": 0}, True),
        ({"expires_at_ms": 0}, False),
        ({"expires_at_ms": 1}, True),
        ({"model_id": "model-2"}, False),
    ],
)
def test_an_entry_counts_only_where_and_when_it_should(
    site: Any, make_entry: Make, make_sighting: Make, changes: dict[str, Any], *, matches: bool
) -> None:
    """Camera scope, switch, mute, expiry and model decide, by the time of capture."""
    at_ms = make_sighting().captured_at_ms
    shifted = {key: value + at_ms if key.endswith("_ms") else value for key, value in changes.items()}
    site.watchlist.entries = (make_entry("other", axis=1), make_entry(**shifted))
    site.publish(make_sighting())
    assert [alert.entry_id for alert in (site.match(), site.told())[1]] == (["red"] if matches else [])


def test_a_schedule_holds_by_the_time_of_capture(site: Any, make_entry: Make, make_sighting: Make) -> None:
    """Of an hour's sightings, only those within the entry's minutes match."""
    minute = make_sighting().captured_at_ms // 60_000 % 1440
    site.watchlist.entries = (make_entry(schedule=Schedule(minute + 10, minute + 20), cooldown_s=0),)
    site.publish(*(make_sighting(str(n), 60 * n) for n in range(60)))
    site.match()
    assert [alert.tracklet_id for alert in site.told()] == [str(n) for n in range(10, 20)]


def test_the_cooldown_is_of_one_entry_on_one_camera(site: Any, make_entry: Make, make_sighting: Make) -> None:
    """Another tracklet within the cooldown is kept back; on another camera, or for another entry, it is not."""
    both = np.zeros(16, np.float16)
    both[:2] = 0.7
    site.watchlist.entries = (make_entry("red"), make_entry("hat", axis=1))
    site.publish(
        make_sighting("a", 0),
        make_sighting("b", 30, camera_id="hall"),
        make_sighting("c", 59),
        make_sighting("d", 60, vector=both),
        make_sighting("e", 61, vector=both),
    )
    counts = site.match().counts
    told = {(alert.tracklet_id, alert.entry_id) for alert in site.told()}
    assert told == {("a", "red"), ("b", "red"), ("d", "red"), ("d", "hat")}
    assert counts.cooled == 3


def test_the_cooldown_runs_from_the_last_sight(site: Any, make_sighting: Make) -> None:
    """While the person of the last alert is still in sight, and for the cooldown after, nobody else is told of."""
    site.publish(
        make_sighting("a", 0),
        make_sighting("a", 100, 0.6, 1),
        make_sighting("b", 150),
        make_sighting("c", 161),
        make_sighting("b", 300, sequence=1),
    )
    site.match(batch=2)
    assert [alert.tracklet_id for alert in site.told()] == ["a", "c", "b"]


def test_the_cooldown_keeps_back_no_better_evidence(site: Any, make_sighting: Make) -> None:
    """Within a cooldown a clearly more similar person is told of, one about as similar is not, however it is batched."""
    site.publish(
        make_sighting("weak", 0, 0.6), make_sighting("same", 10, 0.61), make_sighting("strong", 20, 0.8),
        make_sighting("weaker", 30, 0.7),
    )  # fmt: skip
    site.match(batch=1)
    assert [alert.tracklet_id for alert in site.told()] == ["weak", "strong"]


def test_a_later_alert_cools_nothing_earlier(site: Any, make_sighting: Make) -> None:
    """Footage of an earlier hour is told of, though the same camera has alerted since."""
    site.publish(make_sighting("later", 3600))
    site.match()
    site.publish(make_sighting("earlier", 3590))
    site.match()
    assert [alert.tracklet_id for alert in site.told()] == ["later", "earlier"]


def test_an_edited_entry_is_another_alert(site: Any, make_entry: Make, make_sighting: Make) -> None:
    """After an edit and the cooldown, a tracklet that is still there is told of under a new id."""
    site.publish(make_sighting("a", 0))
    site.match()
    site.watchlist.entries, site.watchlist.revision = (make_entry(version=2),), 2
    site.watchlist = replace(site.watchlist)
    site.publish(make_sighting("a", 30, sequence=1), make_sighting("a", 90, sequence=2))
    site.match()
    assert [alert.entry_version for alert in site.told()] == [1, 2]
    assert len({alert.alert_id for alert in site.told()}) == 2


def test_what_cannot_be_compared_is_put_aside(site: Any, make_sighting: Make) -> None:
    """Undecodable, foreign, misshapen and broken sightings become dead letters that say why; the rest is matched."""
    broken = make_sighting().vector.copy()
    broken[2] = np.nan
    site.log.append(Topic.SIGHTINGS, "gate", b"\xff no sighting", 5)
    site.publish(
        make_sighting("b", model_id="model-2"),
        make_sighting("c", vector=np.zeros(8, np.float16)),
        make_sighting("d", vector=broken),
        make_sighting("e"),
        make_sighting("f", crop_jpeg=bytes(600_000)),
        make_sighting("g", vector=np.full(16, 60_000, np.float16)),
    )
    site.clock.advance(3600)
    counts = site.match().counts
    letters = [decode_dead_letter(record.value) for record in site.records(Topic.DEAD_LETTERS)]
    assert {record.timestamp_ms for record in site.records(Topic.DEAD_LETTERS)} == {site.clock.now_ms()}
    assert [alert.tracklet_id for alert in site.told()] == ["e"]
    assert (counts.undecodable, counts.foreign, counts.sightings) == (5, 1, 1)
    assert {letter.coordinates for letter in letters} == {
        f"lookout.sightings[{record.partition}]@{offset}"
        for offset, record in enumerate(site.records(Topic.SIGHTINGS))
        if offset != 4
    }
    assert letters[0].value == b"\xff no sighting"
    assert "run ingest and matcher on the same weights" in letters[1].reason
    assert "expected a vector of 16 numbers, but found one of 8" in letters[2].reason
    assert "expected finite numbers" in letters[3].reason
    assert "a crop of at most" in letters[4].reason
    assert "expected a vector of length 1 at most, but found 240" in letters[5].reason


def test_a_record_of_any_size_holds_nobody_back(site: Any, make_sighting: Make) -> None:
    """What is as large as a log takes, under whatever key or ids, is put aside with its beginning; the rest is matched."""
    largest, odd = b"\xff" * MOST_VALUE_BYTES, "\x01" * 300_000
    site.log.append(Topic.SIGHTINGS, odd, largest, 5)
    site.publish(
        make_sighting("b", crop_jpeg=bytes(900_000)),
        make_sighting("c", model_id=odd),
        make_sighting(odd),
        make_sighting("e"),
    )
    site.match()
    letters = [decode_dead_letter(record.value) for record in site.records(Topic.DEAD_LETTERS)]
    assert [alert.tracklet_id for alert in site.told()] == ["e"]
    assert len(letters) == 4
    assert largest.startswith(letters[0].value)
    assert f"of its 1,000,000 bytes, the first {len(letters[0].value):,} are kept here" in letters[0].reason
    assert "run ingest and matcher on the same weights" not in letters[1].reason
    assert any("bytes beside the crop" in letter.reason for letter in letters)


@pytest.mark.parametrize("times", [1, 1_000_000])
def test_a_lag_that_cannot_be_told_costs_no_sighting(site: Any, make_sighting: Make, times: int) -> None:
    """Where the log fails to say how much waits, once or for ever, that is told, and what it gives is matched."""

    class Blind:
        """A log whose members cannot see the end, once they have given a record."""

        def __init__(self, log: Any) -> None:
            self._log = log
            self.polls = self.failures = 0

        def __getattr__(self, name: str) -> Any:
            return getattr(self._log, name)

        def subscribe(self, *asked: Any) -> Any:
            told = self._log.subscribe(*asked)
            poll, lag = told.poll, told.lag

            def counted_poll(*limits: Any) -> Any:
                self.polls += 1
                return poll(*limits)

            def failing_lag() -> int:
                if self.polls and self.failures < times:
                    self.failures += 1
                    raise LogError("the end is not in sight")
                return int(lag())

            told.poll, told.lag = counted_poll, failing_lag
            return told

    site.publish(make_sighting("a"), make_sighting("b", 600.0))
    site.log = Blind(site.log)
    matcher = site.matcher(batch=1)
    while matcher.step():
        site.clock.advance(60)
    assert site.log.failures == min(times, 2)
    assert matcher.trouble == (None if times == 1 else "the end is not in sight")
    assert {alert.tracklet_id for alert in site.told()} == {"a", "b"}


def test_an_improved_alert_says_so(site: Any, make_sighting: Make) -> None:
    """The log hears of an alert as raised, and of better evidence for it as improved."""
    site.publish(make_sighting(similarity=0.6), make_sighting(similarity=0.9, at_s=1.0, sequence=1))
    site.match()
    kinds = [json.loads(record.value)["type"] for record in site.records(Topic.ALERTS)]
    assert kinds == ["lookout.alert.raised", "lookout.alert.improved"]


def test_an_empty_watchlist_matches_nobody(site: Any, make_sighting: Make) -> None:
    """Without entries sightings are read, counted and committed."""
    site.watchlist.entries = ()
    site.publish(make_sighting())
    counts = site.match().counts
    assert (counts.sightings, counts.matches, counts.batches, site.told()) == (1, 0, 1, [])


def test_entries_of_another_model_are_counted(site: Any, make_entry: Make, make_sighting: Make) -> None:
    """An operator can see how many entries match nobody because of their model."""
    site.watchlist.entries = (make_entry(), make_entry("old", model_id="model-0"))
    site.publish(make_sighting())
    counts = site.match().counts
    assert (counts.entries, counts.foreign_entries, counts.watchlist_revision) == (1, 1, 1)


def test_the_matcher_needs_no_torch_and_no_opencv() -> None:
    """Importing the matcher and the webhook sender loads neither torch nor OpenCV nor ONNX Runtime."""
    code = (
        "import sys, pipeline.match, pipeline.alerting.webhook;"
        "print({'torch', 'cv2', 'onnxruntime'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
