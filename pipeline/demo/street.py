"""The street of the demonstration: drawn, filmed by three cameras, and some of its walkers described."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.errors import SceneError
from pipeline.scene.outfit import Outfit, brief_outfit, random_outfit
from pipeline.scene.scene import Scene, SceneCamera, SceneSettings, walker_id
from pipeline.scene.video import write_video

CAMERAS = (
    SceneCamera("gate", "pavement", "day"),
    SceneCamera("square", "plaza", "overcast"),
    SceneCamera("hall", "hall", "indoor"),
)
_FPS = 5.0  # as many frames a second as are analysed
_ABSENT_STREAM = 3  # of the seed; a scene itself draws from 0, 1 and 2
_MOST_TRIES = 1000


@dataclass(frozen=True, slots=True)
class Described:
    """A sentence, and whom it is true of: one walker, or nobody."""

    sentence: str
    walker_id: str | None


def draw_street(seed: int, walkers: int, duration_s: float) -> Scene:
    """Return a street with three cameras that everybody passes.

    Raises:
        SceneError: a number is out of range.
    """
    return Scene(seed, CAMERAS, SceneSettings(walkers, duration_s, _FPS))


def film_street(scene: Scene, folder: Path, progress: Callable[[int], None] = lambda _: None) -> dict[str, Path]:
    """Write each camera's film and the truth about it into ``folder``; return the films by camera.

    Args:
        scene: what is filmed.
        folder: is made where it is missing.
        progress: called with 1 after each frame of each camera.
    """
    ids = [camera.camera_id for camera in scene.cameras]
    return {name: write_video(scene, name, folder / f"{name}.mp4", progress) for name in ids}


def describe_street(scene: Scene, present: int) -> list[Described]:
    """Return sentences about the first ``present`` walkers whose top nobody else wears, and one about nobody.

    A top is a kind and a colour. Since it is unlike all others, each sentence is true of one walker at most. Nobody
    wears the colours of the last sentence's top and bottom together.

    Raises:
        SceneError: there are too few such walkers.
    """
    outfits = [walker.outfit for walker in scene.walkers]
    tops = [_top(outfit) for outfit in outfits]
    alone = [number for number, top in enumerate(tops) if tops.count(top) == 1]
    if not 1 <= present <= len(alone):
        raise SceneError(
            f"of {len(outfits)} walkers {len(alone)} wear a top that nobody else wears, so 1 to {len(alone)} can be "
            f"described, but {present} are asked for; ask for fewer descriptions or more walkers"
        )
    told = [Described(brief_outfit(outfits[number]), walker_id(number)) for number in alone[:present]]
    return [*told, Described(brief_outfit(_absent_outfit(scene.seed, outfits)), None)]


def _absent_outfit(seed: int, worn: list[Outfit]) -> Outfit:
    rng, colours = np.random.default_rng([seed, _ABSENT_STREAM]), {_colours(outfit) for outfit in worn}
    for _ in range(_MOST_TRIES):
        outfit = random_outfit(rng)
        if _colours(outfit) not in colours:
            return outfit
    raise SceneError(f"{_MOST_TRIES} outfits were drawn, and somebody wears each one's colours; ask for fewer walkers")


def _top(outfit: Outfit) -> tuple[str, str]:
    return outfit.upper.kind, outfit.upper.paint.colour


def _colours(outfit: Outfit) -> tuple[str, str]:
    return outfit.upper.paint.colour, outfit.lower.colour
