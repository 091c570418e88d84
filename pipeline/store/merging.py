"""How the evidence of an alert that is told of twice comes together; the same for every store."""

from dataclasses import replace

from pipeline.records import Alert


def merge(stored: Alert, told: Alert) -> Alert:
    """Return the better evidence, the longest time in sight, the first time it was raised, and the stored state."""
    better = told if told.similarity > stored.similarity else stored
    return replace(
        better,
        first_seen_at_ms=min(stored.first_seen_at_ms, told.first_seen_at_ms),
        last_seen_at_ms=max(stored.last_seen_at_ms, told.last_seen_at_ms),
        raised_at_ms=min(stored.raised_at_ms, told.raised_at_ms),
        state=stored.state,
    )
