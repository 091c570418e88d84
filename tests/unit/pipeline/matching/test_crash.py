"""The matcher killed, and its log and store failing, at every step: nothing is lost and nothing told under two ids."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from threading import Thread
from typing import Any

import pytest

from pipeline.errors import LogError, StoreError
from pipeline.log.base import Topic
from pipeline.records import Phase

Make = Callable[..., Any]
CALLS = ("subscribe", "poll", "find", "append", "flush", "upsert", "commit")


class KilledError(BaseException):
    """The process is gone."""


class Faulty:
    """Stands before a log, a store or a subscription, and fails at one call, before or after it is done."""

    def __init__(self, inner: Any, fault: "Fault") -> None:
        self._inner, self._fault = inner, fault

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._inner, name)
        if name not in CALLS:
            return call

        def guarded(*args: Any, **kwargs: Any) -> Any:
            self._fault.strike(name, "before")
            result = call(*args, **kwargs)
            self._fault.strike(name, "after")
            return Faulty(result, self._fault) if name == "subscribe" else result

        return guarded


class Fault:
    """Strikes once, at the n-th call of a name."""

    def __init__(self, name: str, moment: str, number: int, error: Callable[[], BaseException]) -> None:
        self._at, self._left, self._error = (name, moment), number, error
        self.struck = False

    def strike(self, name: str, moment: str) -> None:
        """Fail, if it is time."""
        if (name, moment) == self._at and not self.struck:
            self._left -= 1
            if self._left == 0:
                self.struck = True
                raise self._error()


def film(make_sighting: Make) -> Iterator[Any]:
    """Yield what cameras saw: alerts raised, improved, cooled or not, on two cameras, with a broken record between."""
    start_ms = make_sighting().captured_at_ms
    for camera in ("gate", "hall"):
        yield make_sighting(f"{camera}-a", 0, 0.6, 0, camera_id=camera)
        yield make_sighting(f"{camera}-b", 10, 0.61, 0, camera_id=camera)
        yield make_sighting(f"{camera}-a", 20, 0.8, 1, camera_id=camera, first_seen_at_ms=start_ms)
        yield make_sighting(f"{camera}-x", 25, 0.8, 0, camera_id=camera, model_id="model-2")
        yield make_sighting(f"{camera}-a", 30, 0.7, 2, camera_id=camera, phase=Phase.CLOSE)
        yield make_sighting(f"{camera}-c", 85, 0.81, 0, camera_id=camera)
        yield make_sighting(f"{camera}-d", 95, 0.9, 0, camera_id=camera)
        yield make_sighting(f"{camera}-e", 97, 0.95, 0, camera_id=camera)
        yield make_sighting(f"{camera}-a2", 200, 0.55, 0, camera_id=camera)
        yield make_sighting(f"{camera}-a2", 230, 0.95, 1, camera_id=camera, phase=Phase.CLOSE)


def essence(alerts: list[Any]) -> list[Any]:
    """Return what of alerts must not depend on luck."""
    return sorted(
        (each.alert_id, each.similarity, each.crop_jpeg, each.first_seen_at_ms, each.last_seen_at_ms) for each in alerts
    )


def harm(site: Any, fault: Fault) -> None:
    """Put a fault before log and store."""
    site.log, site.alerts = Faulty(site.log, fault), Faulty(site.alerts, fault)


@pytest.fixture
def undisturbed(site: Any, make_sighting: Make) -> Any:
    """Return a site where nothing went wrong."""
    site.publish(*film(make_sighting))
    site.match(batch=4)
    assert len(site.stored()) == 8
    return site


@pytest.mark.parametrize("number", [1, 2, 4])
@pytest.mark.parametrize("call", [(name, moment) for name in CALLS for moment in ("before", "after")], ids="-".join)
@pytest.mark.parametrize("batch", [4, 100])
def test_a_killed_matcher_loses_nothing(
    new_site: Make, make_sighting: Make, undisturbed: Any, call: tuple[str, str], number: int, batch: int
) -> None:
    """Killed at any call, the next matcher ends with the alerts of an undisturbed run, each told, none twice."""
    site = new_site()
    log, alerts = site.log, site.alerts
    site.publish(*film(make_sighting))
    fault = Fault(*call, number, KilledError)
    harm(site, fault)
    matcher = site.matcher(batch)
    try:
        while matcher.step():
            pass
    except KilledError:
        log = log.again()
    site.log, site.alerts = log, alerts
    site.match(batch)
    assert essence(site.stored()) == essence(undisturbed.stored())
    assert {each.alert_id for each in site.told()} == {each.alert_id for each in site.stored()}
    best = {each.alert_id: each.similarity for each in sorted(site.told(), key=lambda each: each.similarity)}
    assert best == {each.alert_id: each.similarity for each in site.stored()}
    assert {record.key for record in site.records(Topic.DEAD_LETTERS)} == {"gate", "hall"}


@pytest.mark.parametrize("edited", [(), (2,)], ids=["removed", "edited"])
@pytest.mark.parametrize("batch", [1, 100])
def test_what_was_published_is_stored_though_its_entry_has_gone(
    new_site: Make, make_sighting: Make, make_entry: Make, edited: tuple[int, ...], batch: int
) -> None:
    """Killed between log and store, a matcher's alerts are stored by the next, whatever became of their entry."""
    site = new_site()
    log, alerts = site.log, site.alerts
    site.publish(make_sighting("a", 0, 0.3), *film(make_sighting))
    harm(site, Fault("upsert", "before", 3, KilledError))
    with pytest.raises(KilledError):
        site.match(batch=4)
    site.log, site.alerts = log.again(), alerts
    lost = {each.alert_id for each in site.told()} - {each.alert_id for each in site.stored()}
    site.watchlist = replace(site.watchlist, entries=tuple(make_entry(version=each) for each in edited), revision=2)
    site.match(batch)
    assert lost
    assert {each.alert_id for each in site.told()} == {each.alert_id for each in site.stored()}


