"""The matcher as a service: log, stores, the watchlist kept fresh, and the loop of ``pipeline.match``.

As many of them as there are partitions share the cameras; who dies is succeeded by the others. This process imports
neither torch nor OpenCV.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict

from pipeline.clock import Clock, SystemClock
from pipeline.log.open import open_log
from pipeline.match import Matcher, MatcherPorts, MatcherSettings
from pipeline.settings import Settings
from pipeline.store.open import open_alerts, open_watchlist
from pipeline.threshold.background import Background
from pipeline.watchlist import WatchlistView

GAUGES = frozenset({"entries", "foreign_entries", "damaged_entries", "watchlist_revision", "lag"})


class MatchService:
    """A ``Service`` that turns sightings into alerts."""

    def __init__(self, matcher: Matcher, watchlist: WatchlistView) -> None:
        self._matcher = matcher
        self._watchlist = watchlist

    def run(self) -> None:
        """Match until ``stop`` is called; see ``Service.run``."""
        self._matcher.run()

    def stop(self) -> None:
        """Ask ``run`` to return after this batch; see ``Service.stop``."""
        self._matcher.stop()

    @property
    def counts(self) -> Mapping[str, float]:
        """What the matcher counts; of the watchlist that was heard of last, matched against or not, what it says."""
        heard = self._watchlist()
        told = {"watchlist_revision": int(heard.revision), "damaged_entries": len(heard.damaged)}
        return asdict(self._matcher.counts) | told

    @property
    def trouble(self) -> str | None:
        """What keeps sightings from being matched, or the watchlist's edits from being heard."""
        return self._matcher.trouble or self._watchlist.trouble

    @property
    def hung(self) -> str | None:
        """None: whatever it waits for has a deadline."""
        return None


@contextmanager
def open_match(settings: Settings, background: Background, clock: Clock | None = None) -> Iterator[MatchService]:
    """Open a matcher of a site, and close all that it is connected to.

    Raises:
        SettingsError: an address is of no kind that is known.
        LogError: the log does not answer.
        StoreError: the store does not answer.
    """
    chosen = MatcherSettings(
        group=settings.match.group,
        batch=settings.match.batch,
        keep_days=settings.alerts.keep_days,
        keep_expired_days=settings.watchlist.keep_expired_days,
    )
    embedding_dim = background.vectors.shape[1]
    with (
        open_log(settings.log) as log,
        open_alerts(settings.store) as alerts,
        open_watchlist(settings.store) as store,
        WatchlistView(store, embedding_dim) as watchlist,
    ):
        ports = MatcherPorts(log, alerts, watchlist, clock or SystemClock(), store)
        yield MatchService(Matcher(ports, background, chosen), watchlist)
