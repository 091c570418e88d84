"""What ingest says of a detector, an embedder, a log or a film that hangs."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from detectors.base import Detections
from pipeline.errors import SourceError
from pipeline.log.sqlite import SqliteLog
from pipeline.records import Frame
from pipeline.services.ingest import IngestPorts, IngestService
from pipeline.sources.base import Source
from pipeline.store.cameras import LIVE
from tests.unit.pipeline.batching.stage import Everywhere, Film, Image, Mean
from tests.unit.pipeline.services.site import SETTINGS, SOMEBODY, Site, film, recorded
from tests.waiting import PATIENCE_S, until

LIMIT_S = 0.5
IMPATIENT = replace(SETTINGS, stuck_after_s=LIMIT_S, hung_after_s=4 * LIMIT_S)


class Gate:
    """Lets whoever comes by through, or holds them until it is opened."""

    def __init__(self) -> None:
        self.hang, self.opened = Event(), Event()

    def pass_by(self) -> None:
        """Hang, where it was told to, until it is opened."""
        if self.hang.is_set():
            assert self.opened.wait(PATIENCE_S)


class HangingDetector(Everywhere):
    """A detector that hangs behind a gate."""

    def __init__(self, gate: Gate) -> None:
        super().__init__(SOMEBODY)
        self.gate = gate

    def detect(self, frames: Sequence[Image]) -> list[Detections]:
        """Return the same people for each frame, once the gate is open."""
        self.gate.pass_by()
        return super().detect(frames)


class HangingEmbedder(Mean):
    """An embedder that hangs behind a gate."""

    def __init__(self, gate: Gate) -> None:
        super().__init__()
        self.gate = gate

    def encode_image(self, crops: Sequence[Image]) -> object:  # type: ignore[override]
        """Return vectors, once the gate is open."""
        self.gate.pass_by()
        return super().encode_image(crops)


class HangingLog(SqliteLog):
    """A log that hangs behind a gate."""

    def __init__(self, path: Path, gate: Gate) -> None:
        super().__init__(path)
        self.gate = gate

    def append(self, topic: str, key: str, value: bytes, timestamp_ms: int) -> None:
        """Append, once the gate is open."""
        self.gate.pass_by()
        super().append(topic, key, value, timestamp_ms)


class HangingFilm(Film):
    """A film whose disk hangs after some frames."""

    def __init__(self, frames: Sequence[Frame], gate: Gate) -> None:
        super().__init__("a", frames)
        self.gate = gate

    def frames(self) -> Iterator[Frame]:
        """Yield the frames, the last of them once the gate is open."""
        *first, last = super().frames()
        yield from first
        self.gate.pass_by()
        yield last


@pytest.fixture
def gate() -> Iterator[Gate]:
    """Return a gate that holds whoever comes by; it is open at the end, so that nobody hangs any longer."""
    each = Gate()
    each.hang.set()
    yield each
    each.opened.set()


@pytest.fixture
def told() -> list[str | None]:
    """Return what the site was told of what hangs."""
    return []


@pytest.fixture
def hanging(tmp_path: Path, gate: Gate, told: list[str | None], request: pytest.FixtureRequest) -> Iterator[Site]:
    """Return a site in which something hangs that every camera's frames go through."""
    site = Site(tmp_path)
    with ExitStack() as stack:
        log = stack.enter_context(HangingLog(tmp_path / "hanging.db", gate)) if request.param == "log" else site.log
        ports = IngestPorts(site.watched, site.open, log, hangs=told.append)
        detector = HangingDetector(gate) if request.param == "detector" else site.detector
        embedder = HangingEmbedder(gate) if request.param == "embedder" else Mean()
        site.service = IngestService(ports, detector, embedder, IMPATIENT)  # type: ignore[arg-type]
        yield site
        gate.opened.set()
        site.stop()
    site.log.close()


@pytest.mark.parametrize(
    ("hanging", "words"),
    [
        ("detector", "the detector has been at frames of 'door'"),
        ("embedder", "the embedder has been at crops of 'door'"),
        ("log", "the log has been taking a sighting of 'door'"),
    ],
    indirect=["hanging"],
)
def test_what_hangs_is_told_of_with_the_cameras_that_suffer(
    hanging: Site,
    words: str,
    gate: Gate,
    told: list[str | None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A step that does not end is the service's trouble, counted, logged once, and told to the site; its end ends it.

    A log that hangs is no reason for others to take cameras over, nor for a restart.
    """
    caplog.set_level(logging.INFO)
    service = hanging.service
    hanging.add(lambda: recorded("door", film("door", 40)), "door")
    hanging.start()
    until(lambda: words in (service.trouble or ""))
    assert service.counts["step_s"] >= LIMIT_S
    until(lambda: service.counts["stuck"] == 1)
    until(lambda: service.counts["step_s"] >= 4 * LIMIT_S)
    assert (service.hung is None) == ("log" in words)
    until(lambda: len(told) > 2)
    assert (words in (told[-1] or "")) == ("log" not in words)
    gate.opened.set()
    until(lambda: service.trouble is None)
    until(lambda: any("has ended" in record.message for record in caplog.records))
    assert [record.levelname for record in caplog.records if words in record.message] == ["WARNING"]
    assert service.counts["stuck"] == 1


def opening(gate: Gate) -> Callable[[], Source]:
    """Return what opens a film that hangs while it is opened."""

    def make() -> Source:
        gate.pass_by()
        raise SourceError("too late")

    return make


@pytest.mark.parametrize(
    ("makes", "words"),
    [
        (opening, "camera 'a' has been opening for"),
        (lambda gate: lambda: HangingFilm(film("a"), gate), "camera 'a' has been reading its footage without a frame"),
    ],
    ids=["opening", "reading"],
)
def test_a_film_that_hangs_has_stalled(
    makes: Callable[[Gate], Callable[[], Source]], words: str, gate: Gate, tmp_path: Path
) -> None:
    """A film that does not open, or stops giving frames, is named in the trouble and counted; the others go on."""
    site = Site(tmp_path, IMPATIENT)
    site.add(makes(gate), "a")
    site.add(lambda: recorded("b"), "b")
    site.start()
    until(lambda: words in (site.service.trouble or ""))
    assert site.service.readings["a"].state == "stalled"
    until(lambda: site.service.counts["stuck"] == 1)
    until(lambda: site.state("b") == "ended")
    assert site.service.counts["cameras_stalled"] == 1
    gate.opened.set()
    site.ended()
    assert site.service.readings["a"].state in {"ended", "failed"}
    site.log.close()


def test_footage_that_waits_for_its_turn_has_not_stalled(tmp_path: Path, gate: Gate) -> None:
    """A film whose frames nobody takes, as the detector hangs, is not what hangs."""
    site = Site(tmp_path)
    ports = IngestPorts(site.watched, site.open, site.log)
    site.service = IngestService(ports, HangingDetector(gate), Mean(), IMPATIENT)
    site.add(lambda: recorded("a", film("a", 40)), "a")
    site.start()
    until(lambda: site.service.counts["stuck"] == 1)
    assert site.service.readings["a"].state == LIVE
    gate.opened.set()
    site.ended()
    assert site.service.counts["frames"] == 40
    site.log.close()
