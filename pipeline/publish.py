"""Publish: the fifth stage. Sightings go to the log, and stay here until the log has acknowledged them.

Any number of cameras may share one publisher. While the log does not take records, ``publish`` blocks: so the pressure
reaches the sources, where files wait and cameras keep their newest frame.
"""

import logging
from dataclasses import dataclass
from threading import Event, RLock, Thread
from types import TracebackType
from typing import Self

from pipeline.clock import Clock
from pipeline.errors import LogError, SettingsError
from pipeline.log.base import EventLog, Topic
from pipeline.records import Sighting
from pipeline.redact import redact
from pipeline.wire import encode_sighting

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PublishSettings:
    """How long sightings may wait for the log."""

    flush_every_s: float = 0.2  # on the embedded log nobody reads a sighting sooner
    most_unacknowledged: int = 1000  # then publishing waits for the log
    first_wait_s: float = 0.2  # before the log is asked again; doubled with each further failure
    longest_wait_s: float = 5.0
    patience_s: float = 60.0  # with a log that fails again and again

    def __post_init__(self) -> None:
        """Refuse what makes no sense.

        Raises:
            SettingsError: a number is out of range.
        """
        if not 0.0 < self.first_wait_s <= self.longest_wait_s or self.flush_every_s <= 0.0:
            raise SettingsError(
                "publishing needs flush_every_s above 0 and 0 < first_wait_s <= longest_wait_s, "
                f"but got {self.flush_every_s}, {self.first_wait_s} and {self.longest_wait_s}"
            )
        if self.most_unacknowledged < 1 or self.patience_s < 0.0:
            raise SettingsError(
                "publishing needs most_unacknowledged of 1 or more and patience_s of 0 or more, "
                f"but got {self.most_unacknowledged} and {self.patience_s}"
            )


@dataclass(frozen=True, slots=True)
class _Record:
    key: str
    value: bytes
    timestamp_ms: int


class Publisher:
    """Appends sightings to ``Topic.SIGHTINGS``, keyed by camera, timed by capture; at least once, in order by camera.

    Everything published is durable within ``flush_every_s`` while the log works, and when the publisher has been
    closed. When the log fails, all that it has not acknowledged is appended again, with the same ids: a record may then
    stand in the log twice, none is missing. Several threads may publish.
    """

    def __init__(self, log: EventLog, clock: Clock, settings: PublishSettings | None = None) -> None:
        """Begin with nothing to publish; entering the publisher starts the thread that flushes."""
        self.published = 0  # sightings the log has acknowledged
        self.retries = 0  # how often the log had to be asked again
        self._event_log = log
        self._time = clock
        self._settings = settings or PublishSettings()
        self._patience_s = self._settings.patience_s
        self._lock = RLock()
        self._waiting: list[_Record] = []  # not yet acknowledged, oldest first
        self._refused = False  # the log may not have been given all that waits
        self._failure: LogError | None = None
        self._trouble: str | None = None  # what the log said last, unless it has taken everything since
        self._closed = Event()
        self._flusher = Thread(target=self._flush_on, name="publisher", daemon=True)

    @property
    def unacknowledged(self) -> int:
        """How many sightings the log has not acknowledged yet."""
        return len(self._waiting)

    @property
    def trouble(self) -> str | None:
        """Why the log has not taken what waits; None while it takes everything. From any thread."""
        return self._trouble if self._waiting else None

    def publish(self, sighting: Sighting) -> None:
        """Send a sighting on its way.

        Raises:
            LogError: the log has failed for longer than the patience; nothing has been forgotten, and a later
                ``flush`` tries again.
        """
        record = _Record(sighting.camera_id, encode_sighting(sighting), sighting.captured_at_ms)
        with self._lock:
            self._waiting.append(record)  # before anything can fail, so that it is never forgotten
            self._raise_failure()
            if self._refused:
                self.flush()
                return
            try:
                self._append(record)
            except LogError as error:
                self._retry(error)
            except Exception:
                self._refused = True
                raise
            if len(self._waiting) >= self._settings.most_unacknowledged:
                self.flush()

    def hurry(self, patience_s: float) -> None:
        """Have no more than that much patience with the log from now on, for its users are ending; from any thread."""
        self._patience_s = min(self._patience_s, patience_s)

    def flush(self) -> None:
        """Block until every sighting published so far is durable.

        Raises:
            LogError: the log has failed for longer than the patience; nothing has been forgotten.
        """
        with self._lock:
            self._failure = None
            if not self._waiting:
                return
            try:
                if self._refused:
                    self._append_all()
                self._acknowledge()
            except LogError as error:
                self._retry(error)
            except Exception:
                self._refused = True
                raise

    def close(self) -> None:
        """Flush and end; the log stays open.

        Raises:
            LogError: the last sightings could not be made durable.
        """
        self._closed.set()
        if self._flusher.is_alive():
            self._flusher.join()
        self.flush()

    def __enter__(self) -> Self:
        """Start flushing."""
        self._flusher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close; what a log has just refused for longer than the patience is not tried once more."""
        if isinstance(error, LogError):
            self._closed.set()
        else:
            self.close()

    def _append(self, record: _Record) -> None:
        self._event_log.append(Topic.SIGHTINGS, record.key, record.value, record.timestamp_ms)

    def _append_all(self) -> None:
        for record in self._waiting:
            self._append(record)

    def _acknowledge(self) -> None:
        self._event_log.flush()
        self._refused, self._trouble = False, None
        self.published += len(self._waiting)
        self._waiting.clear()

    def _retry(self, error: LogError) -> None:
        """Append all that waits again and flush, until the log takes it or the patience ends."""
        self._refused, self._trouble = True, str(error)
        began_s, wait_s = self._time.monotonic_s(), self._settings.first_wait_s
        while self._time.monotonic_s() - began_s + wait_s <= self._patience_s:
            self.retries += 1
            _log.warning("%d sightings wait for the log: %s; trying again in %.1f s", len(self._waiting), error, wait_s)
            self._time.sleep(wait_s)
            try:
                self._append_all()
                self._acknowledge()
            except LogError as again:
                self._trouble = str(again)
                error, wait_s = again, min(2.0 * wait_s, self._settings.longest_wait_s)
            else:
                return
        raise LogError(
            f"the log has not taken {len(self._waiting)} sightings for {self._patience_s:.0f} s: {error}; "
            "see that it runs and has room"
        ) from error

    def _flush_on(self) -> None:
        while not self._closed.wait(self._settings.flush_every_s):
            try:
                self.flush()
            except LogError as error:
                self._fail(error)
            except Exception as error:  # noqa: BLE001 - without this thread, sightings would wait for others
                self._fail(LogError(redact(f"flushing the log failed: {type(error).__name__}: {error}")))

    def _fail(self, error: LogError) -> None:
        with self._lock:
            self._failure, self._trouble = error, str(error)
            self._refused = True  # what is published until the next flush only waits

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure
