"""``lookout match`` and ``lookout deliver``: services, which run until they are told to stop."""

import typer

from pipeline.cli.site import background_of, settings_of


def match(context: typer.Context) -> None:
    """Hold sightings against the watchlist and raise alerts, until stopped; several share the cameras."""
    from pipeline.redact import redact_address
    from pipeline.services.match import open_match
    from pipeline.services.metrics import matcher_metrics
    from pipeline.services.serving import log_to_stderr, serve

    log_to_stderr()
    settings = settings_of(context)
    where = (
        f"{redact_address(settings.log)} as group {settings.match.group}, watchlist {redact_address(settings.store)}"
    )
    with open_match(settings, background_of(settings)) as service:
        serve(service, matcher_metrics(service), settings.health, f"matching sightings of {where}")


def deliver(context: typer.Context) -> None:
    """Post alerts to the webhooks of the settings, until stopped; each webhook has its own pace."""
    from pipeline.redact import redact_address
    from pipeline.services.deliver import open_deliver
    from pipeline.services.metrics import webhook_metrics
    from pipeline.services.serving import log_to_stderr, serve

    log_to_stderr()
    settings = settings_of(context)
    where = f"{redact_address(settings.log)} to {', '.join(settings.webhooks)}"
    with open_deliver(settings) as service:
        serve(service, webhook_metrics(service), settings.health, f"delivering alerts of {where}")
