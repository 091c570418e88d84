"""Who hides whom, and how much of each is left to see."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from pipeline.scene.compose import Sprite, compose
from pipeline.scene.scene import Scene, SceneCamera, SceneSettings

STREET = np.full((60, 100, 3), 90, np.uint8)
RED, BLUE = (0, 0, 200), (200, 0, 0)  # BGR


def block(colour: tuple[int, int, int], left: int, top: int, distance_m: float) -> Sprite:
    """Return somebody 20 px wide and 40 px high, without a gap, in one colour."""
    bgra = np.full((40, 20, 4), 255, np.uint8)
    bgra[..., :3] = colour
    return Sprite(bgra, left, top, distance_m)


def area(image: npt.NDArray[np.uint8], colour: tuple[int, int, int]) -> int:
    """Return how many pixels have exactly that colour."""
    return int((image == colour).all(axis=2).sum())


def test_the_nearer_hides_the_farther() -> None:
    """Of two who overlap by half, the farther is half seen and the nearer whole, in whatever order they are given."""
    far, near = block(RED, 30, 10, 9.0), block(BLUE, 40, 10, 5.0)
    for sprites in ((far, near), (near, far)):
        image, sights = compose(STREET, sprites)
        seen = {sprite.distance_m: sight.visible_share for sprite, sight in zip(sprites, sights, strict=True)}
        assert seen == {9.0: 0.5, 5.0: 1.0}
        assert (area(image, RED), area(image, BLUE)) == (400, 800)


def test_who_is_hidden_keeps_the_box() -> None:
    """A box is around all of somebody within the frame, seen or not; whoever is fully hidden has a share of 0."""
    hidden, front = block(RED, 30, 10, 9.0), block(BLUE, 30, 10, 5.0)
    _, sights = compose(STREET, [hidden, front])
    assert [sight.box_xyxy for sight in sights] == [(30, 10, 50, 50)] * 2
    assert [sight.visible_share for sight in sights] == [0.0, 1.0]


def test_the_frame_hides_too() -> None:
    """Who stands half outside the frame is half seen, in a box that ends with the frame; outside there is no box."""
    _, (half, gone) = compose(STREET, [block(RED, 90, 10, 9.0), block(RED, 200, 10, 9.0)])
    assert (half.box_xyxy, half.visible_share) == ((90, 10, 100, 50), 0.5)
    assert (gone.box_xyxy, gone.visible_share) == (None, 0.0)


def test_the_street_is_left_as_it_was() -> None:
    """Composing gives a new picture; where nobody stands it is the street, but for shadows on the ground."""
    shaded = replace(block(RED, 10, 5, 5.0), shade=np.full((4, 30), 128, np.uint8), shade_left=30, shade_top=45)
    image, _ = compose(STREET, [shaded])
    assert (STREET == 90).all()
    assert (image[45:49, 30:60] < 60).all()
    image[5:45, 10:30] = image[45:49, 30:60] = 90
    assert (image == 90).all()


def test_a_crowd_tells_of_its_hidden() -> None:
    """In a crowd somebody well inside the frame is partly hidden, and then stands behind somebody else's box."""
    camera = SceneCamera("gate", "pavement", "day", (320, 180))
    frames = Scene(8, (camera,), SceneSettings(walkers=30, duration_s=8.0, fps=1.0, wear=0.0)).frames("gate")
    hidden = 0
    for frame in frames:
        for one in frame.truth:
            left, top, right, bottom = one.box_xyxy
            if one.visible_share > 0.8 or left == 0 or right == 320 or bottom == 180:
                continue
            others = [other.box_xyxy for other in frame.truth if other.walker_id != one.walker_id]
            assert any(x0 < right and left < x1 and y0 < bottom and top < y1 for x0, y0, x1, y1 in others)
            hidden += 1
    assert hidden >= 3
