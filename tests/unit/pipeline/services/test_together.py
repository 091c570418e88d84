"""Several parts that run as one."""

from threading import Event
from typing import Any

import pytest

from pipeline.services.run import RunService
from pipeline.services.together import Together


class Working:
    """A part that works until it is stopped, or fails when it is told to, or is done at once."""

    def __init__(self, error: Exception | None = None, trouble: str | None = None, *, done: bool = False) -> None:
        self.error, self.trouble, self.done = error, trouble, done
        self.begun, self.stopped = Event(), Event()
        self.counts = {"things": 2.0}
        self.hung: str | None = None

    def run(self) -> None:
        """Work."""
        self.begun.set()
        if self.error:
            raise self.error
        if not self.done:
            assert self.stopped.wait(30)

    def stop(self) -> None:
        """Be told to end."""
        self.stopped.set()


def test_a_part_that_fails_ends_all() -> None:
    """When one part fails, the others are stopped and its error comes out."""
    steady, failing = Working(), Working(ValueError("no more"))
    with pytest.raises(ValueError, match="no more"):
        Together({"steady": steady, "failing": failing}).run()
    assert steady.stopped.is_set()


def test_a_part_that_is_done_leaves_the_others() -> None:
    """A part that ends by itself ends nobody else."""
    steady, done = Working(), Working(done=True)
    together = Together({"steady": steady, "done": done})

    class Stopping(Working):
        """Stops all once the other two have begun."""

        def run(self) -> None:
            assert steady.begun.wait(30)
            assert done.begun.wait(30)
            assert not steady.stopped.is_set()
            together.stop()

    together._parts["stopping"] = Stopping()
    together.run()
    assert steady.stopped.is_set()


def test_services_that_run_as_one_tell_who_is_in_trouble() -> None:
    """Counts and trouble of services in one process carry the service's name."""
    parts: dict[str, Any] = {"ingest": Working(trouble="camera 'gate' is dark"), "match": Working()}
    service = RunService(parts)
    assert service.trouble == "ingest: camera 'gate' is dark"
    assert service.counts == {"ingest_things": 2.0, "match_things": 2.0}
    parts["ingest"].trouble = None
    assert service.trouble is None
    assert service.hung is None
    parts["ingest"].hung = "the detector hangs"
    assert service.hung == "ingest: the detector hangs"
