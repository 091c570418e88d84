"""What the checks make of what they see."""

from importlib.metadata import packages_distributions
from pathlib import Path
from shutil import disk_usage
from typing import NamedTuple

import pytest

from pipeline.doctor import machine
from pipeline.doctor.examine import Verdict
from pipeline.doctor.machine import clock_finding
from pipeline.doctor.site import camera_checks, log_checks, missing_file, store_checks, topic_finding
from pipeline.log.base import Topic
from pipeline.log.shapes import SHAPES, TopicState
from pipeline.settings import Settings, fixed_cameras, load_settings
from pipeline.store.open import open_watchlist
from tests.e2e.sightings import Cast
from tests.newer import put_newer


def state(**changes: object) -> TopicState:
    """Return the topic of sightings as lookout makes it, but for some changes."""
    shape = SHAPES[Topic.SIGHTINGS]
    told = {"partitions": shape.partitions, "records": 7, "retention_h": shape.retention_h} | changes
    return TopicState(Topic.SIGHTINGS, **told)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "verdict", "words"),
    [
        ({}, Verdict.OK, "12 partitions, 7 records"),
        ({"partitions": 0}, Verdict.FAILED, "lookout topics create"),
        ({"partitions": 3}, Verdict.WARNING, "3 partitions instead of 12"),
        ({"retention_h": 1.0}, Verdict.WARNING, "records kept for 1 h instead of 168 h"),
        ({"retention_h": None}, Verdict.WARNING, "records kept for ever instead of 168 h"),
        ({"compacted": True}, Verdict.WARNING, "compacted"),
    ],
    ids=str,
)
def test_a_topic_is_held_against_its_shape(changes: dict[str, object], verdict: Verdict, words: str) -> None:
    """A topic that is missing is a failure, one of another shape a warning that says how it differs."""
    found = topic_finding(state(**changes))
    assert found.verdict is verdict
    assert words in found.words


@pytest.mark.parametrize(
    ("skew_s", "round_trip_s", "verdict", "words"),
    [
        (0.2, 0.1, Verdict.OK, "within 0.30 s"),
        (5.0, 0.1, Verdict.WARNING, "5.0 s behind the Redis server's"),
        (-5.0, 0.1, Verdict.WARNING, "5.0 s ahead of the Redis server's"),
        (1.5, 1.0, Verdict.OK, "within 2.50 s"),  # the way to the server explains it
    ],
)
def test_a_clock_that_differs_is_told(skew_s: float, round_trip_s: float, verdict: Verdict, words: str) -> None:
    """A clock is off when it differs by more than a second beyond what the way to the server explains."""
    found = clock_finding(skew_s, round_trip_s)
    assert found.verdict is verdict
    assert words in found.words


class Usage(NamedTuple):
    """What a disk tells."""

    total: int
    used: int
    free: int


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    """Of a SQLite file whose folder is not there the finding says which, and what to do."""
    folder = tmp_path / "nowhere"
    (check,) = machine.disk_checks(Settings(log=f"sqlite:///{folder}/a.db", store=f"sqlite:///{folder}/a.db"))
    (found,) = check.look()
    assert found.verdict is Verdict.FAILED
    assert found.words == f"the folder {folder} of a.db is not there; make it, or name another file"


@pytest.mark.parametrize(("free_mib", "verdict"), [(100, Verdict.FAILED), (1000, Verdict.WARNING), (9000, Verdict.OK)])
def test_a_disk_is_told_before_it_is_full(
    free_mib: int, verdict: Verdict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below 2 GiB of room there is a warning, below 200 MiB a failure."""
    assert disk_usage(tmp_path).free > 0
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: Usage(0, 0, free_mib * 2**20))
    (check,) = machine.disk_checks(Settings(log="sqlite:///a.db", store="sqlite:///a.db"))
    (found,) = check.look()
    assert found.verdict is verdict


def test_a_package_of_somebody_else_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where another distribution owns one of lookout's names, the finding names it."""
    (check,) = machine.package_checks()
    assert [finding.verdict for finding in check.look()] == [Verdict.OK]
    taken = {**packages_distributions(), "pipeline": ["lookout", "some-pipeline"]}
    monkeypatch.setattr(machine, "packages_distributions", lambda: taken)
    (found,) = check.look()
    assert found.verdict is Verdict.FAILED
    assert "pipeline belongs to some-pipeline" in found.words


def test_looking_makes_no_file(tmp_path: Path) -> None:
    """A log or store in a file that is not there yet is a warning, and is not there afterwards either."""
    address = f"sqlite:///{tmp_path / 'site.db'}"
    settings = Settings(log=address, store=address)
    for check in (*log_checks(settings), *store_checks(settings, None)):
        assert [finding.verdict for finding in check.look()] == [Verdict.WARNING]
    assert missing_file(address) == tmp_path / "site.db"
    assert missing_file("kafka://host:9092") is None


def test_an_entry_that_cannot_be_read_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an entry that cannot be read the finding says which, and what to do; it hides nothing of the others."""
    address = f"sqlite:///{tmp_path / 'site.db'}"
    with open_watchlist(address) as store:
        store.put(Cast.now().entry("whole"))
        put_newer(monkeypatch, store, Cast.now().entry("broken"))
    check, _ = store_checks(Settings(log=address, store=address), "other-weights")
    found, foreign = check.look()
    assert (found.verdict, foreign.verdict) == (Verdict.FAILED, Verdict.WARNING)
    assert foreign.words.startswith("1 of 1 entries are of other weights")
    assert "entry broken" in found.words
    assert found.words.endswith("remove it with: lookout watch remove broken")


def test_a_disabled_camera_is_left_alone(tmp_path: Path) -> None:
    """A camera that is switched off is not asked for frames."""
    path = tmp_path / "site.toml"
    path.write_text('[cameras.gate]\nurl = "rtsp://me:hunter2@127.0.0.1:9/live"\nenabled = false\n')
    (check,) = camera_checks(fixed_cameras(load_settings(path, {})))
    (found,) = check.look()
    assert (found.verdict, found.words) == (Verdict.OK, "is disabled, so it was not looked at")
