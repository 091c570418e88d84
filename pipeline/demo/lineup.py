"""Draws people, describes some of them, and looks for each description among all."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.errors import SceneError
from pipeline.scene.crops import random_crop
from pipeline.scene.outfit import describe_outfit
from reid.embedder import Embedder

CROP_HW = (256, 128)
Image = npt.NDArray[np.uint8]  # (h, w, 3) BGR


@dataclass(frozen=True, slots=True)
class Found:
    """A description and the line-up in the order of its similarity."""

    description: str
    person: int  # whom it describes
    order: tuple[int, ...]  # everybody, most alike first
    similarity: tuple[float, ...]  # of everybody, in that order

    @property
    def rank(self) -> int:
        """Where the described person came out, from 1."""
        return self.order.index(self.person) + 1


@dataclass(frozen=True, slots=True)
class Lineup:
    """Everybody who was drawn, and what was found."""

    crops: tuple[Image, ...]
    found: tuple[Found, ...]

    def rank_share(self, rank: int) -> float:
        """Return the share of descriptions whose person came out at ``rank`` or better, 0..1."""
        return sum(each.rank <= rank for each in self.found) / len(self.found)


def draw_lineup(
    embedder: Embedder, people: int, descriptions: int, seed: int, progress: Callable[[int], None] = lambda _: None
) -> Lineup:
    """Draw ``people`` walkers and look for ``descriptions`` of them.

    Args:
        embedder: turns crops and sentences into vectors.
        people: how many are drawn; each wears something of their own.
        descriptions: how many of them are looked for.
        seed: the same seed draws the same people.
        progress: called with 1 after each walker.

    Raises:
        SceneError: nobody is looked for, more are than are drawn, or the seed is negative.
    """
    if seed < 0 or not 1 <= descriptions <= people:
        raise SceneError(
            f"a line-up needs 1 to {people} descriptions of its {people} people and a seed of 0 or more, "
            f"but got {descriptions} descriptions and seed {seed}"
        )
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(people):
        drawn.append(random_crop(rng, CROP_HW))
        progress(1)
    crops = tuple(crop for crop, _ in drawn)
    vectors = embedder.encode_image(crops)
    sentences = [describe_outfit(outfit) for _, outfit in drawn[:descriptions]]
    similarity = embedder.encode_text(sentences) @ vectors.T
    return Lineup(
        crops, tuple(_find(text, n, row) for n, (text, row) in enumerate(zip(sentences, similarity, strict=True)))
    )


def _find(description: str, person: int, similarity: npt.NDArray[np.float32]) -> Found:
    order = np.argsort(-similarity, kind="stable")
    return Found(description, person, tuple(order.tolist()), tuple(similarity[order].tolist()))
