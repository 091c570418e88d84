"""Alerts: what a tracklet's matches with an entry become for an operator.

An alert is raised once, by the first sighting that matches, and improved under the same id when clearly better
evidence comes. Its id follows from what matched what, so that whoever matches the same records again says the same.
"""

from dataclasses import replace
from hashlib import blake2b

from pipeline.records import Alert, Match, Origin

CLEARLY_BETTER = 0.02  # of similarity; less is not worth telling anybody again


def alert_id(match: Match) -> str:
    """Return the id of the alert that a match belongs to: 32 hexadecimal digits."""
    parts = (
        match.sighting.tracklet_id,
        match.entry.entry_id,
        str(match.entry.version),
        match.sighting.model_id,
    )
    named = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
    return blake2b(named, digest_size=16).hexdigest()


def raise_alert(match: Match, origin: Origin, raised_at_ms: int) -> Alert:
    """Return the alert that a match alone makes."""
    sighting, entry = match.sighting, match.entry
    return Alert(
        alert_id=alert_id(match),
        entry_id=entry.entry_id,
        entry_version=entry.version,
        description=entry.description,
        camera_id=sighting.camera_id,
        tracklet_id=sighting.tracklet_id,
        model_id=sighting.model_id,
        similarity=match.similarity,
        threshold=match.threshold,
        captured_at_ms=sighting.captured_at_ms,
        first_seen_at_ms=sighting.first_seen_at_ms,
        last_seen_at_ms=sighting.last_seen_at_ms,
        clock=sighting.clock,
        box_xyxy=sighting.box_xyxy,
        frame_size_wh=sighting.frame_size_wh,
        origin=origin,
        raised_at_ms=raised_at_ms,
        coordinates=match.coordinates,
        background=match.background,
        crop_jpeg=sighting.crop_jpeg,
    )


def is_clearly_better(match: Match, alert: Alert) -> bool:
    """Whether a match is evidence that an alert's reader should see."""
    return match.similarity >= alert.similarity + CLEARLY_BETTER


def improve_alert(alert: Alert, match: Match) -> Alert:
    """Return an alert with a match as its evidence; what was raised, and when, stays."""
    fresh = raise_alert(match, alert.origin, alert.raised_at_ms)
    kept = replace(
        fresh,
        first_seen_at_ms=alert.first_seen_at_ms,
        last_seen_at_ms=alert.last_seen_at_ms,
        state=alert.state,
    )
    return see_again(kept, match)


def see_again(alert: Alert, match: Match) -> Alert:
    """Return an alert whose person was in sight as long as a match says; the evidence stays."""
    return replace(
        alert,
        first_seen_at_ms=min(alert.first_seen_at_ms, match.sighting.first_seen_at_ms),
        last_seen_at_ms=max(alert.last_seen_at_ms, match.sighting.last_seen_at_ms),
    )
