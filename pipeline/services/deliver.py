"""The delivery of alerts as a service: one consumer group and one thread a webhook, so that none waits for another."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict

from pipeline.alerting.webhook import WebhookSender, WebhookSettings
from pipeline.clock import Clock, SystemClock
from pipeline.errors import SettingsError
from pipeline.log.open import open_log
from pipeline.services.together import Together
from pipeline.settings import Settings


class DeliverService:
    """A ``Service`` that posts alerts to webhooks."""

    def __init__(self, senders: Mapping[str, WebhookSender]) -> None:
        """Name each sender as its webhook."""
        self._senders = dict(senders)
        self._together = Together({f"webhook {name}": sender for name, sender in senders.items()})

    def run(self) -> None:
        """Post until ``stop`` is called; see ``Service.run``."""
        self._together.run()

    def stop(self) -> None:
        """Ask ``run`` to return after the attempts that are under way; see ``Service.stop``."""
        self._together.stop()

    @property
    def counts(self) -> Mapping[str, float]:
        """What all senders did together."""
        each = list(self.counts_by_webhook.values())
        return {name: sum(counts[name] for counts in each) for name in each[0]} if each else {}

    @property
    def counts_by_webhook(self) -> Mapping[str, Mapping[str, float]]:
        """What each sender did."""
        return {name: asdict(sender.counts) for name, sender in self._senders.items()}

    @property
    def trouble(self) -> str | None:
        """What keeps the log from giving alerts; a receiver that takes none is told of by the counts."""
        return next((sender.trouble for sender in self._senders.values() if sender.trouble), None)

    @property
    def hung(self) -> str | None:
        """None: whatever it waits for has a deadline."""
        return None


def webhooks_of(settings: Settings) -> Sequence[WebhookSettings]:
    """Return the webhooks of a site."""
    return [WebhookSettings(name, each.url, each.secret) for name, each in settings.webhooks.items()]


@contextmanager
def open_deliver(settings: Settings, clock: Clock | None = None) -> Iterator[DeliverService]:
    """Open the senders of a site's webhooks, and close what they are connected to.

    Raises:
        SettingsError: there is no webhook, or one of them is wrong.
        LogError: the log does not answer.
    """
    webhooks = webhooks_of(settings)
    if not webhooks:
        raise SettingsError(
            "there is nobody to deliver alerts to; name a webhook in the settings: [webhooks.NAME] with url and secret"
        )
    time = clock or SystemClock()
    with ExitStack() as stack:
        # A log each: what a log does not take it tells of once, to whoever asks first, and gives up for all.
        logs = [stack.enter_context(open_log(settings.log)) for _ in webhooks]
        yield DeliverService(
            {each.name: WebhookSender(log, each, time) for log, each in zip(logs, webhooks, strict=True)}
        )
