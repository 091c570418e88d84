"""Alerts that leave the store while a matcher runs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import StoreError
from pipeline.match import Matcher, MatcherPorts, MatcherSettings
from pipeline.matching.retention import LOOK_EVERY_S, MOST_AT_ONCE
from pipeline.store.base import AlertFilter
from pipeline.store.sqlite_alerts import SqliteAlerts

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
