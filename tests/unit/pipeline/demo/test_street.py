"""The street is drawn alike for the same seed, and its sentences are true of one walker, or of nobody."""

import pytest

from pipeline.demo.street import CAMERAS, describe_street, draw_street
from pipeline.errors import SceneError
from pipeline.scene.outfit import brief_outfit
from pipeline.scene.scene import walker_id


@pytest.mark.parametrize("seed", range(8))
def test_each_sentence_is_of_one_walker_and_the_last_of_nobody(seed: int) -> None:
    """What a sentence says is worn by the walker it names and by nobody else; the last is said of nobody."""
    scene = draw_street(seed, 14, 10.0)
    worn = {walker_id(number): brief_outfit(walker.outfit) for number, walker in enumerate(scene.walkers)}
    *present, absent = describe_street(scene, 4)
    assert len(present) == 4
    for one in present:
        assert [name for name, sentence in worn.items() if sentence == one.sentence] == [one.walker_id]
    assert absent.walker_id is None
    assert absent.sentence not in worn.values()


def test_the_same_seed_gives_the_same_street() -> None:
    """Walkers, ways and sentences follow from the seed."""
    one, again = draw_street(3, 8, 10.0), draw_street(3, 8, 10.0)
    assert describe_street(one, 3) == describe_street(again, 3)
    assert [one.passages(number) for number in range(len(CAMERAS))] == [
        again.passages(number) for number in range(len(CAMERAS))
    ]


@pytest.mark.parametrize("present", [0, 9])
def test_more_descriptions_than_walkers_are_refused(present: int) -> None:
    """None at all, or more than there are walkers, is an error that says how many there may be."""
    with pytest.raises(SceneError, match=f"but {present} are asked for"):
        describe_street(draw_street(1, 8, 10.0), present)
