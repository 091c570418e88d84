"""Which matches are alerts: raised, improved, known already, or kept back by a cooldown.

It is decided by the stored alerts of the same entry and camera and by capture times alone, never by this machine's
clock, so that a redelivered match is decided as it was before. What makes that hold:

- an alert that was raised is in the store, under an id that follows from the match: it is found, not raised again;
- an alert's time in sight and its similarity only ever grow, so a match that was kept back stays kept back;
- alerts are stored in the order of the log, so no match ever meets the traces of a later one before its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pipeline.alert import alert_id, improve_alert, is_clearly_better, raise_alert, see_again
from pipeline.clock import Clock
from pipeline.records import Alert, Match, Origin
from pipeline.store.base import AlertFilter, AlertStore

_LONGEST_TRACKLET_MS = 3_600_000  # a person in sight for longer may raise a second alert
_MOST_ALERTS = 10_000  # of one entry on one camera within the hours that are looked at


class Verdict(StrEnum):
    """What a match is to its alert."""

    RAISED = "raised"  # the first
    IMPROVED = "improved"  # clearly better evidence
    SEEN_AGAIN = "seen again"  # nothing to tell, but the person is still in sight
    REPEATED = "repeated"  # nothing new at all
    COOLED = "cooled"  # kept back: the entry has alerted on this camera just now, on no worse evidence


@dataclass(frozen=True, slots=True)
class Decision:
    """A match, what it is, and the alert as it is after it; None where it was kept back."""

    verdict: Verdict
    alert: Alert | None


def decide(matches: Sequence[Match], store: AlertStore, origin: Origin, clock: Clock) -> list[Decision]:
    """Return a decision for each match, in the order of the matches; writes nothing.

    Raises:
        StoreError: the store does not answer.
    """
    known = {pair: _stored(pair, members, store) for pair, members in _by_entry_and_camera(matches).items()}
    decisions = []
    for match in matches:
        alerts = known[match.entry.entry_id, match.sighting.camera_id]
        decision = _decide(match, alerts, origin, clock)
        if decision.alert is not None:
            alerts[decision.alert.alert_id] = decision.alert
        decisions.append(decision)
    return decisions


def _decide(match: Match, alerts: dict[str, Alert], origin: Origin, clock: Clock) -> Decision:
    alert = alerts.get(alert_id(match))
    if alert is None:
        if any(_cools(other, match) for other in alerts.values()):
            return Decision(Verdict.COOLED, None)
        return Decision(Verdict.RAISED, raise_alert(match, origin, clock.now_ms()))
    if is_clearly_better(match, alert):
        return Decision(Verdict.IMPROVED, improve_alert(alert, match))
    again = see_again(alert, match)
    return Decision(Verdict.REPEATED if again == alert else Verdict.SEEN_AGAIN, again)


def _cools(alert: Alert, match: Match) -> bool:
    """Whether a match falls between an alert's first sight and the end of the cooldown after its last.

    A clearly better match is never kept back: a weak alert on somebody else must not hide whom the entry is about.
    """
    end_ms = alert.last_seen_at_ms + match.entry.cooldown_s * 1000
    return alert.first_seen_at_ms <= match.sighting.last_seen_at_ms < end_ms and not is_clearly_better(match, alert)


def _by_entry_and_camera(matches: Sequence[Match]) -> dict[tuple[str, str], list[Match]]:
    groups: dict[tuple[str, str], list[Match]] = {}
    for match in matches:
        groups.setdefault((match.entry.entry_id, match.sighting.camera_id), []).append(match)
    return groups


def _stored(pair: tuple[str, str], matches: Sequence[Match], store: AlertStore) -> dict[str, Alert]:
    """Return the stored alerts that could be, or could cool, one of these matches."""
    cooldown_ms = round(max(match.entry.cooldown_s for match in matches) * 1000)
    first_ms = min(match.sighting.first_seen_at_ms for match in matches)
    last_ms = max(match.sighting.last_seen_at_ms for match in matches)
    wanted = AlertFilter(
        entry_id=pair[0],
        camera_id=pair[1],
        since_ms=first_ms - cooldown_ms - _LONGEST_TRACKLET_MS,
        until_ms=last_ms + _LONGEST_TRACKLET_MS,
        limit=_MOST_ALERTS,
    )
    return {alert.alert_id: alert for alert in store.find(wanted)}
