"""Alerts and expired entries that leave the store while a matcher runs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import StoreError
from pipeline.match import Matcher, MatcherPorts, MatcherSettings
from pipeline.matching.retention import LOOK_EVERY_S, MOST_AT_ONCE
from pipeline.store.base import AlertFilter
from pipeline.store.sqlite import SqliteWatchlist
from pipeline.store.sqlite_alerts import SqliteAlerts
from pipeline.watchlist import WatchlistView
from tests.waiting import until

Make = Callable[..., Any]
DAY_S = 86_400.0


@pytest.fixture
def alerts(tmp_path: Path) -> Iterator[SqliteAlerts]:
    """Return an empty store."""
    with SqliteAlerts(tmp_path / "alerts.db") as store:
        yield store


def matcher(site: Any, alerts: Any, keep_days: float = 30.0) -> Matcher:
    """Return a matcher of a site that keeps alerts so long."""
    ports = MatcherPorts(site.log, alerts, lambda: site.watchlist, site.clock)
    return Matcher(ports, site.background, MatcherSettings(poll_s=0.0, keep_days=keep_days))


def seen(alerts: SqliteAlerts) -> list[str]:
    """Return the tracklets of the alerts in the store."""
    return sorted(alert.tracklet_id for alert in alerts.find(AlertFilter(limit=1000)))


def test_alerts_leave_as_long_after_they_were_raised_as_they_are_kept(
    site: Any, alerts: SqliteAlerts, make_sighting: Make
) -> None:
    """Without any sighting an alert goes after its time, and one on footage of last year is kept as long as others."""
    last_year = make_sighting("old", at_s=-365 * DAY_S)
    working = matcher(site, alerts)
    site.publish(make_sighting("now"), last_year)
    working.step()
    site.clock.advance(20 * DAY_S)
    site.publish(make_sighting("later", at_s=20 * DAY_S))
    working.step()
    assert seen(alerts) == ["later", "now", "old"]
    site.clock.advance(10 * DAY_S + LOOK_EVERY_S)
    working.step()
    assert seen(alerts) == ["later"]
    assert working.counts.expired == 2


def test_alerts_are_kept_for_ever_where_that_is_wanted(site: Any, alerts: SqliteAlerts, make_sighting: Make) -> None:
    """With 0 days nothing is ever removed."""
    working = matcher(site, alerts, keep_days=0.0)
    site.publish(make_sighting("a"))
    working.step()
    site.clock.advance(10_000 * DAY_S)
    working.step()
    assert seen(alerts) == ["a"]


def test_many_alerts_go_a_few_at_a_time(site: Any, alerts: SqliteAlerts, make_sighting: Make) -> None:
    """Between two batches so many alerts go at most, and only every few seconds."""
    working = matcher(site, alerts)
    site.publish(make_sighting("a"))
    working.step()
    (first,) = alerts.find(AlertFilter())
    for number in range(MOST_AT_ONCE):
        alerts.upsert(replace(first, alert_id=str(number)))
    site.clock.advance(31 * DAY_S)
    left = []
    for _ in range(2):
        working.step()
        working.step()
        left.append(len(seen(alerts)))
        site.clock.advance(LOOK_EVERY_S)
    assert left == [1, 0]


def test_a_store_that_lets_nothing_go_keeps_no_sighting_from_being_matched(
    site: Any, alerts: SqliteAlerts, make_sighting: Make
) -> None:
    """While removing fails, matching goes on, it is counted, and the store is left alone for a while."""

    @dataclass
    class Refusing:
        """A store that takes alerts and lets none go."""

        asked: int = 0

        def __getattr__(self, name: str) -> Any:
            return getattr(alerts, name)

        def expire(self, *_: int) -> int:
            self.asked += 1
            raise StoreError("the store is away")

    store = Refusing()
    working = matcher(site, store)
    for number in range(5):
        site.publish(make_sighting(f"a-{number}", at_s=100 * number))
        working.step()
        site.clock.advance(LOOK_EVERY_S)
    assert len(seen(alerts)) == working.counts.raised == 5
    assert (store.asked, working.counts.store_failures) == (1, 1)


@pytest.fixture
def entries(tmp_path: Path) -> Iterator[SqliteWatchlist]:
    """Return an empty watchlist in a store."""
    with SqliteWatchlist(tmp_path / "alerts.db") as store:
        yield store


def letting_entries_go(site: Any, alerts: Any, entries: Any, keep_expired_days: float = 7.0) -> Matcher:
    """Return a matcher that lets entries go so long after they expired."""
    ports = MatcherPorts(site.log, alerts, lambda: site.watchlist, site.clock, entries)
    return Matcher(ports, site.background, MatcherSettings(poll_s=0.0, keep_expired_days=keep_expired_days))


def there(entries: SqliteWatchlist) -> list[str]:
    """Return the ids of the entries in the store."""
    return [entry.entry_id for entry in entries.snapshot().entries]


def after(site: Any, days: float) -> int:
    """Return the time so many days from now, ms."""
    return int(site.clock.now_ms() + days * DAY_S * 1000)


def test_entries_go_some_days_after_they_expired(
    site: Any, alerts: SqliteAlerts, entries: SqliteWatchlist, make_sighting: Make, make_entry: Make
) -> None:
    """An entry goes its days after it expired, its alerts stay; one that was renewed or never expires stays."""
    for name, days in (("red", 1), ("renewed", 1), ("long", 3), ("always", None)):
        entries.put(make_entry(name, expires_at_ms=None if days is None else after(site, days)))
    with WatchlistView(entries, 16) as watchlist:
        ports = MatcherPorts(site.log, alerts, watchlist, site.clock, entries)
        working = Matcher(ports, site.background, MatcherSettings(poll_s=0.0, keep_expired_days=7.0))
        site.publish(make_sighting("a"))
        working.step()
        site.clock.advance(8 * DAY_S - 1)
        working.step()
        assert there(entries) == ["always", "long", "red", "renewed"]
        entries.edit("renewed", lambda stored: replace(stored, expires_at_ms=after(site, 1)))
        site.clock.advance(1 + LOOK_EVERY_S)
        working.step()
        assert there(entries) == ["always", "long", "renewed"]
        until(lambda: [entry.entry_id for entry in watchlist().entries] == ["always", "long", "renewed"])
    assert (working.counts.expired_entries, working.counts.expired) == (1, 0)
    assert {alert.entry_id for alert in alerts.find(AlertFilter())} >= {"red"}


def test_the_store_has_the_last_word(
    site: Any, alerts: SqliteAlerts, entries: SqliteWatchlist, make_entry: Make
) -> None:
    """An entry that a matcher still believes to have expired, though it was renewed, stays."""
    expired = make_entry("red", expires_at_ms=after(site, -8))
    entries.put(replace(expired, expires_at_ms=after(site, 1)))
    site.watchlist = replace(site.watchlist, entries=(expired,))
    working = letting_entries_go(site, alerts, entries)
    working.step()
    assert (there(entries), working.counts.expired_entries) == (["red"], 0)


@pytest.mark.parametrize("kept", ["for ever", "without a store"])
def test_entries_are_kept_where_that_is_wanted(
    site: Any, alerts: SqliteAlerts, entries: SqliteWatchlist, make_entry: Make, kept: str
) -> None:
    """With 0 days, and by a matcher that has no store of them as in a replay, no entry is ever removed."""
    expired = make_entry("red", expires_at_ms=after(site, -10_000))
    entries.put(expired)
    site.watchlist = replace(site.watchlist, entries=(expired,))
    working = (
        letting_entries_go(site, alerts, entries, keep_expired_days=0.0)
        if kept == "for ever"
        else letting_entries_go(site, alerts, None)
    )
    working.step()
    assert there(entries) == ["red"]


def test_many_entries_go_a_few_at_a_time(
    site: Any, alerts: SqliteAlerts, entries: SqliteWatchlist, make_entry: Make
) -> None:
    """Between two batches so many entries go at most, the oldest first; the memory that lags behind holds none back."""
    expired = [make_entry(f"e-{n:03}", expires_at_ms=after(site, -8) - n) for n in range(MOST_AT_ONCE + 5)]
    for each in expired:
        entries.put(each)
    site.watchlist = replace(site.watchlist, entries=tuple(expired))
    working = letting_entries_go(site, alerts, entries)
    left = []
    for _ in range(2):
        working.step()
        working.step()
        left.append(there(entries))
        site.clock.advance(LOOK_EVERY_S)
    assert left == [[f"e-{n:03}" for n in range(5)], []]


def test_a_store_that_keeps_its_entries_is_left_alone_for_a_while(
    site: Any, alerts: SqliteAlerts, make_sighting: Make, make_entry: Make
) -> None:
    """While removing entries fails, sightings are matched and alerts go; the failure is counted."""

    @dataclass
    class Refusing:
        """A watchlist's store that is away."""

        asked: int = 0

        def remove_expired(self, *_: Any) -> int:
            self.asked += 1
            raise StoreError("the store is away")

    store = Refusing()
    gone = make_entry("gone", axis=1, expires_at_ms=after(site, -8))
    site.watchlist = replace(site.watchlist, entries=(*site.watchlist.entries, gone))
    ports = MatcherPorts(site.log, alerts, lambda: site.watchlist, site.clock, store)  # type: ignore[arg-type]
    settings = MatcherSettings(poll_s=0.0, keep_days=1.0, keep_expired_days=7.0)
    working = Matcher(ports, site.background, settings)
    for number in range(3):
        site.publish(make_sighting(f"a-{number}", at_s=100 * number))
        working.step()
        site.clock.advance(LOOK_EVERY_S)
    assert (store.asked, working.counts.store_failures, working.counts.raised) == (1, 1, 3)
    site.clock.advance(2 * DAY_S)
    working.step()
    assert (working.counts.expired, store.asked) == (3, 2)
