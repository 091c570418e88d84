"""What a service is to whoever runs it."""

from collections.abc import Mapping
from typing import Protocol


class Service(Protocol):
    """Works in ``run`` until ``stop`` is called."""

    def run(self) -> None:
        """Work until ``stop`` is called; belongs to one thread.

        What can be expected to come back (a broker, a server, a receiver) is waited for and told of by ``trouble``.

        Raises:
            Exception: the service cannot go on; starting it again may help.
        """
        ...

    def stop(self) -> None:
        """Ask ``run`` to return after what it is doing; does not wait. May be called from any thread, and twice."""
        ...

    @property
    def counts(self) -> Mapping[str, float]:
        """What was done so far, and how things are, by the names of docs/operations.md; from any thread."""
        ...

    @property
    def trouble(self) -> str | None:
        """What keeps the service from its work just now, in words; None when nothing does. From any thread."""
        ...

    @property
    def hung(self) -> str | None:
        """What has hung for so long that only a restart ends it, in words; None when nothing has. From any thread."""
        ...
