"""The compact detector looks at a frame at two sizes, and nobody falls between them."""

from itertools import product

import numpy as np
import pytest

from detectors.compact import LOOKS, SIZE_MULTIPLE, looks_at
from detectors.open import open_detector

FRAMES_WH = [(1, 1), (90, 4000), (120, 90), (256, 144), (300, 200), (384, 256), (500, 400), (640, 360), (1920, 1080), (7680, 4320)]  # fmt: skip


@pytest.mark.parametrize("frame_wh", FRAMES_WH)
def test_every_height_is_asked_about(frame_wh: tuple[int, int]) -> None:
    """However tall somebody is in a frame of any size, at least one of its canvases is for people of that height."""
    looks = looks_at(frame_wh)
    for share in np.linspace(0.001, 1.0, 400):
        on_canvas = [share * box.inner_wh[1] for box, _ in looks]
        asked = [low <= tall < high for tall, (_, (low, high)) in zip(on_canvas, looks, strict=True)]
        assert any(asked), f"{share * frame_wh[1]:.0f} px of {frame_wh}"


@pytest.mark.parametrize(("frame_wh", "look"), list(product(FRAMES_WH, (0, 1))))
def test_canvases_keep_to_their_limits(frame_wh: tuple[int, int], look: int) -> None:
    """A canvas is no larger than its look allows, up to the rounding to multiples of 32, and holds the whole frame."""
    looks = looks_at(frame_wh)
    box = looks[min(look, len(looks) - 1)][0]
    assert max(box.canvas_wh) <= LOOKS[look].longest_px + SIZE_MULTIPLE
    assert box.inner_wh[0] * box.inner_wh[1] <= 1.02 * LOOKS[look].most_px + 8
    assert all(side % SIZE_MULTIPLE == 0 and side >= inner for side, inner in zip(box.canvas_wh, box.inner_wh, strict=True))  # fmt: skip
    assert all(inner <= side for inner, side in zip(box.inner_wh, frame_wh, strict=True))


def test_a_small_frame_is_looked_at_once() -> None:
    """Where both canvases would show the same, there is one, for people of every height."""
    ((box, heights_px),) = looks_at((200, 150))
    assert box.inner_wh == (200, 150)
    assert heights_px[0] == 0.0
    assert heights_px[1] > 10_000


def test_a_person_is_told_of_once_whatever_their_size() -> None:
    """A drawn walker who is seen on both canvases has one box, and so has one who fills the frame."""
    from pipeline.scene.scene import Scene, SceneCamera, SceneSettings

    detector = open_detector("compact", "cpu", threads=1)
    settings = SceneSettings(walkers=1, duration_s=40.0, fps=2.0)
    frames = [f for f in Scene(8, [SceneCamera("c", "plaza", "day")], settings).frames("c")
              if len(f.truth) == 1 and f.truth[0].visible_share > 0.9]  # fmt: skip
    assert len(frames) >= 3
    assert max(len(found) for found in detector.detect([frame.image for frame in frames[:6]])) == 1
