"""What a matcher has done so far."""

from dataclasses import dataclass


@dataclass(slots=True)
class MatcherCounts:
    """Grows only, except for the last four, which say how things are now.

    A record that was delivered again counts again: these are counts of work, not of people.
    """

    batches: int = 0  # matched and committed
    sightings: int = 0  # held against the watchlist
    undecodable: int = 0  # records put aside: not of the wire format
    foreign: int = 0  # records put aside: of another model
    matches: int = 0
    raised: int = 0  # alerts published for the first time
    improved: int = 0  # alerts published again, with clearly better evidence
    repeated: int = 0  # matches that told nothing new of an alert
    cooled: int = 0  # matches kept back by an entry's cooldown
    expired: int = 0  # alerts that left the store because they were raised too long ago
    expired_entries: int = 0  # entries that left the store because they expired too long ago
    log_failures: int = 0  # of the log, each followed by another attempt
    store_failures: int = 0  # of a store, each followed by another attempt
    entries: int = 0  # of the watchlist, that sightings are held against
    foreign_entries: int = 0  # of the watchlist, embedded by another model: these match nobody
    watchlist_revision: int = 0
    lag: int = 0  # records that wait, as of a few seconds ago
