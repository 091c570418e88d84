"""Who came nearest to an entry, and which rate would have told of them; what rates let through on footage."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.clock import ManualClock
from pipeline.errors import BackgroundError
from pipeline.records import Phase, Sighting, WatchlistEntry
from pipeline.replay import Replay
from pipeline.threshold.background import Background, threshold
from pipeline.threshold.nearest import find_nearest
from pipeline.threshold.realised import measure_realised

DIM = 16
START_MS = 1_700_000_000_000

Make = Callable[..., Any]


@pytest.fixture
def passers(make_sighting: Make) -> list[Sighting]:
    """Return forty people, each opened and closed; number 30 is more like the sentence than any other."""
    found = []
    for number, vector in enumerate(np.random.default_rng(3).standard_normal((40, DIM)) / 10):
        vector[0] = 0.30 if number == 30 else min(vector[0], 0.2)
        seen = {"vector": vector.astype(np.float16)}
        found.append(make_sighting(str(number), 10 * number, **seen))
        found.append(make_sighting(str(number), 10 * number + 4, sequence=1, phase=Phase.CLOSE, **seen))
    return found


@pytest.fixture
def replayed(tmp_path: Path, background: Background) -> Iterator[Callable[..., Replay]]:
    """Return a function that replays sightings for entries."""
    runs = []

    def replay(sightings: list[Sighting], *entries: WatchlistEntry) -> Replay:
        folder = tmp_path / str(len(runs))
        folder.mkdir()
        runs.append(Replay(folder, entries, background, ManualClock(START_MS)))
        runs[-1].run(sightings)
        return runs[-1]

    yield replay
    for run in runs:
        run.close()


def asked(entry: WatchlistEntry, rate: float, background: Background) -> WatchlistEntry:
    """Return an entry as it is when another rate is asked for."""
    return replace(entry, threshold=threshold(background, entry.vector, rate).similarity, false_match_rate=rate)


def test_the_rate_it_names_raises_an_alert_and_the_next_lower_one_does_not(
    passers: list[Sighting], replayed: Callable[..., Replay], make_entry: Make, background: Background
) -> None:
    """An entry that nobody matched is told who came nearest; asking for the rate that it names tells of that person."""
    entry = asked(make_entry(), 0.0005, background)
    run = replayed(passers, entry)
    assert run.alerts() == []
    (nearest,) = run.nearest()
    assert nearest.sighting.tracklet_id == "30"
    assert nearest.similarity < nearest.threshold
    rate = nearest.raising_rate
    assert rate is not None
    assert [alert.tracklet_id for alert in replayed(passers, asked(entry, rate, background)).alerts()] == ["30"]
    lower = {1: 0.7, 2: 0.75, 3: 2 / 3, 5: 0.6, 7: 5 / 7}[int(f"{rate:e}"[0])] * rate  # the round rate below
    assert replayed(passers, asked(entry, lower, background)).alerts() == []


def test_an_entry_that_somebody_matched_is_not_spoken_of(
    passers: list[Sighting], replayed: Callable[..., Replay], make_entry: Make, background: Background
) -> None:
    """Of two entries the one that has an alert is left out."""
    found, silent = asked(make_entry("found"), 0.05, background), asked(make_entry("silent", 1), 0.0002, background)
    run = replayed(passers, found, silent)
    assert {alert.entry_id for alert in run.alerts()} == {"found"}
    assert [nearest.entry.entry_id for nearest in run.nearest()] == ["silent"]


def test_whom_an_entry_does_not_count_for_is_not_near(
    passers: list[Sighting], make_entry: Make, background: Background
) -> None:
    """An entry of another camera has nobody near, and neither has anybody where nobody came."""
    elsewhere = asked(make_entry(cameras=("yard",)), 0.01, background)
    assert find_nearest([elsewhere], [(each, None) for each in passers], background) == []
    assert find_nearest([asked(make_entry(), 0.01, background)], [], background) == []
    assert find_nearest([], [(passers[0], None)], background) == []


def test_somebody_unlike_the_sentence_gets_no_rate(
    make_entry: Make, make_sighting: Make, background: Background
) -> None:
    """When even one in two people would pass before the nearest does, no rate is named."""
    far = make_sighting("far", 0, vector=np.full(DIM, -0.2, np.float16))
    (nearest,) = find_nearest([asked(make_entry(), 0.01, background)], [(far, None)], background)
    assert nearest.raising_rate is None


def test_people_like_those_of_the_background_pass_at_the_asked_rate(
    make_sighting: Make, background: Background
) -> None:
    """Sentences held against people who are drawn as the background is match about the share that was asked for."""
    rng = np.random.default_rng(9)
    people = rng.standard_normal((2000, DIM)) / 8
    placed = [
        (make_sighting(str(number), number, vector=vector.astype(np.float16)), None)
        for number, vector in enumerate(people)
    ]
    sentences = rng.standard_normal((200, DIM))
    vectors = (sentences / np.linalg.norm(sentences, axis=1, keepdims=True)).astype(np.float32)
    for found in measure_realised(placed, vectors, [0.01, 0.1], background):
        assert found.tracklets == 2000
        assert found.matched == found.matched_as_shipped == pytest.approx(found.rate, rel=0.35)
        assert found.worst >= found.matched


def test_a_tracklet_counts_once_however_often_it_matches(make_sighting: Make, background: Background) -> None:
    """Two of three tracklets pass, one of them at its second sighting only."""
    like, unlike = np.zeros(DIM, np.float16), np.zeros(DIM, np.float16)
    like[0], unlike[0] = 0.9, -0.9
    seen = [("a", like), ("b", unlike), ("b", like), ("a", like), ("c", unlike)]
    placed = [(make_sighting(name, at, vector=vector), None) for at, (name, vector) in enumerate(seen)]
    (found,) = measure_realised(placed, np.eye(1, DIM, dtype=np.float32), [0.01], background)
    assert found.matched == pytest.approx(2 / 3)


def test_what_cannot_be_measured_is_refused(make_sighting: Make, background: Background) -> None:
    """Footage that shows nobody, and a rate beyond the background, are told."""
    sentence = np.eye(1, DIM, dtype=np.float32)
    with pytest.raises(BackgroundError, match="shows nobody"):
        measure_realised([], sentence, [0.01], background)
    with pytest.raises(BackgroundError, match="needs a background of"):
        measure_realised([(make_sighting(), None)], sentence, [1e-5], background)
