"""Whom a camera's settings let through."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.batching.region import let_through, within
from pipeline.camera import Camera
from tests.unit.pipeline.batching.stage import people

LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))


def test_a_mask_hides_who_stands_in_it() -> None:
    """Where the middle of the lower edge lies counts, wherever the rest of the box is."""
    camera = Camera("door", "film.mp4", masks=(LEFT_HALF,))
    found = people((10, 10, 30, 90), (120, 10, 140, 90), (90, 10, 190, 90), (0, 10, 120, 90))
    seen = let_through(camera, found, (200, 100))
    assert seen.xyxy[:, 0].tolist() == [120.0, 90.0]


def test_a_mask_up_to_the_frames_edge_hides_whom_that_edge_cuts() -> None:
    """Somebody whose box ends with the frame stands within a mask that does so, too."""
    lower_half = ((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0))
    found = people((10, 20, 30, 100), (10, 20, 30, 99), (10, 20, 30, 49))
    seen = let_through(Camera("door", "film.mp4", masks=(lower_half,)), found, (200, 100))
    assert seen.xyxy[:, 3].tolist() == [49.0]


def test_a_cameras_confidence_can_only_be_stricter() -> None:
    """Who is less sure than the camera wants is not let through; a low value lets through what there is."""
    found = people((0, 0, 10, 30), confidence=0.5)
    assert len(let_through(Camera("door", "film.mp4", confidence=0.6), found, (100, 100))) == 0
    assert len(let_through(Camera("door", "film.mp4", confidence=0.1), found, (100, 100))) == 1


def test_a_camera_without_wishes_sees_everybody() -> None:
    """The detections come back as they are."""
    found = people((0, 0, 10, 30), (5, 5, 9, 9))
    assert let_through(Camera("door", "film.mp4"), found, (100, 100)) is found


def test_a_hollow_polygon_has_an_outside_within() -> None:
    """A point in the mouth of a U is not within it."""
    u = ((0.0, 0.0), (0.2, 0.0), (0.2, 0.8), (0.8, 0.8), (0.8, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    points = np.array([(0.5, 0.4), (0.1, 0.4), (0.9, 0.4), (0.5, 0.9)], np.float32)
    assert within([u], points).tolist() == [False, True, True, True]


@given(st.lists(st.tuples(st.floats(0.01, 0.99), st.floats(0.01, 0.99)), min_size=1, max_size=20))
def test_a_rectangle_holds_what_lies_between_its_sides(points: list[tuple[float, float]]) -> None:
    """For rectangles, the polygon rule says the same as four comparisons."""
    places = np.array(points, np.float32)
    between = ((places > np.float32(0.25)) & (places < np.float32(0.75))).all(axis=1)
    edge = (np.abs(np.abs(places - np.float32(0.5)) - np.float32(0.25)) < 1e-6).any(axis=1)
    box = ((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75))
    assert (within([box], places) == between)[~edge].all()


@pytest.mark.parametrize("shift", range(4))
def test_where_a_polygon_begins_does_not_matter(shift: int) -> None:
    """The same corners from another one on make the same mask."""
    rng = np.random.default_rng(shift)
    corners = tuple(map(tuple, rng.random((4, 2)).tolist()))
    points = rng.random((200, 2)).astype(np.float32)
    assert (within([corners], points) == within([corners[shift:] + corners[:shift]], points)).all()