def test_what_another_member_published_meanwhile_is_stored_by_whoever_takes_over_again(
    two_processes: tuple[Any, Any], make_sighting: Make, make_entry: Make
) -> None:
    """A member that was out of it while another took its partition and was killed goes on where it had been itself."""
    first, second = two_processes
    first.publish(make_sighting("a"))
    working = first.matcher()
    assert working.step() == 1
    first.publish(make_sighting("b", at_s=500))
    first.clock.advance(60)
    log, alerts = second.log, second.alerts
    harm(second, Fault("upsert", "before", 1, KilledError))
    with pytest.raises(KilledError):
        second.match()
    second.log, second.alerts = log, alerts
    assert len(first.told()) == 2
    first.watchlist = replace(first.watchlist, entries=(make_entry(version=2),), revision=2)
    first.clock.advance(60)
    assert working.step() == 1
    working.close()
    assert {each.alert_id for each in first.told()} == {each.alert_id for each in first.stored()}


@pytest.fixture
def erased(new_site: Make, make_sighting: Make) -> tuple[Any, set[str]]:
    """Return a site whose matcher was killed with everything committed, and the alerts that were erased then: all."""
    site = new_site()
    log, alerts = site.log, site.alerts
    site.publish(*film(make_sighting))
    harm(site, Fault("commit", "after", 1, KilledError))
    with pytest.raises(KilledError):
        site.match()
    site.log, site.alerts = log.again(), alerts
    gone = {each.alert_id for each in site.stored()}
    assert len(gone) == site.alerts.remove(sorted(gone)) == 8
    return site, gone


