"""The colours clothes, hair and skin come in: how people say them, PETA's word for them, and their pixels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

COLOURS = ("Black", "Blue", "Brown", "Green", "Grey", "Orange", "Pink", "Purple", "Red", "White", "Yellow")


@dataclass(frozen=True, slots=True)
class Paint:
    """One colour: PETA's word, the words of a witness, and its value under white light."""

    colour: str  # one of COLOURS
    shade: str  # "navy", "dark green", "red"
    bgr: tuple[int, int, int]  # 0..255, gamma-encoded


Shades = Mapping[str, tuple[str, int, int, int, float]]

# shade: (PETA's colour, red, green, blue, how common on clothes)
_CLOTH: dict[str, tuple[str, int, int, int, float]] = {
    "black": ("Black", 24, 24, 27, 16.0),
    "white": ("White", 226, 226, 224, 10.0),
    "cream": ("White", 226, 216, 192, 1.5),
    "grey": ("Grey", 128, 129, 131, 6.0),
    "dark grey": ("Grey", 74, 75, 79, 6.0),
    "light grey": ("Grey", 176, 177, 178, 4.0),
    "blue": ("Blue", 44, 82, 170, 5.0),
    "navy": ("Blue", 24, 32, 72, 5.0),
    "light blue": ("Blue", 132, 172, 216, 3.5),
    "brown": ("Brown", 98, 62, 38, 3.5),
    "beige": ("Brown", 188, 164, 126, 3.0),
    "khaki": ("Brown", 146, 126, 86, 2.0),
    "green": ("Green", 46, 122, 62, 2.5),
    "dark green": ("Green", 28, 66, 42, 2.0),
    "light green": ("Green", 142, 196, 128, 1.0),
    "red": ("Red", 190, 28, 34, 5.0),
    "maroon": ("Red", 108, 22, 34, 2.0),
    "orange": ("Orange", 226, 112, 24, 2.0),
    "yellow": ("Yellow", 232, 200, 44, 2.5),
    "pink": ("Pink", 230, 122, 160, 2.5),
    "light pink": ("Pink", 236, 178, 194, 1.5),
    "purple": ("Purple", 96, 48, 128, 2.5),
    "lavender": ("Purple", 160, 138, 198, 1.0),
}

_HAIR: dict[str, tuple[str, int, int, int, float]] = {
    "black": ("Black", 24, 21, 20, 8.0),
    "brown": ("Brown", 74, 48, 32, 6.0),
    "light brown": ("Brown", 116, 82, 54, 2.0),
    "blonde": ("Yellow", 198, 164, 104, 2.5),
    "grey": ("Grey", 132, 131, 130, 2.0),
    "white": ("White", 208, 207, 204, 0.8),
    "red": ("Red", 134, 58, 28, 0.8),
}

_SKIN: dict[str, tuple[str, int, int, int, float]] = {
    "pale": ("Pink", 226, 184, 162, 4.0),
    "light": ("Pink", 212, 164, 136, 5.0),
    "tanned": ("Brown", 184, 134, 102, 4.0),
    "brown": ("Brown", 134, 90, 64, 3.0),
    "dark": ("Brown", 82, 54, 40, 2.5),
}

CLOTH_SHADES = tuple(_CLOTH)
HAIR_SHADES = tuple(_HAIR)
SKIN_SHADES = tuple(_SKIN)


def cloth(shade: str, rng: np.random.Generator | None = None) -> Paint:
    """Return the paint called ``shade``, a little off its middle where ``rng`` is given."""
    return _paint(_CLOTH, shade, rng)


def hair(shade: str, rng: np.random.Generator | None = None) -> Paint:
    """Return the hair colour called ``shade``, a little off its middle where ``rng`` is given."""
    return _paint(_HAIR, shade, rng)


def skin(shade: str, rng: np.random.Generator | None = None) -> Paint:
    """Return the skin tone called ``shade``, a little off its middle where ``rng`` is given."""
    return _paint(_SKIN, shade, rng)


def draw_cloth(rng: np.random.Generator, among: tuple[str, ...] = CLOTH_SHADES, even: float = 0.3) -> Paint:
    """Return a random paint for clothes out of ``among``.

    Args:
        rng: where the chance comes from.
        among: shades to choose from.
        even: 0 draws as common as on the street, 1 draws every PETA colour alike.
    """
    return cloth(_draw(_CLOTH, among, rng, even), rng)


def draw_hair(rng: np.random.Generator) -> Paint:
    """Return a random hair colour."""
    return hair(_draw(_HAIR, HAIR_SHADES, rng, 0.2), rng)


def draw_skin(rng: np.random.Generator) -> Paint:
    """Return a random skin tone."""
    return skin(_draw(_SKIN, SKIN_SHADES, rng, 0.0), rng)


def choose(shares: Sequence[float], rng: np.random.Generator) -> int:
    """Return an index, drawn with chances proportional to ``shares``."""
    left = rng.random() * sum(shares)
    for index, share in enumerate(shares):
        left -= share
        if left < 0.0:
            return index
    return len(shares) - 1


def _draw(table: Shades, among: tuple[str, ...], rng: np.random.Generator, even: float) -> str:
    return among[choose(_shares(tuple((table[s][0], table[s][4]) for s in among), even), rng)]


@lru_cache(maxsize=256)
def _shares(shades: tuple[tuple[str, float], ...], even: float) -> tuple[float, ...]:
    """Return the chance of each (colour, how common): between as common and every colour alike."""
    colours = [colour for colour, _ in shades]
    total, different = sum(common for _, common in shades), len(set(colours))
    return tuple((1.0 - even) * common / total + even / colours.count(colour) / different for colour, common in shades)


def _paint(table: Shades, shade: str, rng: np.random.Generator | None) -> Paint:
    colour, red, green, blue, _ = table[shade]
    if rng is None:
        return Paint(colour, shade, (blue, green, red))
    lighter, *tint = rng.standard_normal(4).tolist()
    b, g, r = (
        min(max(round(value * (1.0 + 0.06 * lighter) + 0.018 * (value + 30.0) * t), 4), 250)
        for value, t in zip((blue, green, red), tint, strict=True)
    )
    return Paint(colour, shade, (b, g, r))
