"""``lookout match``, ``lookout deliver`` and ``lookout run``: services, which run until they are told to stop."""

from contextlib import ExitStack
from typing import TYPE_CHECKING

import typer

from pipeline.cli.site import background_of, chain_of, settings_of

if TYPE_CHECKING:
    from pipeline.services.base import Service
    from pipeline.settings import Settings


def match(context: typer.Context) -> None:
    """Hold sightings against the watchlist and raise alerts, until stopped; several share the cameras."""
    from pipeline.redact import redact_address
    from pipeline.services.match import open_match
    from pipeline.services.metrics import matcher_metrics
    from pipeline.services.serving import log_to_stderr, serve

    log_to_stderr()
    settings = settings_of(context)
    where = f"{redact_address(settings.log)} as group {settings.match.group}"
    words = f"matching sightings of {where}, watchlist {redact_address(settings.store)}"
    with open_match(settings, background_of(settings)) as service:
        serve(service, matcher_metrics(service), settings.health, words)


def deliver(context: typer.Context) -> None:
    """Post alerts to the webhooks of the settings, until stopped; each webhook has its own pace."""
    from pipeline.redact import redact_address
    from pipeline.services.deliver import open_deliver
    from pipeline.services.metrics import webhook_metrics
    from pipeline.services.serving import log_to_stderr, serve

    log_to_stderr()
    settings = settings_of(context)
    words = f"delivering alerts of {redact_address(settings.log)} to {', '.join(settings.webhooks)}"
    with open_deliver(settings) as service:
        serve(service, webhook_metrics(service), settings.health, words)


def run(context: typer.Context) -> None:
    """Watch, match and deliver in one process, until stopped; needs neither Kafka nor Redis."""
    from pipeline.redact import redact_address
    from pipeline.services.serving import log_to_stderr

    log_to_stderr()
    settings = settings_of(context)
    words = f"running on log {redact_address(settings.log)} and store {redact_address(settings.store)}"
    with ExitStack() as stack:
        _serve_all(settings, words, stack)


def _serve_all(settings: "Settings", words: str, stack: ExitStack) -> None:
    from pipeline.camera_share import CameraShare
    from pipeline.services.deliver import open_deliver
    from pipeline.services.ingest import ingest_metrics, open_ingest
    from pipeline.services.match import open_match
    from pipeline.services.metrics import matcher_metrics, webhook_metrics
    from pipeline.services.run import RunService
    from pipeline.services.serving import serve
    from pipeline.settings import fixed_cameras
    from pipeline.store.open import open_cameras

    background, chain = background_of(settings), chain_of(settings)
    store = stack.enter_context(open_cameras(settings.store))
    share = stack.enter_context(CameraShare(store, fixed_cameras(settings)))
    matcher = stack.enter_context(open_match(settings, background))
    ingest = stack.enter_context(open_ingest(settings, chain, share, ends_with_footage=False))
    services: dict[str, Service] = {"ingest": ingest, "match": matcher}
    metrics = [*ingest_metrics(ingest), *matcher_metrics(matcher)]
    if settings.webhooks:
        services["deliver"] = delivery = stack.enter_context(open_deliver(settings))
        metrics += webhook_metrics(delivery)
    serve(RunService(services), metrics, settings.health, words)
    if ingest.failure is not None:
        raise ingest.failure
