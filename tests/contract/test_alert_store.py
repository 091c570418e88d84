"""What every alert store holds to; the same tests for each adapter."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import redis

from pipeline.errors import StoreError, UnknownAlertError
from pipeline.records import Alert, AlertState, CaptureClock, Origin
from pipeline.store.base import AlertFilter, AlertStore, Review
from pipeline.store.open import open_alerts

if TYPE_CHECKING:
    from multiprocessing.queues import Queue

AT_MS = 1_700_000_000_000
HOUR_MS = 3_600_000


@pytest.fixture(params=["sqlite", "redis"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of an empty store of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    url: str = request.getfixturevalue("redis_url")
    return url


@pytest.fixture
def store(address: str) -> Iterator[AlertStore]:
    """Return a store."""
    with open_alerts(address) as opened:
        yield opened


def alert(alert_id: str = "a", similarity: float = 0.4, at_ms: int = AT_MS) -> Alert:
    """Return an alert whose evidence tells its similarity."""
    return Alert(
        alert_id=alert_id,
        entry_id="e-1",
        entry_version=2,
        description="a man in red",
        camera_id="gate",
        tracklet_id=f"t-{alert_id}",
        model_id="tiny-1",
        similarity=similarity,
        threshold=0.3,
        captured_at_ms=at_ms,
        first_seen_at_ms=at_ms - 1000,
        last_seen_at_ms=at_ms + 1000,
        clock=CaptureClock.GIVEN,
        box_xyxy=(1.0, 2.0, 30.5, 80.0),
        frame_size_wh=(640, 360),
        origin=Origin.LIVE,
        raised_at_ms=at_ms + 1500,
        coordinates=f"lookout.sightings[0]@{round(similarity * 1000)}",
        background="100 people of elsewhere",
        crop_jpeg=f"jpeg {similarity}".encode(),
    )


def test_an_alert_comes_back_as_it_was_told(store: AlertStore) -> None:
    """Every field survives the store, the crop included."""
    assert store.upsert(alert())
    assert store.get("a") == alert()


def test_what_was_told_before_changes_nothing(store: AlertStore) -> None:
    """The same alert again is no change, and is answered so."""
    assert store.upsert(alert())
    assert not store.upsert(alert())


def test_the_better_evidence_wins_whole(store: AlertStore) -> None:
    """Similarity, crop, coordinates and capture time change together, and only for the better."""
    store.upsert(alert(similarity=0.4))
    store.upsert(alert(similarity=0.6, at_ms=AT_MS + 500))
    store.upsert(alert(similarity=0.5, at_ms=AT_MS + 900))
    kept = store.get("a")
    assert (kept.similarity, kept.crop_jpeg, kept.captured_at_ms) == (0.6, b"jpeg 0.6", AT_MS + 500)
    assert kept.coordinates.endswith("@600")


def test_times_in_sight_only_grow(store: AlertStore) -> None:
    """The first sight and the raising keep the lowest time, the last sight the highest, in whatever order they come."""
    late, early = alert(similarity=0.6, at_ms=AT_MS + 5000), alert(similarity=0.4)
    store.upsert(late)
    assert store.upsert(early)
    kept = store.get("a")
    assert (kept.first_seen_at_ms, kept.last_seen_at_ms) == (early.first_seen_at_ms, late.last_seen_at_ms)
    assert kept.raised_at_ms == early.raised_at_ms


def test_a_review_outlives_better_evidence(store: AlertStore) -> None:
    """What somebody decided stays when the alert is improved afterwards."""
    store.upsert(alert(similarity=0.4))
    reviewed = store.review(Review("a", AlertState.CONFIRMED, "kim", "sure", AT_MS))
    assert reviewed.state is AlertState.CONFIRMED
    store.upsert(alert(similarity=0.6))
    assert (store.get("a").state, store.get("a").similarity) == (AlertState.CONFIRMED, 0.6)


def test_reviews_are_kept_in_order(store: AlertStore) -> None:
    """Everything that was said of an alert is there, oldest first."""
    store.upsert(alert())
    said = [Review("a", state, "kim", f"note {state}", AT_MS) for state in (AlertState.UNCLEAR, AlertState.FALSE)]
    for review in said:
        store.review(review)
    assert store.reviews("a") == said
    assert store.reviews("other") == []


def test_an_unknown_alert_is_named(store: AlertStore) -> None:
    """Getting or reviewing an alert that is not there is an error with its id."""
    with pytest.raises(UnknownAlertError, match="'lost'"):
        store.get("lost")
    with pytest.raises(UnknownAlertError, match="'lost'"):
        store.review(Review("lost", AlertState.FALSE, "kim", "", AT_MS))


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (AlertFilter(), ["c", "b", "a"]),
        (AlertFilter(limit=2), ["c", "b"]),
        (AlertFilter(camera_id="hall"), ["b"]),
        (AlertFilter(entry_id="e-2"), ["c"]),
        (AlertFilter(state=AlertState.FALSE), ["a"]),
        (AlertFilter(since_ms=AT_MS + 1), ["c", "b"]),
        (AlertFilter(since_ms=AT_MS, until_ms=AT_MS + 2), ["b", "a"]),
        (AlertFilter(camera_id="gate", entry_id="e-1"), ["a"]),
    ],
)
def test_filters_narrow(store: AlertStore, wanted: AlertFilter, found: list[str]) -> None:
    """Alerts come newest first, and each condition leaves out what it says."""
    store.upsert(alert("a"))
    store.upsert(replace(alert("b", at_ms=AT_MS + 1), camera_id="hall"))
    store.upsert(replace(alert("c", at_ms=AT_MS + 2), entry_id="e-2"))
    store.review(Review("a", AlertState.FALSE, "kim", "", AT_MS))
    assert [each.alert_id for each in store.find(wanted)] == found


def tell(address: str, start: int) -> None:
    """Tell of one alert with many similarities, from a process of its own."""
    with open_alerts(address) as mine:
        for number in range(20):
            mine.upsert(alert(similarity=(start + 2 * number) / 100))


def test_two_matchers_lose_no_evidence(address: str) -> None:
    """Two processes that tell of the same alert at once leave the best of both."""
    open_alerts(address).close()
    context = get_context("spawn")
    tellers = [context.Process(target=tell, args=(address, start)) for start in (0, 1)]
    for teller in tellers:
        teller.start()
    for teller in tellers:
        teller.join(60)
    assert [teller.exitcode for teller in tellers] == [0, 0]
    with open_alerts(address) as store:
        assert store.get("a").similarity == 0.39


@pytest.mark.parametrize(
    "wanted",
    [AlertFilter(), AlertFilter(limit=2), AlertFilter(camera_id="hall"), AlertFilter(state=AlertState.NEW, limit=1)],
)
def test_ids_are_those_that_would_be_found(store: AlertStore, wanted: AlertFilter) -> None:
    """Asking for ids gives those of the alerts that the same filter finds, in the same order."""
    for number in range(5):
        store.upsert(replace(alert(f"a-{number}", at_ms=AT_MS + number % 2), camera_id=("gate", "hall")[number % 2]))
    found = [each.alert_id for each in store.find(wanted)]
    assert found
    assert store.ids(wanted) == found


FILTERS = [
    AlertFilter(),
    AlertFilter(entry_id="e-1"),
    AlertFilter(camera_id="gate"),
    AlertFilter(state=AlertState.FALSE),
    AlertFilter(entry_id="e-1", camera_id="gate"),
]


def test_what_is_removed_is_gone_from_everywhere(store: AlertStore) -> None:
    """A removed alert is found by nobody, nor is what was said of it; the others stay as they were."""
    for name in ("a", "b", "c"):
        store.upsert(alert(name))
        store.review(Review(name, AlertState.FALSE, "kim", "", AT_MS))
    assert store.remove(["a", "lost", "c", "a"]) == 2
    assert [store.ids(wanted) for wanted in FILTERS] == [["b"]] * len(FILTERS)
    with pytest.raises(UnknownAlertError, match="'a'"):
        store.get("a")
    assert (store.reviews("a"), len(store.reviews("b"))) == ([], 1)
    assert store.remove(["a", "c"]) == store.remove([]) == 0


def test_what_was_removed_may_be_raised_anew(store: AlertStore) -> None:
    """An alert that comes again after it was removed is a new one, which nobody has looked at."""
    store.upsert(alert(similarity=0.6))
    store.review(Review("a", AlertState.FALSE, "kim", "", AT_MS))
    store.remove(["a"])
    assert store.upsert(alert(similarity=0.4))
    assert store.get("a") == alert(similarity=0.4)
    assert store.reviews("a") == []


def raised(alert_id: str, hour: int) -> Alert:
    """Return an alert on old footage that was raised at that hour."""
    return replace(alert(alert_id), raised_at_ms=AT_MS + hour * HOUR_MS)


def test_alerts_go_by_the_time_of_raising(store: AlertStore) -> None:
    """What was raised longer ago than alerts are kept goes; what was captured then and raised since stays."""
    for hour in range(5):
        store.upsert(raised(f"a-{hour}", hour))
    assert store.expire(AT_MS + 12 * HOUR_MS, 10 * HOUR_MS, 100) == 2
    assert store.ids(AlertFilter()) == ["a-2", "a-3", "a-4"]
    assert store.expire(AT_MS + 12 * HOUR_MS, 10 * HOUR_MS, 100) == 0


def test_few_alerts_go_at_once(store: AlertStore) -> None:
    """Only so many are removed as were asked for, those that were raised first before the others."""
    for hour in (3, 0, 2, 1):
        store.upsert(raised(f"a-{hour}", hour))
    left = []
    for _ in range(3):
        assert store.expire(AT_MS + 100 * HOUR_MS, HOUR_MS, 1) == 1
        left.append(store.ids(AlertFilter()))
    assert left == [["a-1", "a-2", "a-3"], ["a-2", "a-3"], ["a-3"]]


def test_what_an_earlier_version_wrote_is_kept_as_long_from_now_on(store: AlertStore, address: str) -> None:
    """Alerts of which the store does not know when they were raised go too, as long after the first look."""
    store.upsert(raised("a", 0))
    store.upsert(raised("b", 0))
    forget_raisings(address)
    store.upsert(raised("c", 50))
    first_ms = AT_MS + 48 * HOUR_MS
    assert store.expire(first_ms, 10 * HOUR_MS, 100) == 0
    assert store.expire(first_ms + 10 * HOUR_MS, 10 * HOUR_MS, 100) == 0
    assert store.expire(first_ms + 10 * HOUR_MS + 1, 10 * HOUR_MS, 100) == 2
    assert store.ids(AlertFilter()) == ["c"]


def forget_raisings(address: str) -> None:
    """Make a store one that an earlier version has written."""
    if address.startswith("sqlite"):
        with closing(sqlite3.connect(address.removeprefix("sqlite:///"), isolation_level=None)) as connection:
            connection.execute("DELETE FROM raisings")
    else:
        with redis.Redis.from_url(address) as client:
            assert client.delete("lookout:alerts:by-raising")


def remove_old(address: str, counted: "Queue[int]") -> None:
    """Let old alerts go, from a process of its own, until there are none."""
    with open_alerts(address) as mine:
        removed = 0
        while gone := mine.expire(AT_MS + 100 * HOUR_MS, HOUR_MS, 7):
            removed += gone
    counted.put(removed)


def test_several_let_alerts_go_at_once(address: str, store: AlertStore) -> None:
    """While two processes let old alerts go and a third improves them, each goes once and no other alert does."""
    for number in range(60):
        store.upsert(raised(f"old-{number:02}", number % 3))
        store.upsert(raised(f"new-{number:02}", 99 + number % 3))
    context = get_context("spawn")
    counted = context.Queue()
    pruners = [context.Process(target=remove_old, args=(address, counted)) for _ in range(2)]
    for pruner in pruners:
        pruner.start()
    improved = 0
    while any(pruner.is_alive() for pruner in pruners):
        number = improved % 60
        store.upsert(replace(raised(f"new-{number:02}", 99), similarity=0.4 + improved / 1000, camera_id="hall"))
        improved += 1
        time.sleep(
            0.002
        )  # a file is given to whoever asks at the right moment, so one who always asks keeps others out
    for pruner in pruners:
        pruner.join(60)
    assert [pruner.exitcode for pruner in pruners] == [0, 0]
    assert sum(counted.get(timeout=60) for _ in pruners) == 60
    kept = sorted(f"new-{number:02}" for number in range(60))
    assert sorted(store.ids(AlertFilter())) == kept
    by_camera = [store.ids(AlertFilter(camera_id=camera)) for camera in ("gate", "hall")]
    assert sorted(by_camera[0] + by_camera[1]) == kept


def test_crops_that_were_removed_are_not_left_in_the_file(tmp_path: Path) -> None:
    """In a file nothing of a removed alert can be read any more, once nobody has it open."""
    path, crop = tmp_path / "store.db", b"a crop that tells whom it shows " * 1000
    with open_alerts(f"sqlite:///{path}") as store:
        store.upsert(replace(alert("a"), crop_jpeg=crop))
        store.upsert(alert("b"))
    assert crop[:64] in path.read_bytes()
    with open_alerts(f"sqlite:///{path}") as store:
        store.remove(["a"])
    assert crop[:64] not in path.read_bytes()


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    """A file that is no database is an error that names it and stays as it was."""
    path = tmp_path / "notes.txt"
    path.write_text("not a database, " * 100)
    with pytest.raises(StoreError, match=r"notes\.txt.*another kind of file"):
        open_alerts(f"sqlite:///{path}")
    assert path.read_text().startswith("not a database")


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    """A store in a folder that is not there is an error that names the folder."""
    with pytest.raises(StoreError, match="nowhere"):
        open_alerts(f"sqlite:///{tmp_path / 'nowhere' / 'store.db'}")
