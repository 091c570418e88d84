"""A service that runs while a test looks at it."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from pipeline.services.base import Service
from tests.waiting import PATIENCE_S


@contextmanager
def running(service: Service) -> Iterator[None]:
    """Run a service in a thread; stop it at the end, and wait for its end."""
    thread = Thread(target=service.run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        service.stop()
        thread.join(PATIENCE_S)
    assert not thread.is_alive()
