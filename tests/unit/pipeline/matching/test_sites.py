"""Which people a camera's thresholds rest on, at each place of the log."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipeline.log.base import LogRecord, Topic
from pipeline.records import Phase, Sighting
from pipeline.threshold.sites import WINDOW_MS, Sites
from pipeline.wire import decode_sighting, encode_sighting

Make = Callable[..., Any]
HALF_DAY_S = WINDOW_MS // 1000


def read(record: LogRecord) -> Sighting:
    """Decode a record."""
    return decode_sighting(record.value)


def opening(make_sighting: Make, number: int, at_s: float, camera: str = "gate") -> Sighting:
    """Return the sighting that opens tracklet ``number``; its vector says the number."""
    vector = np.zeros(16, np.float16)
    vector[0] = number
    return make_sighting(str(number), at_s, camera_id=camera, phase=Phase.OPEN, vector=vector)


def walk(sites: Sites, records: list[LogRecord], batch: int = 7) -> Iterator[list[int] | None]:
    """Yield, record after record, the numbers of the tracklets that its thresholds rest on."""
    for start in range(0, len(records), batch):
        for site in sites([(record, read(record)) for record in records[start : start + batch]]):
            yield None if site is None else site.vectors[:, 0].astype(int).tolist()


@pytest.fixture
def records(site: Any, make_sighting: Make) -> list[LogRecord]:
    """Return the log of one camera over a day and a half: 150 tracklets, each opened and closed."""
    for number in range(150):
        at_s = number * HALF_DAY_S * 3 / 150
        site.publish(opening(make_sighting, number, at_s), make_sighting(str(number), at_s + 5, phase=Phase.CLOSE))
    return next(part for part in site.log.partitions(Topic.SIGHTINGS) if part)


def test_a_background_is_taken_at_milestones(site: Any, make_sighting: Make) -> None:
    """Nothing holds before the 8th tracklet was opened; then the newest milestone does, for later records only."""
    site.publish(*(opening(make_sighting, number, number) for number in range(140)))
    (part,) = (part for part in site.log.partitions(Topic.SIGHTINGS) if part)
    counts = [None if people is None else len(people) for people in walk(Sites(site.log, read), part)]
    assert counts == [None] * 8 + [8] * 8 + [16] * 16 + [32] * 32 + [64] * 64 + [128] * 12


def test_every_tracklet_of_the_same_camera_counts_once(site: Any, make_sighting: Make) -> None:
    """Later sightings of a tracklet, and those of other cameras, are no part of a camera's background."""
    for number in range(40):
        site.publish(opening(make_sighting, number, number, "gate"))
        site.publish(*(make_sighting(str(number), number, phase=phase) for phase in (Phase.UPDATE, Phase.CLOSE)))
        site.publish(opening(make_sighting, 1000 + number, number, "gaet"))  # in the same partition
    (part,) = (part for part in site.log.partitions(Topic.SIGHTINGS) if part)
    last = {
        read(record).camera_id: people for record, people in zip(part, walk(Sites(site.log, read), part), strict=True)
    }
    assert last == {"gate": list(range(32)), "gaet": list(range(1000, 1032))}


def test_footage_that_is_read_once_more_counts_nobody_twice(site: Any, make_sighting: Make) -> None:
    """An ingest that was killed and repeats its footage opens the same tracklets again: their people are there already."""
    for number in (*range(12), *range(12), *range(12, 20)):
        site.publish(opening(make_sighting, number, number))
    (part,) = (part for part in site.log.partitions(Topic.SIGHTINGS) if part)
    whole = list(walk(Sites(site.log, read), part))
    assert whole == [None] * 8 + [list(range(8))] * 20 + [list(range(16))] * 4


