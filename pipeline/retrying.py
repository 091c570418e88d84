"""Doing a step again until log and stores let it be done; and a member of a consumer group that joins again."""

import logging
from collections.abc import Callable, Sequence
from threading import Event
from typing import TypeVar

from pipeline.clock import Clock
from pipeline.errors import LogError, StoreError
from pipeline.log.base import EventLog, LogRecord, StartAt, Subscription

FIRST_WAIT_S = 0.2  # after a failure; doubled with each further one
LONGEST_WAIT_S = 5.0
_LOOK_S = 0.1  # how soon a wait notices that it is to end

T = TypeVar("T")
_log = logging.getLogger(__name__)


class StoppedError(Exception):
    """A step failed while its service was told to stop; not an error that anybody need see."""


class Retrying:
    """Insists on steps, one after another, until it is told to stop."""

    def __init__(self, clock: Clock, failed: Callable[[LogError | StoreError], None]) -> None:
        """Call ``failed`` at each failure."""
        self._clock = clock
        self._failed = failed
        self._stopping = Event()
        self._trouble: str | None = "the first step is not done yet"

    @property
    def trouble(self) -> str | None:
        """What keeps the step that is being done from succeeding; None when nothing does, and the first one has."""
        return self._trouble

    @property
    def stopping(self) -> bool:
        """Whether ``stop`` was called."""
        return self._stopping.is_set()

    def stop(self) -> None:
        """Let the step that is being done be the last attempt; may be called from any thread."""
        self._stopping.set()

    def __call__(self, step: Callable[[], T]) -> T:
        """Do a step, after each failure again, and return what it returns.

        Raises:
            StoppedError: it failed, and ``stop`` was called.
        """
        wait_s = FIRST_WAIT_S
        while True:
            try:
                done = step()
            except (LogError, StoreError) as error:
                self._failed(error)
                self._trouble = str(error)
                if self.stopping:
                    raise StoppedError(str(error)) from error
                _log.warning("%s; trying again in %.1f s", error, wait_s)
            else:
                self._trouble = None
                return done
            self.wait(wait_s)
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    def wait(self, seconds: float) -> None:
        """Wait, but no longer than until ``stop`` is called."""
        while seconds > 0 and not self.stopping:
            self._clock.sleep(min(seconds, _LOOK_S))
            seconds -= _LOOK_S


class Member:
    """A member of a consumer group that leaves when the log fails, and joins anew where the group has committed."""

    def __init__(self, log: EventLog, topics: Sequence[str], group: str, start_at: StartAt) -> None:
        """Join with the first poll."""
        self._log = log
        self._topics = topics
        self._group = group
        self._start_at = start_at
        self._subscription: Subscription | None = None
        self._joined = 0  # times

    @property
    def generation(self) -> tuple[int, int]:
        """Another than before once another member may have had partitions of what was polled last."""
        return self._joined, 0 if self._subscription is None else self._subscription.generation

    def poll(self, max_records: int, timeout_s: float) -> list[LogRecord]:
        """Return the next records.

        Raises:
            LogError: the log does not answer. What was polled and not committed comes again.
        """
        if self._subscription is None:
            self._subscription = self._log.subscribe(self._topics, self._group, self._start_at)
            self._joined += 1
        try:
            return self._subscription.poll(max_records, timeout_s)
        except LogError:
            self.close()
            raise

    def commit(self) -> None:
        """Remember that all that was polled is dealt with.

        Raises:
            LogError: the log does not answer. What was polled comes again.
        """
        if self._subscription is None:
            return
        try:
            self._subscription.commit()
        except LogError:
            self.close()
            raise

    def lag(self) -> int:
        """Return how many records wait for this member.

        Raises:
            LogError: the log does not answer. The member stays, and whether it can go on, a poll will say.
        """
        return 0 if self._subscription is None else self._subscription.lag()

    def close(self) -> None:
        """Leave the group; another poll joins again."""
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            try:
                subscription.close()
            except LogError as error:
                _log.warning("left the group %s, which may not know it yet: %s", self._group, error)
