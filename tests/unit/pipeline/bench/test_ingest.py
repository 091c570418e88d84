"""The bench of ingest, on networks that take no time."""

from pathlib import Path

import pytest

import pipeline.bench.ingest as bench
from pipeline.bench.simulated import InstantEmbedder, KnownDetector, SimulatedSource
from pipeline.clock import SystemClock
from pipeline.sources.base import QueuePolicy
from tests.unit.pipeline.batching.stage import people, picture

IMAGES = [picture(number) for number in range(6)]
FOUND = [people((40, 20, 80, 110))] * len(IMAGES)


@pytest.fixture
def chain() -> bench._Chain:
    """Return a detector that knows the pictures, and an embedder."""
    return bench._Chain(KnownDetector(IMAGES, FOUND), InstantEmbedder())


def test_simulated_footage_is_given_once_and_a_simulated_camera_goes_on() -> None:
    """Footage ends with its pictures; a camera begins with them anew, until it is closed."""
    film = SimulatedSource("a", IMAGES, SystemClock())
    assert film.policy is QueuePolicy.WAIT
    assert [frame.index for frame in film.frames()] == list(range(6))
    camera = SimulatedSource("a", IMAGES, SystemClock(), live_fps=1000.0)
    assert camera.policy is QueuePolicy.DROP_OLDEST
    frames = camera.frames()
    assert [next(frames).index for _ in range(20)] == list(range(20))
    camera.close()
    assert list(frames) == []


def test_every_frame_of_every_camera_counts(chain: bench._Chain, tmp_path: Path) -> None:
    """Four cameras of six pictures are twenty-four frames, and nothing is lost."""
    clock = SystemClock()
    cameras = bench._simulated(4)
    run = bench._run(chain, cameras, lambda each: SimulatedSource(each.camera_id, IMAGES, clock), tmp_path)
    assert run.counts["frames"] == 24
    assert run.counts["sightings"] >= 4
    assert run.wall_s > 0.0


def test_the_cost_beside_the_networks_is_told_by_number_of_cameras(tmp_path: Path) -> None:
    """Each number of cameras has its own figure, above nothing."""
    found = bench._beside(IMAGES, KnownDetector(IMAGES, FOUND), (1, 3), tmp_path)
    assert set(found) == {"1", "3"}
    assert all(each > 0.0 for each in found.values())


def test_cameras_that_lose_frames_do_not_count_as_kept_up_with() -> None:
    """Where frames were lost or grew old there is no figure; where they were not, their age is told."""
    counts = {"frames": 100.0, "dropped_not_taken": 0.0, "batch_fill": 0.5}
    counts |= {"frame_age_p50_s": 0.02, "frame_age_p95_s": 0.05}
    figures = bench._figures(counts)
    assert figures is not None
    assert figures["frame_age_p95_ms"] == 50.0
    assert bench._figures(counts | {"dropped_not_taken": 5.0}) is None
    assert bench._figures(counts | {"frame_age_p95_s": 2.0}) is None


@pytest.mark.parametrize(("most", "steps"), [(0, [1]), (1, [1, 2]), (12, [1, 2, 4, 8, 16, 12, 14, 13])])
def test_the_number_of_cameras_is_found_in_few_steps(most: int, steps: list[int]) -> None:
    """The largest number that is kept up with is told with its figures; zero has none."""
    tried = []

    def watch(size: int) -> dict[str, float] | None:
        tried.append(size)
        return {"frames_per_s": 10.0 * size} if size <= most else None

    told = bench._kept_up_with(watch)
    assert tried == steps
    assert told == {"cameras_at_10_fps": most} | ({"frames_per_s": 10.0 * most} if most else {})