def test_a_window_begins_with_the_people_of_the_one_before(records: list[LogRecord], site: Any) -> None:
    """Twelve hours on, the background is what was seen in the last window; older people are forgotten."""
    seen = list(walk(Sites(site.log, read), records))
    windows = [read(record).captured_at_ms // WINDOW_MS for record in records]
    first = windows.index(windows[0] + 1)
    earlier = {int(read(record).tracklet_id) for record in records[:first]}
    assert set(seen[first] or []) == {n for n in earlier if 2 * n + 1 < first}
    later = windows.index(windows[0] + 2)
    assert not set(seen[later] or []) & set(seen[first] or [])


@pytest.mark.parametrize("start", [0, 1, 33, 100, 140, 175, 299])
@pytest.mark.parametrize("batch", [1, 16, 300])
def test_whoever_begins_anywhere_comes_to_the_same(records: list[LogRecord], site: Any, start: int, batch: int) -> None:
    """A process that starts in the middle of the log holds every record against the people that another one did."""
    whole = list(walk(Sites(site.log, read), records))
    assert list(walk(Sites(site.log, read), records[start:], batch)) == whole[start:]


@pytest.mark.parametrize("start", [100, 299])
def test_a_camera_whose_clock_is_ahead_is_read_back_too(records: list[LogRecord], new_site: Make, start: int) -> None:
    """Where a log keeps a record under an earlier time than that of its capture, its camera's people are found."""
    site, ahead_s = new_site(), 10 * 365 * 2 * HALF_DAY_S
    for record in records:
        ahead = replace(read(record), captured_at_ms=read(record).captured_at_ms + ahead_s * 1000)
        site.log.append(Topic.SIGHTINGS, record.key, encode_sighting(ahead), record.timestamp_ms)
    site.log.flush()
    kept = list(site.log.read(Topic.SIGHTINGS, 0))
    whole = list(walk(Sites(site.log, read), kept))
    assert whole[start] is not None
    assert list(walk(Sites(site.log, read), kept[start:])) == whole[start:]


def test_records_delivered_again_are_held_against_the_same_people(records: list[LogRecord], site: Any) -> None:
    """Going back, a little or far, or skipping ahead, as after a rebalance, changes no record's background."""
    sites = Sites(site.log, read)
    whole = list(walk(sites, records))
    for start, end in ((290, 300), (100, 120), (0, 300), (90, 130), (210, 215)):
        assert list(walk(sites, records[start:end])) == whole[start:end]


def test_records_that_do_not_count_leave_no_gap(records: list[LogRecord], site: Any) -> None:
    """A record that is put aside is passed over, by whoever follows and by whoever reads back alike."""
    bad = {40, 41, 99, 200}

    def strict(record: LogRecord) -> Sighting:
        if record.offset in bad:
            from pipeline.errors import RecordError

            raise RecordError("not of this model")
        return read(record)

    def follow(start: int) -> list[int | None]:
        sites, sizes = Sites(site.log, strict), []
        for record in records[start:]:
            (people,) = sites([(record, None if record.offset in bad else read(record))])
            sizes.append(None if people is None else len(people))
        return sizes

    whole = follow(0)
    for start in (10, 40, 41, 150):
        assert [size for size in follow(start)[5:] if size] == [size for size in whole[start + 5 :] if size]


def test_thresholds_of_the_matcher_follow_the_camera(site: Any, make_sighting: Make) -> None:
    """A camera whose people all look like the entry stops alerting for each of them."""
    rng = np.random.default_rng(0)
    for number in range(300):
        vector = rng.normal(0, 0.05, 16)
        vector[0] = rng.normal(0.7, 0.05)
        at_s = 100 * number
        site.publish(
            make_sighting(str(number), at_s, phase=Phase.OPEN, vector=vector.astype(np.float16)),
        )
    site.match(batch=50)
    times = [int(alert.tracklet_id) for alert in site.stored()]
    assert sum(each < 8 for each in times) == 8
    assert sum(each >= 128 for each in times) <= 10
    told = {int(alert.tracklet_id): alert.background for alert in site.stored()}
    assert "of this camera" not in told[0]
    assert told[max(told)].startswith("the last ")
