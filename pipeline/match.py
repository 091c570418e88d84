"""The matcher: sightings in, alerts out. One process of a consumer group; as many as there are partitions may run.

One batch goes through these steps, in this order and no other:

1. poll: the next sightings of this member's partitions.
2. decode: what is not of the wire format, or of another model, is to go to ``Topic.DEAD_LETTERS``.
3. place: each sighting gets the background of its camera at its place in the log (``pipeline.threshold.sites``).
4. match: one product with the watchlist in memory; scope, schedule, mute, expiry and thresholds are kept to.
5. decide: against the stored alerts of the same entry and camera.
6. publish: alerts and dead letters to the log, and wait until they are durable.
7. store: the alerts, in the order of the log. So what the store holds has been published, for certain.
8. commit: only now is the batch dealt with.

Killed between any two steps, another member gets the batch again and comes to the same alerts under the same ids. First
it stores what was published after all (``pipeline.matching.catching_up``), since the watchlist of now may come to
something else; so whatever was published before, it finds in the store, and does not publish a second time.
When the log or a store fails, the step is tried again, for as long as it takes; no later batch overtakes.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pipeline.clock import Clock
from pipeline.errors import LogError, StoreError
from pipeline.log.base import EventLog, LogRecord, StartAt, Topic
from pipeline.matching.catching_up import CatchingUp
from pipeline.matching.counts import MatcherCounts
from pipeline.matching.deciding import Decision, Verdict, decide
from pipeline.matching.reading import Batch, SightingReader, read_batch
from pipeline.matching.retention import ExpiredEntries, Retention, old_alerts
from pipeline.matching.rows import Matrix
from pipeline.matching.scoring import Scorer, Seen
from pipeline.records import Match, Origin
from pipeline.retrying import Member, Retrying, StoppedError
from pipeline.store.base import AlertStore, WatchlistStore
from pipeline.threshold.background import Background
from pipeline.threshold.sites import Sites
from pipeline.wire import encode_alert

_LAG_EVERY_S = 5.0
_LAG_AGAIN_S = 10.0  # where it could not be told, for which the log was waited for
_TOLD = frozenset({Verdict.RAISED, Verdict.IMPROVED})  # what the log hears of
_KEPT = _TOLD | {Verdict.SEEN_AGAIN}  # what the store hears of

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MatcherPorts:
    """What a matcher is connected to."""

    log: EventLog
    alerts: AlertStore
    watchlist: Callable[[], Matrix]  # the watchlist as it is now; kept fresh by somebody else
    clock: Clock
    entries: WatchlistStore | None = None  # what entries leave that expired too long ago; None keeps them


@dataclass(frozen=True, slots=True)
class MatcherSettings:
    """How a matcher works."""

    group: str = "lookout-matcher"
    origin: Origin = Origin.LIVE
    start_at: StartAt = StartAt.EARLIEST
    batch: int = 500  # records at most
    poll_s: float = 0.5  # how long to wait for records, and how soon stop() is noticed
    keep_days: float = 0.0  # alerts that were raised longer ago leave the store; 0 keeps them for ever
    keep_expired_days: float = 0.0  # the same of entries that expired longer ago


class Matcher:
    """Matches until it is stopped. ``run`` belongs to one thread; ``stop`` and ``counts`` may be called from any."""

    def __init__(self, ports: MatcherPorts, background: Background, settings: MatcherSettings | None = None) -> None:
        """Connect; nothing is read before ``run``.

        Args:
            ports: log, store, watchlist and clock.
            background: the shipped one, of the weights whose sightings are matched.
            settings: the defaults where left out.
        """
        self._ports = ports
        self._settings = settings or MatcherSettings()
        self._reader = SightingReader(background.model_id, background.vectors.shape[1])
        self._sites = Sites(ports.log, self._reader)
        self._catch_up = CatchingUp(ports.log, ports.alerts)
        self._score = Scorer(background)
        self._counts = MatcherCounts()
        self._insist = Retrying(ports.clock, self._failed)
        self._member = Member(ports.log, [Topic.SIGHTINGS], self._settings.group, self._settings.start_at)
        self._alerts_go = Retention(old_alerts(ports.alerts), ports.clock, self._settings.keep_days)
        expired = ExpiredEntries(ports.entries, ports.watchlist)
        self._entries_go = Retention(expired, ports.clock, self._settings.keep_expired_days)
        self._lag_due_s = 0.0
        self._blind: str | None = None  # why the lag cannot be told

    @property
    def counts(self) -> MatcherCounts:
        """What was done so far, as a copy."""
        return replace(self._counts)

    @property
    def trouble(self) -> str | None:
        """What keeps this matcher from its work just now; None when nothing does."""
        return self._insist.trouble or self._blind

    def stop(self) -> None:
        """Ask ``run`` to finish its batch and return; a batch that log or store refuse is left to the next member."""
        self._insist.stop()

    def run(self) -> None:
        """Match batch after batch until ``stop`` is called, then leave the group."""
        try:
            while not self._insist.stopping:
                self.step()
        except StoppedError as error:
            _log.warning("stopped with a batch that is not committed and will be delivered again: %s", error)
        finally:
            self.close()

    def step(self) -> int:
        """Take one batch through all steps; return how many records it had."""
        self._let_go()
        records = self._insist(self._poll)
        if not records:
            return 0
        self._insist(lambda: self._catch_up(records, self._member.generation))
        batch = read_batch(records, self._reader)
        seen = self._insist(lambda: self._place(batch))
        matches = self._match(seen)
        decisions = self._insist(lambda: self._decide(matches))
        self._insist(lambda: self._publish(decisions, batch))
        for decision in decisions:
            self._insist(lambda decision=decision: self._store(decision))  # type: ignore[misc]
        self._count(batch, matches, decisions)
        self._commit()
        return len(records)

    def close(self) -> None:
        """Leave the group; ``step`` would join it again."""
        self._member.close()

    def _let_go(self) -> None:
        """Let what is too old go; where the store does not let it, matching goes on, and it is tried later."""
        try:
            self._counts.expired += self._alerts_go()
            self._counts.expired_entries += self._entries_go()
        except StoreError as error:
            self._failed(error)
            _log.warning("%s; alerts and expired entries that are too old stay for now", error)

    def _poll(self) -> list[LogRecord]:
        if self._ports.clock.monotonic_s() >= self._lag_due_s:
            self._look_at_lag()
        return self._member.poll(self._settings.batch, self._settings.poll_s)

    def _look_at_lag(self) -> None:
        """See how much waits; where that cannot be told, as while a partition has no leader, the others are read on."""
        wait_s = _LAG_EVERY_S
        try:
            self._counts.lag = self._member.lag()
            self._blind = None
        except LogError as error:
            self._failed(error)
            self._blind, wait_s = str(error), _LAG_AGAIN_S
            _log.warning("%s; what comes is matched all the same", error)
        self._lag_due_s = self._ports.clock.monotonic_s() + wait_s

    def _place(self, batch: Batch) -> list[Seen]:
        sites = self._sites(batch.polled)
        return [
            Seen(sighting, record.coordinates, site)
            for (record, sighting), site in zip(batch.polled, sites, strict=True)
            if sighting is not None
        ]

    def _match(self, seen: Sequence[Seen]) -> list[Match]:
        matrix = self._insist(self._ports.watchlist)
        rows = self._score.rows(matrix)
        if rows.foreign and self._counts.watchlist_revision != matrix.revision:
            _log.warning("%d entries are of another model and match nobody; add them again", rows.foreign)
        self._counts.entries, self._counts.foreign_entries = len(rows), rows.foreign
        self._counts.watchlist_revision = int(matrix.revision)  # a number alone, whatever a store hangs on it
        return self._score(matrix, seen)

    def _decide(self, matches: Sequence[Match]) -> list[Decision]:
        return decide(matches, self._ports.alerts, self._settings.origin, self._ports.clock)

    def _publish(self, decisions: Sequence[Decision], batch: Batch) -> None:
        log, told = self._ports.log, [each for each in decisions if each.verdict in _TOLD]
        for each in told:
            if (alert := each.alert) is not None:
                value = encode_alert(alert, improved=each.verdict is Verdict.IMPROVED)
                log.append(Topic.ALERTS, alert.alert_id, value, alert.captured_at_ms)
        for letter in batch.letters:
            letter.append_to(log, self._ports.clock.now_ms())
        if told or batch.letters:
            log.flush()

    def _store(self, decision: Decision) -> None:
        if decision.alert is not None and decision.verdict in _KEPT:
            self._ports.alerts.upsert(decision.alert)

    def _commit(self) -> None:
        """Commit, or leave the group: then the batch is delivered again, and its alerts are found in the store."""
        try:
            self._member.commit()
        except LogError as error:
            self._failed(error)
            _log.warning("%s; the batch will be delivered again", error)
        else:
            self._counts.batches += 1

    def _failed(self, error: LogError | StoreError) -> None:
        if isinstance(error, LogError):
            self._counts.log_failures += 1
        else:
            self._counts.store_failures += 1

    def _count(self, batch: Batch, matches: Sequence[Match], decisions: Sequence[Decision]) -> None:
        counts, verdicts = self._counts, [decision.verdict for decision in decisions]
        counts.sightings += len(batch.polled) - len(batch.letters)
        counts.foreign += batch.foreign
        counts.undecodable += len(batch.letters) - batch.foreign
        counts.matches += len(matches)
        counts.raised += verdicts.count(Verdict.RAISED)
        counts.improved += verdicts.count(Verdict.IMPROVED)
        counts.repeated += verdicts.count(Verdict.REPEATED) + verdicts.count(Verdict.SEEN_AGAIN)
        counts.cooled += verdicts.count(Verdict.COOLED)
