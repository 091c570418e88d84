"""Cameras are read from names only where the name says them."""

import pytest

from reid.datasets.camera import camera_of


@pytest.mark.parametrize(
    ("path", "camera"),
    [
        ("Market/0004_c5s3_066212_00.jpg", "c5"),
        ("0000_c14_0031.jpg", "c14"),
        ("test/0627/0627_010_05_0303afternoon_1591_0.jpg", "c5"),
        ("train/0114/0114_019_10_0303noon_0284_2_ex.jpg", "c10"),
        ("cam_a/000_45.bmp", "cam_a"),
        ("CUHK01/0042001.png", None),
        ("CUHK03/1004_1.jpg", None),
        ("train_query/p10009_s15684.jpg", None),
    ],
)
def test_camera_is_read_from_the_names_that_say_it(path: str, camera: str | None) -> None:
    """Each source data set's naming is understood, and nothing is guessed where the name is silent."""
    assert camera_of(path) == camera
