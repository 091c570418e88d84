"""The same footage in one process on SQLite, and in several on Kafka and Redis: the same alerts, whoever is killed."""

import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.log.base import Topic
from pipeline.records import WatchlistEntry
from pipeline.registration import Wanted, register
from pipeline.scene.scene import Scene, SceneCamera, SceneSettings
from pipeline.scene.video import truth_path, write_video
from pipeline.store.base import AlertFilter
from pipeline.store.open import open_alerts, open_watchlist
from reid.embedder import Embedder
from tests.e2e.conftest import Place, wait_until
from tests.e2e.sightings import Cast
from tests.e2e.stream import Group, essence, told_in

if TYPE_CHECKING:
    from tests.contract.services.kafka_broker import KafkaBroker
    from tests.e2e.conftest import Start

CAMERAS = ("north", "south")
GROUP = "lookout-matcher-film"
SLOW_S = 180.0
_AGO_S = 3600  # a broker drops records of long ago and takes none of the future


@dataclass(frozen=True)
class Footage:
    """Films, and the descriptions of who walks there."""

    films: dict[str, Path]
    entries: Sequence[WatchlistEntry]

    def settings(self) -> str:
        """Return a settings file that watches the films."""
        tables = (f'[cameras.{name}]\nurl = "{film}"\n' for name, film in self.films.items())
        return "[ingest]\nbatch = 1\n" + "\n".join(tables)  # networks say the same of a frame in every run


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Footage:
    """Return a street with two cameras whose clocks are given, and entries for the walkers' true descriptions."""
    folder, cast, embedder = tmp_path_factory.mktemp("footage"), Cast.now(), Embedder(provider="cpu")
    cameras = [SceneCamera(name, "pavement", "day") for name in CAMERAS]
    scene = Scene(8, cameras, SceneSettings(walkers=8, duration_s=6.0, fps=5.0, wear=0.2))
    films = {name: write_video(scene, name, folder / f"{name}.mp4") for name in CAMERAS}
    said = set[str]()
    for film in films.values():
        os.utime(film, ns=((time.time_ns() // 10**9 - _AGO_S) * 10**9,) * 2)
        truth = json.loads(truth_path(film).read_text())
        said |= {walker["description"] for walker in truth["walkers"].values()}
    wanted = [Wanted(each, false_match_rate=0.3, ttl_h=0, cooldown_s=2.0) for each in sorted(said)]
    entries = [register(each, embedder, cast.background, 0, f"walker-{n}") for n, each in enumerate(wanted)]
    return Footage(films, entries)


def watch(footage: Footage, store: str) -> None:
    """Put the entries on a watchlist."""
    with open_watchlist(store) as watchlist:
        for entry in footage.entries:
            watchlist.put(entry)


def alerts_of(place: Place) -> dict[str, Any]:
    """Return what log and store agree on."""
    with open_alerts(place.store) as alerts:
        stored = alerts.find(AlertFilter(limit=1000))
    told = told_in(place.log)
    best = {each.alert_id: each for each in sorted(told, key=lambda each: each.similarity)}
    assert {each.alert_id: each.similarity for each in stored} == {key: each.similarity for key, each in best.items()}
    return {key: (*value, best[key].box_xyxy, best[key].threshold) for key, value in essence(stored).items()}


@pytest.fixture(scope="module")
def embedded(footage: Footage, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the alerts of one process on SQLite."""
    from tests.e2e.conftest import Lookout

    folder = tmp_path_factory.mktemp("embedded")
    address = f"sqlite:///{folder / 'site.db'}"
    place = Place(address, address)
    watch(footage, address)
    (folder / "lookout.toml").write_text(footage.settings())
    running = Lookout((*place.options, "run"), folder, {})
    try:
        running.wait_metric("lookout_ingest_cameras_ended", len(CAMERAS), SLOW_S)
        running.wait_metric("lookout_ingest_published_total", 1)
        assert running.terminate(SLOW_S) == 0  # ends every tracklet and flushes
    finally:
        running.kill()
    matcher = Lookout((*place.options, "match"), folder, {})
    try:
        matcher.wait_ready()
        wait_until(lambda: matcher.metric("lookout_matcher_lag") == 0, "the last sightings to be matched")
        assert matcher.terminate() == 0
    finally:
        matcher.kill()
    found = alerts_of(place)
    assert len(found) >= 4
    return found


def film_on(place: Place, start: "Start", footage: Footage, tmp_path: Path) -> tuple[Any, Any]:
    """Start matcher and ingest on Kafka and Redis."""
    watch(footage, place.store)
    (tmp_path / "lookout.toml").write_text(footage.settings())
    matcher = start(*place.options, "match", LOOKOUT_MATCH_GROUP=GROUP)
    return matcher, start(*place.options, "ingest")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_embedded_and_at_scale_say_the_same(
    start: "Start", at_scale: Place, footage: Footage, embedded: Any, kafka_broker: "KafkaBroker", tmp_path: Path
) -> None:
    """Ingest and matcher as processes on Kafka and Redis raise the alerts of one process on SQLite, to the crop."""
    matcher, ingest = film_on(at_scale, start, footage, tmp_path)
    assert ingest.wait(SLOW_S) == 0
    group = Group(kafka_broker, GROUP)
    wait_until(lambda: group.behind(Topic.SIGHTINGS) == 0, "every sighting to be matched", SLOW_S)
    assert alerts_of(at_scale) == embedded
    assert matcher.terminate() == 0


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_killed_ingest_that_starts_again_changes_nothing(
    start: "Start", at_scale: Place, footage: Footage, embedded: Any, kafka_broker: "KafkaBroker", tmp_path: Path
) -> None:
    """Ingest killed amid its footage and started again raises the alerts of an undisturbed run, under the same ids."""
    matcher, ingest = film_on(at_scale, start, footage, tmp_path)
    ingest.wait_metric("lookout_ingest_published_total", 2, SLOW_S)
    ingest.kill()
    assert start(*at_scale.options, "ingest").wait(SLOW_S) == 0
    group = Group(kafka_broker, GROUP)
    wait_until(lambda: group.behind(Topic.SIGHTINGS) == 0, "every sighting to be matched", SLOW_S)
    assert alerts_of(at_scale) == embedded
    assert matcher.terminate() == 0
