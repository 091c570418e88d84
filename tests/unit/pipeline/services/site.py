"""A site whose cameras, detector and log a test has in its hands."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Thread

from pipeline.batching.lanes import BatchSettings
from pipeline.camera import Camera
from pipeline.log.base import Topic
from pipeline.log.sqlite import SqliteLog
from pipeline.records import Frame, Sighting
from pipeline.services.ingest import IngestPorts, IngestService, IngestServiceSettings
from pipeline.sources.base import Source
from pipeline.wire import decode_sighting
from tests.unit.pipeline.batching.stage import Everywhere, Film, Mean, frame, people, picture

SOMEBODY = people((40, 20, 80, 110))
IMAGE = picture()
SETTINGS = IngestServiceSettings(BatchSettings(4, 5.0), motion=None)


def film(camera_id: str, count: int = 12, **fields: object) -> list[Frame]:
    """Return frames of somebody who stands there."""
    return [frame(camera_id, index, image=IMAGE, **fields) for index in range(count)]


def recorded(camera_id: str, frames: Sequence[Frame | Exception] | None = None) -> Film:
    """Return footage."""
    return Film(camera_id, film(camera_id) if frames is None else frames)


def live(camera_id: str, frames: Sequence[Frame | Exception]) -> Film:
    """Return a camera."""
    return Film(camera_id, frames, live=True)


class Site:
    """A service over cameras that a test may change, in a thread, with a real log."""

    def __init__(self, folder: Path, settings: IngestServiceSettings = SETTINGS) -> None:
        folder.mkdir(exist_ok=True)
        self.log = SqliteLog(folder / "log.db")
        self.cameras: dict[str, Camera] = {}
        self.makes: dict[str, Callable[[], Source]] = {}
        self.opened: list[str] = []
        self.detector = Everywhere(SOMEBODY)
        ports = IngestPorts(self.watched, self.open, self.log)
        self.service = IngestService(ports, self.detector, Mean(), settings)
        self.errors: list[BaseException] = []
        self.thread = Thread(target=self.run, daemon=True)

    def watched(self) -> Mapping[str, Camera]:
        """Return the cameras."""
        return self.cameras

    def open(self, camera: Camera) -> Source:
        """Open a camera's source."""
        self.opened.append(camera.camera_id)
        return self.makes[camera.camera_id]()

    def run(self) -> None:
        """Run the service."""
        try:
            self.service.run()
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            self.errors.append(error)

    def add(self, source: Callable[[], Source], camera_id: str, url: str = "film.mp4") -> None:
        """Add a camera."""
        self.makes[camera_id] = source
        self.cameras = {**self.cameras, camera_id: Camera(camera_id, url)}

    def start(self) -> "Site":
        """Start."""
        self.thread.start()
        return self

    def ended(self) -> "Site":
        """Wait for the end."""
        self.thread.join(60)
        assert not self.thread.is_alive()
        return self

    def stop(self) -> None:
        """Stop, and wait for the end."""
        self.service.stop()
        self.ended()

    def state(self, camera_id: str) -> str:
        """Return how a camera's source fares; nothing before it is read."""
        reading = self.service.readings.get(camera_id)
        return "" if reading is None else reading.state

    def sightings(self) -> list[Sighting]:
        """Return what stands in the log."""
        return [decode_sighting(record.value) for record in self.log.read(Topic.SIGHTINGS, 0)]
