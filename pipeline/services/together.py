"""Several parts that run as one, each in a thread of its own."""

from collections.abc import Mapping
from threading import Event, Thread
from typing import Protocol


class Part(Protocol):
    """Something that runs until it is stopped."""

    def run(self) -> None:
        """Run until ``stop`` is called."""
        ...

    def stop(self) -> None:
        """Ask ``run`` to return; from any thread."""
        ...


class Together:
    """Runs parts until ``stop`` is called; when one fails, the others are stopped and its error is raised."""

    def __init__(self, parts: Mapping[str, Part]) -> None:
        """Name each part; the names are those of the threads."""
        self._parts = dict(parts)
        self._ended = Event()
        self._error: BaseException | None = None

    def run(self) -> None:
        """Run all parts; return when each has returned.

        Raises:
            BaseException: what the first part that failed raised.
        """
        threads = [Thread(target=self._run, args=(part,), name=name, daemon=True) for name, part in self._parts.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self._error is not None:
            raise self._error

    def _run(self, part: Part) -> None:
        try:
            part.run()
        except BaseException as error:  # noqa: BLE001 - raised again by run
            if self._error is None:
                self._error = error
            self.stop()

    def stop(self) -> None:
        """Ask every part to return."""
        for part in self._parts.values():
            part.stop()
