"""``lookout ingest``: cameras in, sightings out; a service, which runs until it is told to stop."""

import typer

from pipeline.cli.site import chain_of, settings_of


def ingest(context: typer.Context) -> None:
    """Watch the site's cameras and publish who is seen, until stopped, or until all recorded footage has ended."""
    from pipeline.camera_share import CameraShare
    from pipeline.redact import redact_address
    from pipeline.services.ingest import ingest_metrics, open_ingest
    from pipeline.services.serving import log_to_stderr, serve
    from pipeline.settings import fixed_cameras
    from pipeline.store.open import open_cameras

    log_to_stderr()
    settings = settings_of(context)
    detector, embedder = chain_of(settings)
    words = f"watching with {detector.name} on {detector.provider}, sightings to {redact_address(settings.log)}"
    with (
        open_cameras(settings.store) as store,
        CameraShare(store, fixed_cameras(settings)) as share,
        open_ingest(settings, (detector, embedder), share) as service,
    ):
        serve(service, ingest_metrics(service), settings.health, words)
    if service.failure is not None:
        raise service.failure
