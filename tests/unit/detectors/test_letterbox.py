"""Frames fit their canvas, and boxes come back to where they were."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.letterbox import GREY, Letterbox, fit, fit_area

sides = st.integers(1, 3000)
sizes = st.tuples(sides, sides)
shares = st.tuples(*[st.floats(0, 1, width=32)] * 4)


def letterboxes(frame_wh: tuple[int, int]) -> list[Letterbox]:
    """Return every kind of letterbox for a frame."""
    return [
        fit(frame_wh, (416, 416), centred=False),
        fit(frame_wh, (640, 384), centred=True),
        fit_area(frame_wh, 512 * 288, 640, 32),
    ]


@given(sizes, shares)
def test_boxes_return(frame_wh: tuple[int, int], share: tuple[float, float, float, float]) -> None:
    """To the canvas and back is no change, to a thousandth of the frame."""
    box = (np.array(share, np.float32) * np.tile(frame_wh, 2)).astype(np.float32)[None]
    for letterbox in letterboxes(frame_wh):
        on_canvas = np.asarray(box * np.tile(letterbox.scale_xy, 2) + np.tile(letterbox.offset_xy, 2), np.float32)
        np.testing.assert_allclose(letterbox.to_frame(on_canvas), box, atol=1e-3 * max(frame_wh))


@given(sizes)
def test_the_frame_lies_within_the_canvas(frame_wh: tuple[int, int]) -> None:
    """The scaled frame never leaves its canvas and loses no side, however thin it is."""
    for letterbox in letterboxes(frame_wh):
        for inner, offset, canvas in zip(letterbox.inner_wh, letterbox.offset_xy, letterbox.canvas_wh, strict=True):
            assert inner >= 1
            assert 0 <= offset <= canvas - inner


@given(sizes)
def test_canvases_that_follow_the_frame_stay_small(frame_wh: tuple[int, int]) -> None:
    """Their sides are multiples, their area is bounded up to the rounding, and no frame is made larger."""
    letterbox = fit_area(frame_wh, 512 * 288, 640, 32)
    assert all(side % 32 == 0 and 32 <= side <= 640 for side in letterbox.canvas_wh)
    assert max(letterbox.scale_xy) <= 1.0 or min(frame_wh) < 8
    assert letterbox.inner_wh[0] * letterbox.inner_wh[1] <= 512 * 288 * 1.02


@pytest.mark.parametrize("centred", [True, False])
def test_what_is_not_frame_is_grey(*, centred: bool) -> None:
    """Around the frame the canvas is the grey that the public families train with."""
    canvas = fit((40, 20), (64, 64), centred=centred).apply(np.full((20, 40, 3), 255, np.uint8))
    assert canvas.shape == (64, 64, 3)
    first = 16 if centred else 0
    assert (canvas[first : first + 32] == 255).all()
    assert (np.delete(canvas, np.s_[first : first + 32], axis=0) == GREY).all()


def test_a_frame_that_fits_is_not_resampled() -> None:
    """A frame of the canvas's size arrives pixel for pixel."""
    frame = np.random.default_rng(1).integers(0, 256, (288, 512, 3)).astype(np.uint8)
    assert np.array_equal(fit_area((512, 288), 512 * 288, 640, 32).apply(frame), frame)
