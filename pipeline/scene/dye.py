"""What colour each point of a walker has under white light: patterns, seams, faces, wear."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from pipeline.scene.arrays import clamp
from pipeline.scene.build import Build
from pipeline.scene.gait import UPPER_LEG
from pipeline.scene.garments import WAIST, hem_height, leg_start, sleeve_end
from pipeline.scene.material import Material
from pipeline.scene.outfit import Outfit
from pipeline.scene.raster import Surface
from pipeline.scene.texture import grain

Float32 = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Part:
    """The pixels of one material, as flat arrays."""

    index: npt.NDArray[np.int64]
    along: Float32
    across: Float32
    cosine: Float32
    sine: Float32


@lru_cache(maxsize=4096)
def linear(bgr: tuple[int, int, int]) -> Float32:
    """Return gamma-encoded 0..255 as linear 0..1 float32, not to be written to."""
    out = np.array([(value / 255.0) ** 2.2 for value in bgr], np.float32)
    out.flags.writeable = False
    return out


def albedo(surface: Surface, outfit: Outfit, build: Build) -> Float32:
    """Return (3, n) linear BGR: what share of the light each point throws back."""
    base = _base(outfit)
    colour = np.ascontiguousarray(base[surface.material].T)
    colour *= _wear(surface, build)
    painters = {
        Material.TOP: _paint_top, Material.SLEEVE: _paint_sleeve, Material.HIPS: _paint_hips,
        Material.LEG: _paint_leg, Material.FACE: _paint_face, Material.SHOE: _paint_shoe,
        Material.BAG: _paint_bag,
    }  # fmt: skip
    for material, paint in painters.items():
        index = np.flatnonzero(surface.material == material)
        if len(index):
            fields = (surface.along, surface.across, surface.cosine, surface.sine)
            paint(colour, _Part(index, *(field[index] for field in fields)), outfit, build)
    return colour


def _base(outfit: Outfit) -> Float32:
    """Return (materials, 3) linear colours."""
    table = np.zeros((len(Material), 3), np.float32)
    table[[Material.SKIN, Material.FACE]] = linear(outfit.skin.bgr)
    table[Material.HAIR] = linear(outfit.hair.bgr)
    table[[Material.TOP, Material.SLEEVE, Material.COLLAR]] = linear(outfit.upper.paint.bgr)
    table[[Material.HIPS, Material.LEG]] = linear(outfit.lower.bgr)
    table[Material.SHOE] = linear(outfit.shoes.bgr)
    if outfit.bag is not None:
        table[Material.BAG] = linear(outfit.bag.bgr)
        table[Material.STRAP] = linear(outfit.bag.bgr) * np.float32(0.75)
    if outfit.hat is not None:
        table[Material.HAT] = linear(outfit.hat.bgr)
    table[Material.METAL] = 0.14
    return table


def _wear(surface: Surface, build: Build) -> Float32:
    """Return how uneven the dye is: grain, and dirt in the valleys of the folds."""
    rows = (surface.along * 700.0).astype(np.int64) + build.seed % 199
    columns = (surface.cosine * 60.0 + surface.sine * 17.0).astype(np.int64) + surface.material * 37
    uneven = grain()[rows & 255, columns & 255]
    strong = np.full(len(Material), 0.055, np.float32)
    strong[[Material.SKIN, Material.FACE]] = 0.03
    strong[Material.HAIR] = 0.10
    out = 1.0 + uneven * strong[surface.material] + 1.6 * np.minimum(surface.fold, 0.02)
    return np.asarray(clamp(out, 0.4, 1.5), np.float32)


def _put(colour: Float32, part: _Part, where: Mask, paint: Float32, share: float = 1.0) -> None:
    """Mix ``paint`` (3,) linear into the pixels of ``part`` where ``where`` is true."""
    at = part.index[where]
    colour[:, at] *= 1.0 - share
    colour[:, at] += share * paint[:, None]


def _scale(colour: Float32, part: _Part, where: Mask, by: float) -> None:
    colour[:, part.index[where]] *= by


def _trim(outfit: Outfit) -> Float32:
    return linear((outfit.upper.trim or outfit.upper.paint).bgr)


def _paint_top(colour: Float32, part: _Part, outfit: Outfit, build: Build) -> None:
    upper = outfit.upper
    height = part.along + hem_height(upper.kind, build)
    front = part.sine > 0.0
    _pattern(colour, part, outfit, part.along)
    if upper.pattern == "logo":
        _print(colour, part, outfit, build, height)
    if upper.kind in ("jacket", "suit jacket") and upper.trim is not None:
        _open_front(colour, part, outfit, build, height)
    elif upper.kind in ("shirt", "coat", "polo shirt"):
        low = 0.72 if upper.kind == "polo shirt" else 0.0
        seam = front & (height > low)
        _scale(colour, part, seam & (np.abs(part.across - 0.006) < 0.0022), 0.62)
        spots = np.abs(np.mod(height * 22.0, 1.0) - 0.5) < 0.11
        _put(colour, part, seam & spots & (np.abs(part.across) < 0.0032), linear((190, 200, 205)), 0.5)
    _neckline(colour, part, outfit, height)
    if upper.kind in ("sweater", "hoodie", "jacket"):
        _scale(colour, part, part.along < 0.018, 0.82)
    elif not build.tucked:
        _scale(colour, part, part.along < 0.005, 0.7)
    if upper.kind == "hoodie":
        pocket = front & (np.abs(np.abs(part.across) - 0.05 + (height - 0.56) * 0.3) < 0.003) & (height < 0.6)
        _scale(colour, part, pocket, 0.6)


def _pattern(colour: Float32, part: _Part, outfit: Outfit, along: Float32) -> None:
    """Put stripes or checks around the body."""
    upper = outfit.upper
    if upper.pattern == "thin stripes":
        _put(colour, part, np.mod(along * 46.0, 1.0) < 0.38, _trim(outfit))
    elif upper.pattern == "thick stripes":
        _put(colour, part, np.mod(along * 15.0 + 0.2, 1.0) < 0.45, _trim(outfit))
    elif upper.pattern == "plaid":
        level = np.mod(along * 28.0, 1.0)
        upright = np.mod(np.arctan2(part.sine, part.cosine) * 2.6, 1.0)
        _put(colour, part, level < 0.42, _trim(outfit), 0.55)
        _put(colour, part, upright < 0.42, _trim(outfit), 0.55)
        _scale(colour, part, (np.abs(level - 0.75) < 0.05) | (np.abs(upright - 0.75) < 0.05), 0.5)


def _print(colour: Float32, part: _Part, outfit: Outfit, build: Build, height: Float32) -> None:
    """Put letters or a blot on the chest."""
    style = build.seed % 3
    x, y = part.across * 1000.0, (height - 0.735) * 1000.0
    front = part.sine > 0.15
    if style == 0:  # a line of letters
        cell = np.mod(x, 15.0)
        letter = (cell < 11.0) & ~(
            (np.abs(cell - 5.5) < 2.0) & (np.mod(np.floor(x / 15.0), 2.0) == 0) & (np.abs(y) > 3)
        )
        marks = letter & (np.abs(y) < 13.0) & (np.abs(x) < 52.0)
    elif style == 1:  # a round badge
        radius = np.hypot(x, y + 10.0)
        marks = (radius < 38.0) & ~((radius > 27.0) & (radius < 31.0)) & ~((np.abs(y + 10.0) < 4.0) & (radius < 26.0))
    else:  # a block of ragged lines
        shade = grain()[(y / 9.0).astype(np.int64) & 255, (x / 6.0 + build.seed % 97).astype(np.int64) & 255]
        marks = (np.abs(x) < 44.0) & (np.abs(y + 14.0) < 40.0) & (shade > -0.4)
    _put(colour, part, front & marks, _trim(outfit), 0.92)


def _open_front(colour: Float32, part: _Part, outfit: Outfit, build: Build, height: Float32) -> None:
    """Show the shirt between the two sides of a jacket, a tie on it, and dark edges or lapels."""
    suit = outfit.upper.kind == "suit jacket"
    if suit:
        width = clamp((height - 0.60) * 0.30, 0.0, 0.045)
    else:
        width = clamp(0.012 + 0.05 * build.opening + (height - 0.66) * 0.10, 0.010, 0.075)
    front = part.sine > 0.0
    beside = np.abs(part.across) - width
    _put(colour, part, front & (beside < 0.0), _trim(outfit))
    _scale(colour, part, front & (np.abs(beside) < 0.0028), 0.45)
    if suit:
        _scale(colour, part, front & (np.abs(beside - 0.016) < 0.0016) & (height > 0.66), 0.6)
        tie = front & (beside < -0.003) & (np.abs(part.across) < 0.009)
        if outfit.sex == "man" and build.seed % 5 < 3:
            _put(colour, part, tie, linear(_TIES[build.seed % len(_TIES)]))
        _scale(colour, part, front & (width <= 0.001) & (np.abs(part.across) < 0.002), 0.5)


_TIES = ((60, 30, 28), (30, 26, 120), (70, 66, 64), (90, 50, 30))


def _neckline(colour: Float32, part: _Part, outfit: Outfit, height: Float32) -> None:
    kind = outfit.upper.kind
    skin = linear(outfit.skin.bgr)
    front = part.sine > 0.0
    if kind == "v-neck":
        edge = (height - 0.765) * 0.62
        _put(colour, part, front & (np.abs(part.across) < edge), skin)
        _scale(colour, part, front & (np.abs(np.abs(part.across) - edge) < 0.003) & (height > 0.76), 0.75)
    elif kind == "tank top":
        scoop = front & (height > 0.775 + 6.0 * part.across**2)
        _put(colour, part, scoop | (height > 0.832), skin)
        _put(colour, part, (np.abs(part.across) > 0.078) & (height > 0.765), skin)
    elif kind in ("t-shirt", "sweater"):
        _put(colour, part, height > np.where(front, 0.826, 0.836), skin)
        _scale(colour, part, np.abs(height - np.where(front, 0.822, 0.832)) < 0.004, 0.8)


def _paint_sleeve(colour: Float32, part: _Part, outfit: Outfit, build: Build) -> None:
    upper = outfit.upper
    if upper.kind == "tank top":
        _put(colour, part, np.ones(len(part.index), bool), linear(outfit.skin.bgr))
        return
    _pattern(colour, part, outfit, part.along + 0.02)
    length = (sleeve_end(upper.kind, build) + 0.19) * 0.170
    _scale(colour, part, part.along > length - 0.010, 0.78)
    seam = np.abs(part.along - 0.030) < 0.0025
    _scale(colour, part, seam, 0.85)


def _paint_hips(colour: Float32, part: _Part, outfit: Outfit, build: Build) -> None:
    if "skirt" in outfit.lower_kind:
        _scale(colour, part, part.along < 0.012, 0.8)
        return
    height = part.along + 0.462
    front = part.sine > 0.0
    _scale(colour, part, front & (np.abs(part.across) < 0.002), 0.7)
    pocket = np.abs(height - 0.575 + np.abs(part.across) * 0.5) < 0.003
    _scale(colour, part, front & pocket & (np.abs(part.across) > 0.04), 0.65)
    if outfit.lower_kind == "jeans":
        patch = (np.abs(np.abs(part.across) - 0.045) < 0.026) & (np.abs(height - 0.535) < 0.03)
        _scale(colour, part, ~front & patch, 0.86)
    if build.tucked and outfit.lower_kind != "shorts":
        _put(colour, part, height > WAIST - 0.026, linear((24, 30, 40)))
        _put(colour, part, (height > WAIST - 0.024) & front & (np.abs(part.across) < 0.01), linear((150, 160, 165)))


def _paint_leg(colour: Float32, part: _Part, outfit: Outfit, build: Build) -> None:
    down = part.along + np.float32(leg_start(outfit.upper.kind, build) * UPPER_LEG)  # from the hip
    if outfit.lower_kind == "jeans":
        worn = np.exp(-(((down - 0.12) / 0.09) ** 2)) + 0.5 * np.exp(-(((down - 0.27) / 0.05) ** 2))
        fade = worn * clamp(part.sine, 0.0, 1.0) * (0.25 + 0.35 * ((build.seed >> 15) % 10) / 10.0)
        white = np.float32(0.55) if sum(outfit.lower.bgr) > 135 else np.float32(0.2)
        colour[:, part.index] += fade * (white - colour[:, part.index]) * np.float32(0.4)
    elif outfit.lower_kind == "trousers" and build.seed % 3 == 0:
        _scale(colour, part, (part.sine > 0.985) & (down > 0.04), 1.18)
    _scale(colour, part, (np.abs(part.sine) < 0.05) & (np.abs(part.cosine) > 0.5), 0.82)
    _scale(colour, part, down > (0.195 if outfit.lower_kind == "shorts" else 0.488), 0.75)


def _paint_face(colour: Float32, part: _Part, outfit: Outfit, build: Build) -> None:
    """Put eyes, brows, lips, cheeks and a beard on the front of the head."""
    height = part.along - 0.017  # above the chin, about: the loft begins under it
    front = part.sine > 0.3
    aside = np.abs(part.across)
    hair = linear(outfit.hair.bgr)
    socket = front & (np.abs(height - 0.066) < 0.010) & (np.abs(aside - 0.0165) < 0.011)
    _scale(colour, part, socket, 0.78)
    eye = front & (np.abs(height - 0.064) < 0.0035) & (np.abs(aside - 0.0165) < 0.0068)
    _put(colour, part, eye, linear((196, 200, 202)), 0.5)
    _put(colour, part, eye & (np.abs(aside - 0.0165) < 0.0036), linear((22, 26, 34)), 0.9)
    brow = front & (np.abs(height - 0.077) < 0.0026) & (np.abs(aside - 0.017) < 0.010)
    _put(colour, part, brow, hair * 0.8, 0.7)
    lips = front & (np.abs(height - 0.026) < 0.0042) & (aside < 0.0125)
    mouth = linear((92, 84, 160)) if outfit.sex == "woman" else linear((96, 98, 150))
    _put(colour, part, lips, mouth * (0.4 + 0.8 * linear(outfit.skin.bgr).mean()), 0.55)
    cheeks = front & (np.hypot(height - 0.045, aside - 0.026) < 0.012)
    _put(colour, part, cheeks, colour[:, part.index].mean(1) * np.array([0.82, 0.86, 1.06], np.float32), 0.5)
    if build.beard > 0.0:
        jaw = (part.sine > -0.1) & (height < 0.036 + 0.012 * (aside > 0.03)) & ~lips
        _put(colour, part, jaw, hair, 0.35 + 0.5 * build.beard)


def _paint_shoe(colour: Float32, part: _Part, outfit: Outfit, build: Build) -> None:
    sole = part.sine < -0.62
    if outfit.shoe_kind == "sneakers":
        _put(colour, part, sole, linear((205, 208, 210)), 0.85)
        _put(colour, part, (part.sine > 0.9) & (np.mod(part.along * 120.0, 1.0) < 0.4) & (part.along < 0.115),
             linear((190, 190, 190)), 0.4)  # fmt: skip
        side = (np.abs(part.sine) < 0.4) & (np.abs(part.along - 0.07) < 0.02)
        _scale(colour, part, side, 1.35 if build.seed % 2 else 0.7)
    else:
        _put(colour, part, sole, linear((20, 22, 26)), 0.8)


def _paint_bag(colour: Float32, part: _Part, outfit: Outfit, build: Build) -> None:
    if outfit.bag_kind == "backpack":
        zip_line = np.abs(part.along - 0.175) < 0.003
        _scale(colour, part, zip_line, 0.5)
        _scale(colour, part, part.along < 0.025, 0.7)
        tag = (np.abs(part.across) < 0.016) & (np.abs(part.along - 0.155) < 0.006) & (part.sine < -0.5)
        _put(colour, part, tag & (build.seed % 2 == 0), linear((200, 205, 210)), 0.7)
    elif outfit.bag_kind == "suitcase":
        ribs = (np.mod(part.across * 42.0, 1.0) < 0.18) & (np.abs(part.sine) > 0.4)
        _scale(colour, part, ribs, 0.72)
    else:
        _scale(colour, part, np.abs(part.along - 0.08) < 0.003, 0.6)
