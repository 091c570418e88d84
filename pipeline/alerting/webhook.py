"""Posts alerts to a webhook: a consumer of ``Topic.ALERTS`` like any other, with a group of its own.

One batch: poll · post each alert, in the order of the log · put what was refused aside · commit. Killed in between,
alerts are posted again, with the same CloudEvents id, by which a receiver knows them: at least once, never lost.
An alert that the receiver refuses (any 4xx but 408, 425 and 429, and redirects) is put aside at once, on
``Topic.DEAD_LETTERS``; one that it cannot take now is tried ``attempts`` times, with growing, jittered waits.
"""

import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pipeline.alerting.post import Receiver, RefusedError, post
from pipeline.alerting.signature import HEADER, sign
from pipeline.clock import Clock
from pipeline.dead_letter import DeadLetter
from pipeline.errors import DeliveryError, LogError, SettingsError, StoreError
from pipeline.log.base import EventLog, LogRecord, StartAt, Topic
from pipeline.retrying import Member, Retrying, StoppedError

CONTENT_TYPE = "application/cloudevents+json"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """A webhook, and how hard to try."""

    name: str  # names the consumer group, so it stays the same for as long as the webhook does
    url: str = field(repr=False)
    secret: str = field(repr=False)
    attempts: int = 8  # of one alert; with the waits below about a minute
    first_wait_s: float = 0.5  # doubled after each attempt
    longest_wait_s: float = 30.0
    timeout_s: float = 10.0
    # Alerts between two commits: a member that takes minutes to post what it has polled is taken for dead by Kafka, and
    # the next one would begin with the same alerts.
    batch: int = 1
    poll_s: float = 0.5
    start_at: StartAt = StartAt.LATEST  # a new webhook hears of what is raised from its first start on


@dataclass(slots=True)
class WebhookCounts:
    """What a webhook's sender has done so far; grows only."""

    delivered: int = 0
    attempts: int = 0
    refused: int = 0  # put aside at once
    exhausted: int = 0  # put aside after the last attempt
    log_failures: int = 0


class SignedPost:
    """Posts to a webhook, once and signed; may be called from several threads."""

    def __init__(self, settings: WebhookSettings, clock: Clock) -> None:
        """Connect with nobody yet.

        Raises:
            SettingsError: the URL is none, or the secret is empty.
        """
        if not settings.secret:
            raise SettingsError(f"webhook '{settings.name}' needs a secret, which signs its posts")
        self._receiver = Receiver.parse(settings.url)
        self._settings = settings
        self._clock = clock

    def __call__(self, event: bytes) -> None:
        """Post an alert as it stands in the log; return when the receiver has taken it.

        Raises:
            RefusedError: the receiver never will.
            DeliveryError: it did not answer, or asked to come again.
        """
        headers = {
            "Content-Type": CONTENT_TYPE,
            HEADER: sign(self._settings.secret, self._clock.now_ms() // 1000, event),
        }
        post(self._receiver, event, headers, self._settings.timeout_s)


class WebhookSender:
    """Posts until it is stopped. ``run`` belongs to one thread; ``stop`` and ``counts`` may be called from any."""

    def __init__(self, log: EventLog, settings: WebhookSettings, clock: Clock) -> None:
        """Connect; nothing is read before ``run``.

        Raises:
            SettingsError: the URL is none, the secret is empty, or no attempt is to be made.
        """
        if settings.attempts < 1:
            raise SettingsError(f"webhook '{settings.name}' needs 1 attempt or more, but has {settings.attempts}")
        self._signed_post = SignedPost(settings, clock)
        self._log = log
        self._settings = settings
        self._clock = clock
        self._counts = WebhookCounts()
        self._insist = Retrying(clock, self._failed)
        self._member = Member(log, [Topic.ALERTS], f"lookout-webhook-{settings.name}", settings.start_at)

    @property
    def counts(self) -> WebhookCounts:
        """What was done so far, as a copy."""
        return replace(self._counts)

    @property
    def trouble(self) -> str | None:
        """What keeps the log from giving alerts; a receiver that takes none is told of by the counts."""
        return self._insist.trouble

    def stop(self) -> None:
        """Ask ``run`` to return after the attempt that is under way; what is not committed is posted again."""
        self._insist.stop()

    def run(self) -> None:
        """Post batch after batch until ``stop`` is called."""
        try:
            while not self._insist.stopping:
                self.step()
        except StoppedError as error:
            _log.warning("webhook '%s' stopped with alerts that will be posted again: %s", self._settings.name, error)
        finally:
            self.close()

    def close(self) -> None:
        """Leave the group; ``step`` would join it again."""
        self._member.close()

    def step(self) -> int:
        """Take one batch through all steps; return how many alerts it had."""
        records = self._insist(lambda: self._member.poll(self._settings.batch, self._settings.poll_s))
        letters = [letter for letter in map(self._deliver, records) if letter is not None]
        if letters:
            self._insist(lambda: self._put_aside(letters))
        if records:
            self._commit()
        return len(records)

    def _deliver(self, record: LogRecord) -> DeadLetter | None:
        """Post an alert; return the letter when nobody takes it."""
        settings, wait_s = self._settings, self._settings.first_wait_s
        for attempt in range(1, settings.attempts + 1):
            try:
                self._post(record)
            except RefusedError as error:
                self._counts.refused += 1
                return self._letter(record, f"refused: {error}")
            except DeliveryError as error:
                if attempt == settings.attempts:
                    self._counts.exhausted += 1
                    return self._letter(record, f"not taken in {attempt} attempts: {error}")
                _log.warning("webhook '%s', attempt %d of %d: %s", settings.name, attempt, settings.attempts, error)
                self._insist.wait(wait_s * random.uniform(0.5, 1.0))  # noqa: S311 - spreads senders out, hides nothing
                if self._insist.stopping:
                    raise StoppedError(str(error)) from error
            else:
                self._counts.delivered += 1
                return None
            wait_s = min(2 * wait_s, settings.longest_wait_s)
        return None

    def _post(self, record: LogRecord) -> None:
        self._counts.attempts += 1
        self._signed_post(record.value)

    def _letter(self, record: LogRecord, reason: str) -> DeadLetter:
        told = f"webhook '{self._settings.name}' {reason}"
        _log.error("%s; the alert %s is on %s", told, record.key, Topic.DEAD_LETTERS)
        return DeadLetter.of(record, told, self._settings.name)

    def _put_aside(self, letters: Sequence[DeadLetter]) -> None:
        for letter in letters:
            letter.append_to(self._log, self._clock.now_ms())
        self._log.flush()

    def _commit(self) -> None:
        """Commit, or leave the group: then the batch is posted again."""
        try:
            self._member.commit()
        except LogError as error:
            self._failed(error)
            _log.warning("%s; %d alerts may be posted twice", error, self._settings.batch)

    def _failed(self, _: LogError | StoreError) -> None:
        self._counts.log_failures += 1