@pytest.mark.parametrize(
    "call", [None, ("append", "after"), ("flush", "after"), ("upsert", "after"), ("commit", "before")]
)
def test_an_erased_alert_stays_erased(
    erased: tuple[Any, set[str]], make_sighting: Make, call: tuple[str, str] | None
) -> None:
    """What an operator erased does not come back with the next matcher, even where that is killed amid other alerts."""
    site, gone = erased
    later = [make_sighting(f"{camera}-z", 900, camera_id=camera) for camera in ("gate", "hall")]
    site.publish(*later)
    if call is not None:
        log, alerts = site.log, site.alerts
        harm(site, Fault(*call, 1, KilledError))
        with pytest.raises(KilledError):
            site.match()
        site.log, site.alerts = log.again(), alerts
    site.match()
    assert {each.tracklet_id for each in site.stored()} == {"gate-z", "hall-z"}
    assert not gone & {each.alert_id for each in site.stored()}


def test_what_is_read_anew_brings_an_erased_alert_back(erased: tuple[Any, set[str]]) -> None:
    """A matcher of another group reads the log from its beginning and comes to the erased alerts, under their ids."""
    site, gone = erased
    site.match()
    assert site.stored() == []
    site.match(group="others")
    assert {each.alert_id for each in site.stored()} == gone


def test_whoever_is_still_in_sight_brings_an_erased_alert_back(
    erased: tuple[Any, set[str]], make_sighting: Make
) -> None:
    """The next sighting of the same tracklet raises its alert anew, under its id."""
    site, gone = erased
    site.publish(make_sighting("gate-e", 99, 0.9, 1, camera_id="gate"))
    site.match()
    (back,) = site.stored()
    assert (back.tracklet_id, back.alert_id in gone) == ("gate-e", True)


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize("call", [(name, moment) for name in CALLS for moment in ("before", "after")], ids="-".join)
def test_a_failing_log_or_store_is_tried_again(
    new_site: Make, make_sighting: Make, undisturbed: Any, call: tuple[str, str], number: int
) -> None:
    """The same matcher goes on after a failure of any call and ends with the same alerts, in the same order."""
    site = new_site()
    site.publish(*film(make_sighting))
    log, alerts = site.log, site.alerts
    kind = StoreError if call[0] in {"find", "upsert"} else LogError
    fault = Fault(*call, number, lambda: kind("it is away"))
    harm(site, fault)
    matcher = site.match(batch=4)
    site.log, site.alerts = log, alerts
    assert essence(site.stored()) == essence(undisturbed.stored())
    firsts = list(dict.fromkeys(each.alert_id for each in site.told()))
    assert firsts == list(dict.fromkeys(each.alert_id for each in undisturbed.told()))
    failures = matcher.counts.log_failures + matcher.counts.store_failures
    assert failures == fault.struck


def test_everything_delivered_again_changes_nothing(undisturbed: Any) -> None:
    """A group set back to the beginning of the log finds its alerts in the store and tells nobody."""
    stored, told = undisturbed.stored(), undisturbed.told()
    undisturbed.log.committed.clear()
    undisturbed.clock.advance(3600)
    counts = undisturbed.match(batch=3).counts
    assert (undisturbed.stored(), undisturbed.told()) == (stored, told)
    assert (counts.raised, counts.improved) == (0, 0)


@pytest.mark.parametrize("batch", [1, 2, 100])
def test_the_size_of_a_batch_does_not_matter(new_site: Make, make_sighting: Make, undisturbed: Any, batch: int) -> None:
    """Sightings one by one, or all at once, make the same alerts."""
    site = new_site()
    site.publish(*film(make_sighting))
    site.match(batch)
    assert essence(site.stored()) == essence(undisturbed.stored())


def test_stop_ends_a_matcher_whose_store_is_away(new_site: Make, make_sighting: Make) -> None:
    """A matcher that cannot write its batch still ends when told, without committing what it could not write."""
    site = new_site()
    site.publish(make_sighting())

    class Away:
        def find(self, _: Any) -> Any:
            raise StoreError("the store is away")

    alerts, site.alerts = site.alerts, Away()
    matcher = site.matcher()
    thread = Thread(target=matcher.run)
    thread.start()
    matcher.stop()
    thread.join(10)
    assert not thread.is_alive()
    site.alerts = alerts
    site.match()
    assert len(site.told()) == 1
