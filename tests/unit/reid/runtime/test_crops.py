"""Crops of any size become one array; what is no crop is an error that names it."""

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reid.crops import stack_crops
from reid.errors import CropError

GOOD = np.full((20, 10, 3), 128, np.uint8)
BAD = {
    "0x0": np.zeros((0, 0, 3), np.uint8),
    "no rows": np.zeros((0, 40, 3), np.uint8),
    "1 px wide": np.zeros((40, 1, 3), np.uint8),
    "7 px high": np.zeros((7, 40, 3), np.uint8),
    "grey": np.zeros((40, 20), np.uint8),
    "one channel": np.zeros((40, 20, 1), np.uint8),
    "four channels": np.zeros((40, 20, 4), np.uint8),
    "channels first": np.zeros((3, 40, 20), np.uint8),
    "a batch": np.zeros((1, 40, 20, 3), np.uint8),
    "NaN": np.full((40, 20, 3), np.nan, np.float32),
    "floats": np.full((40, 20, 3), 0.5),
    "signed": np.zeros((40, 20, 3), np.int8),
    "words": "crop.jpg",
    "nothing": None,
    "a list": [[[0, 0, 0]]],
}


@pytest.mark.parametrize("crop", BAD.values(), ids=BAD.keys())
def test_what_is_no_crop_is_named(crop: Any) -> None:
    """The error says which of the crops it is and what was found."""
    with pytest.raises(CropError, match=r"^crop 2 .*(must|smallest)"):
        stack_crops([GOOD, GOOD, crop, GOOD], (64, 32))


@given(st.integers(8, 400), st.integers(4, 300))
def test_any_other_size_is_taken(height: int, width: int) -> None:
    """From 8x4 px on, upright or lying, every crop fits, and one colour stays that colour."""
    crop = np.empty((height, width, 3), np.uint8)
    crop[:] = (10, 120, 250)
    stacked = stack_crops([crop], (64, 32))
    assert stacked.shape == (1, 64, 32, 3)
    assert stacked.dtype == np.uint8
    assert (stacked == (10, 120, 250)).all()


def test_crops_are_only_resized() -> None:
    """Each crop lands in its own row, in BGR as it came; one of the right size is untouched."""
    rng = np.random.default_rng(1)
    crops = [rng.integers(0, 256, size, np.uint8) for size in ((64, 32, 3), (128, 64, 3), (32, 16, 3), (128, 20, 3))]
    stacked = stack_crops(crops, (64, 32))
    np.testing.assert_array_equal(stacked[0], crops[0])
    halved = crops[1].reshape(64, 2, 32, 2, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(stacked[1], halved, atol=1)
    np.testing.assert_array_equal(stacked[2], cv2.resize(crops[2], (32, 64), interpolation=cv2.INTER_LINEAR))
    np.testing.assert_array_equal(stacked[3], cv2.resize(crops[3], (32, 64), interpolation=cv2.INTER_AREA))


def test_views_of_a_frame_are_crops() -> None:
    """A box cut out of a frame, mirrored or read-only, needs no copy beforehand, and is not written to."""
    frame = np.random.default_rng(2).integers(0, 256, (200, 300, 3), np.uint8)
    frame.flags.writeable = False
    box = frame[20:150, 31:90]
    for view in (box, box[:, ::-1], box[:, :, ::-1], np.asfortranarray(box)):
        np.testing.assert_array_equal(stack_crops([view], (64, 32)), stack_crops([view.copy(order="C")], (64, 32)))


def test_no_crop_is_an_empty_array() -> None:
    """Nobody in the picture is no error."""
    assert stack_crops([], (64, 32)).shape == (0, 64, 32, 3)
