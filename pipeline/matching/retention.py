"""How long alerts stay in the store: matchers let them go, a few at a time, between two batches."""

from pipeline.clock import Clock
from pipeline.store.base import AlertStore

MOST_AT_ONCE = 200  # alerts that go in one look, so that no sighting waits for long
LOOK_EVERY_S = 10.0  # that is far more than a site raises
_AFTER_FAILURE_S = 60.0  # a store that is away is not waited for at every look
_DAY_MS = 86_400_000


class AlertRetention:
    """Lets alerts go that were raised too long ago. Several may do so at once; each of them is not thread-safe."""

    def __init__(self, alerts: AlertStore, clock: Clock, keep_days: float) -> None:
        """Look with the first call.

        Args:
            alerts: the store.
            clock: tells how old they are.
            keep_days: how long they stay; 0 for ever.
        """
        self._alerts = alerts
        self._clock = clock
        self._keep_ms = round(keep_days * _DAY_MS)
        self._due_s = clock.monotonic_s()

    def __call__(self) -> int:
        """Look, when it is time to; return how many alerts went.

        Raises:
            StoreError: the store does not answer; the next calls do nothing for a minute.
        """
        now_s = self._clock.monotonic_s()
        if not self._keep_ms or now_s < self._due_s:
            return 0
        self._due_s = now_s + _AFTER_FAILURE_S
        removed = self._alerts.expire(self._clock.now_ms(), self._keep_ms, MOST_AT_ONCE)
        self._due_s = self._clock.monotonic_s() + LOOK_EVERY_S
        return removed
