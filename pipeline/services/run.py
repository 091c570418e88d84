"""All services of a site in one process, for one machine: ingest, matcher and delivery, told to stop as one."""

from collections.abc import Iterable, Mapping

from pipeline.services.base import Service
from pipeline.services.together import Together


class RunService:
    """A ``Service`` made of services, each in a thread of its own; when one fails, all are stopped."""

    def __init__(self, services: Mapping[str, Service]) -> None:
        """Name each service."""
        self._services = dict(services)
        self._together = Together(self._services)

    def run(self) -> None:
        """Run all of them until ``stop`` is called; see ``Service.run``. One that ends by itself leaves the others."""
        self._together.run()

    def stop(self) -> None:
        """Ask all of them to return; see ``Service.stop``."""
        self._together.stop()

    @property
    def counts(self) -> Mapping[str, float]:
        """What each of them counts, under its name."""
        each = ((name, service.counts) for name, service in self._services.items())
        return {f"{name}_{key}": value for name, counts in each for key, value in counts.items()}

    @property
    def trouble(self) -> str | None:
        """What keeps any of them from its work, with its name."""
        return _named((name, service.trouble) for name, service in self._services.items())

    @property
    def hung(self) -> str | None:
        """What has hung in any of them, with its name."""
        return _named((name, service.hung) for name, service in self._services.items())


def _named(told: Iterable[tuple[str, str | None]]) -> str | None:
    return "; ".join(f"{name}: {words}" for name, words in told if words) or None
