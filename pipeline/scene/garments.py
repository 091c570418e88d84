"""Clothes as lofts: tops with sleeves and collars, trousers, shorts, skirts and shoes."""

from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt

from pipeline.scene.arrays import clamp
from pipeline.scene.body import LEG_AT, LEG_RADIUS, SHOULDER_AT, along, arm_radius
from pipeline.scene.build import Build
from pipeline.scene.gait import ANKLE, UPPER_LEG, Array, Bones, Skeleton
from pipeline.scene.loft import ROUND, SOFT, Finish, Loft
from pipeline.scene.material import Material
from pipeline.scene.outfit import SHORT_SLEEVES, Outfit, Sex, UpperKind
from pipeline.scene.texture import FOLDS

CRUMPLE, DRAPE, BUNCH, KNIT = (FOLDS.index(name) for name in ("crumple", "drape", "bunch", "knit"))
HIP_HEIGHT, CHEST_HEIGHT = 0.525, 0.695

# Height, half width and half depth of a man's and of a woman's trunk, how far ahead of the spine (man, woman).
_TRUNK = np.array([
    (0.46, 0.086, 0.058, 0.088, 0.060, -0.004, -0.004), (0.50, 0.091, 0.066, 0.099, 0.070, -0.008, -0.010),
    (0.53, 0.091, 0.068, 0.098, 0.069, -0.005, -0.007), (0.57, 0.085, 0.063, 0.086, 0.059, 0.000, 0.000),
    (0.61, 0.081, 0.060, 0.074, 0.054, 0.003, 0.002), (0.65, 0.083, 0.060, 0.074, 0.054, 0.003, 0.003),
    (0.70, 0.092, 0.063, 0.081, 0.063, 0.003, 0.008), (0.735, 0.099, 0.067, 0.086, 0.070, 0.003, 0.012),
    (0.77, 0.105, 0.066, 0.091, 0.062, 0.000, 0.004), (0.797, 0.104, 0.056, 0.090, 0.052, -0.005, -0.002),
    (0.815, 0.085, 0.045, 0.076, 0.042, -0.008, -0.006), (0.828, 0.056, 0.037, 0.050, 0.034, -0.008, -0.007),
    (0.840, 0.036, 0.033, 0.031, 0.029, -0.006, -0.006),
])  # fmt: skip
_HEM: dict[UpperKind, float] = {
    "t-shirt": 0.497, "v-neck": 0.50, "polo shirt": 0.495, "tank top": 0.505, "shirt": 0.488, "sweater": 0.505,
    "hoodie": 0.498, "jacket": 0.487, "suit jacket": 0.455, "coat": 0.36,
}  # fmt: skip
_THICK: dict[UpperKind, float] = {
    "t-shirt": 0.005, "v-neck": 0.004, "polo shirt": 0.005, "tank top": 0.003, "shirt": 0.006, "sweater": 0.008,
    "hoodie": 0.011, "jacket": 0.012, "suit jacket": 0.010, "coat": 0.014,
}  # fmt: skip
_HEAVY = ("hoodie", "jacket", "suit jacket", "coat", "sweater")
WAIST = 0.598


def trunk(bones: Skeleton, build: Build, height: Array) -> tuple[Array, Array, Array, Array]:
    """Return centre (k, 3), frame (k, 3, 3), half width and half depth (k,) of the bare trunk at ``height``."""
    measures = _measures(build)
    at = (height - _LOWEST) * (1.0 / _STEP)
    index = np.minimum(at.astype(np.int64), len(measures) - 2)
    wide, deep, ahead, up, below, above = (
        measures[index] + (measures[index + 1] - measures[index]) * (at - index)[:, None]
    ).T
    blend = (up * up * (3.0 - 2.0 * up))[:, None, None]
    frame = bones.pelvis_frame + (bones.chest_frame - bones.pelvis_frame) * blend
    weights = np.stack([1.0 - up, up, below, above, ahead * (1.0 - up), ahead * up], 1)
    (_, low_up, low_ahead), (_, high_up, high_ahead) = bones.pelvis_frame, bones.chest_frame
    points = np.array([bones.pelvis, bones.chest, low_up, high_up, low_ahead, high_ahead])
    return weights @ points, frame, wide, deep


_LOWEST, _STEP = 0.30, 0.01


@lru_cache(maxsize=64)
def _measures(build: Build) -> Array:
    """Return (k, 6) at each _STEP from _LOWEST.

    The columns: half width, half depth, how far ahead of the spine, where between pelvis and chest (0..1), and how far
    below the hips (negative) and above the chest.
    """
    plain, belly, band = _average(build.sex)
    out = plain.copy()
    out[:, 0] *= build.girth**0.75 * np.array([build.hips, build.shoulders**0.5, build.shoulders])[band]
    out[:, 1] *= build.girth
    out[:, 1:3] += build.belly * belly
    return out


@cache
def _average(sex: Sex) -> tuple[Array, Array, npt.NDArray[np.int64]]:
    """Return the average's measures, where a belly stands out, and the band: 0 hips, 1 chest, 2 shoulders."""
    height = _LOWEST + _STEP * np.arange(57)
    woman = 2 if sex == "woman" else 0
    columns = (1 + woman, 2 + woman, 5 + woman // 2)
    wide, deep, ahead = (np.interp(height, _TRUNK[:, 0], _TRUNK[:, column]) for column in columns)
    up = np.clip((height - HIP_HEIGHT) / (CHEST_HEIGHT - HIP_HEIGHT), 0.0, 1.0)
    below, above = np.minimum(height - HIP_HEIGHT, 0.0), np.maximum(height - CHEST_HEIGHT, 0.0)
    belly = 0.013 * np.exp(-(((height - 0.595) / 0.06) ** 2))[:, None]
    band = (height >= 0.60).astype(np.int64) + (height >= 0.80)
    return np.stack([wide, deep, ahead, up, below, above], 1), belly, band


def top_lofts(bones: Skeleton, outfit: Outfit, build: Build) -> list[Loft]:
    """Return the upper garment: trunk, sleeves, collar or hood."""
    kind = outfit.upper.kind
    return [_top(bones, kind, build), *(_sleeve(arm, kind, build) for arm in bones.arms), *_collar(bones, kind, build)]


def hem_height(kind: UpperKind, build: Build) -> float:
    """Return where the upper garment ends, as height above the ground in statures."""
    return WAIST - 0.012 if build.tucked else _HEM[kind] + 0.008 * ((build.seed >> 8) % 5 - 2)


def _top(bones: Skeleton, kind: UpperKind, build: Build) -> Loft:
    low = hem_height(kind, build)
    inner = _TRUNK[:, 0][_TRUNK[:, 0] > low + 0.012]
    height = np.concatenate([np.linspace(low, 0.44, 3)[:2] if low < 0.44 else [], [max(low, 0.44)], inner])
    centre, frame, wide, deep = trunk(bones, build, height)
    loose = min(max(0.35 * build.ease + (0.25 if kind in _HEAVY else 0.0), 0.1), 0.75)
    loose = 0.1 if kind == "tank top" or build.tucked else loose
    body = np.where(height < 0.74, 1.0, 0.0)  # cloth hangs from the chest and does not follow the waist
    chest_w, chest_d = np.interp(0.735, height, wide), np.interp(0.735, height, deep)
    wide = wide + body * loose * np.maximum(chest_w * 0.97 - wide, 0.0)
    deep = deep + body * loose * np.maximum(chest_d - deep, 0.0)
    thick = _THICK[kind] * (0.7 + 0.3 * build.ease)
    flare = clamp((0.53 - height) / 0.17, 0.0, 1.0) * (0.018 if kind == "coat" else 0.005)
    over = clamp((0.62 - height) / 0.04, 0.0, 1.0) * (0.0 if build.tucked else 0.007)  # above the trousers
    push, pull = _thighs(bones, height)
    finish = Finish(Material.TOP, ROUND, KNIT if kind == "sweater" else CRUMPLE, offset=build.seed % 241)
    fold = np.interp(height, [0.45, 0.50, 0.60, 0.70, 0.8, 0.84], [0.03, 0.035, 0.05, 0.035, 0.02, 0.0])
    depth = fold * (0.6 if kind in ("suit jacket", "coat") else 1.0)
    wide, deep = wide + thick + flare + over, deep + thick + flare + over
    thigh = build.girth**0.7 * 0.056 + 0.004 * build.ease
    wide = np.maximum(wide, (0.049 * build.hips + thigh + 0.006) * (height < 0.535) * (not build.tucked))
    reach = thigh + thick + (0.018 if kind == "coat" else 0.010)
    front = np.maximum(deep, (push - centre[:, 2] + reach) * (height < 0.535))
    back = np.maximum(deep, (centre[:, 2] - pull + reach) * (height < 0.515))
    centre = centre + frame[:, 2] * (0.5 * (front - back))[:, None]
    return Loft(finish, centre, frame, wide, 0.5 * (front + back), fold=depth)


def _thighs(bones: Skeleton, height: Array) -> tuple[Array, Array]:
    """Return how far ahead the front and the back thigh are at ``height``."""
    drop = clamp((HIP_HEIGHT - height) / UPPER_LEG, 0.0, 1.0)[:, None]
    ahead = [leg.joints[0, 2] + drop[:, 0] * (leg.joints[1, 2] - leg.joints[0, 2]) for leg in bones.legs]
    return np.maximum(*ahead), np.minimum(*ahead)


def sleeve_end(kind: UpperKind, build: Build) -> float:
    """Return where the sleeve ends, in bones from the shoulder: 0 none, 2 the wrist."""
    if kind == "tank top":
        return 0.0
    if kind in SHORT_SLEEVES:
        return 0.62 + 0.1 * ((build.seed >> 6) % 3)
    rolled = kind == "shirt" and (build.seed >> 10) % 4 == 0
    return 1.3 if rolled else 2.04


def _sleeve(arm: Bones, kind: UpperKind, build: Build) -> Loft:
    end = max(sleeve_end(kind, build), 0.08)
    at = np.array([*SHOULDER_AT, 0.02, 0.15, 0.35, 0.6, 0.85, 1.0, 1.15, 1.4, 1.7, 2.0])
    at = np.concatenate([at[at < end - 0.04], [end]])
    centre, frame = along(arm, at)
    thick = _THICK[kind] * (0.75 + 0.25 * build.ease)
    wider = np.interp(at, [-0.19, 0.0, 0.6, 2.0], [0.1, 0.5, 1.0, 1.1]) * thick
    if kind in SHORT_SLEEVES:
        wider = wider + clamp(at, 0.0, 1.0) * 0.008 * build.ease
    radius = arm_radius(at, build) + wider
    bend = np.exp(-(((at - 1.0) / 0.35) ** 2)) * arm.bend
    fold = np.where(at < 0.1, 0.0, 0.05 + 0.09 * bend + 0.05 * (at > 1.6))
    finish = Finish(Material.SLEEVE, ROUND, BUNCH, offset=(build.seed >> 3) % 239)
    return Loft(finish, centre - frame[:, 2] * 0.003, frame, radius, radius * 1.05, fold=fold)


def _collar(bones: Skeleton, kind: UpperKind, build: Build) -> list[Loft]:
    if kind in ("t-shirt", "v-neck", "tank top", "sweater"):
        return []
    tall = {"coat": 0.030, "jacket": 0.026, "hoodie": 0.020}.get(kind, 0.020)
    rise = np.array([-0.012, 0.0, 0.5 * tall, tall])
    up, ahead = bones.chest_frame[1], bones.chest_frame[2]
    centre = bones.neck + np.array([0.0, 0.006, 0.0]) + rise[:, None] * (up * 0.95 + ahead * 0.25)
    wide = np.array([0.046, 0.042, 0.040, 0.041]) * build.girth**0.5 + _THICK[kind] * 0.3
    finish = Finish(Material.COLLAR, ROUND, CRUMPLE, offset=17)
    cut = 0.9 if kind in ("jacket", "suit jacket", "coat", "shirt", "polo shirt") else 2.0
    lofts = [Loft(finish, centre - ahead * 0.004, bones.chest_frame, wide, wide * 0.95, cut=cut)]
    return [*lofts, _hood(bones)] if kind == "hoodie" else lofts


def _hood(bones: Skeleton) -> Loft:
    up, ahead = bones.chest_frame[1], bones.chest_frame[2]
    rise = np.array([-0.055, -0.045, -0.02, 0.008, 0.022, 0.026])
    back = np.array([0.040, 0.044, 0.044, 0.036, 0.030, 0.026])
    centre = bones.neck + rise[:, None] * up - back[:, None] * ahead
    wide = np.array([0.010, 0.034, 0.052, 0.058, 0.050, 0.030])
    finish = Finish(Material.COLLAR, ROUND, CRUMPLE, offset=91)
    return Loft(finish, centre, bones.chest_frame, wide, wide * 0.45, fold=0.06)


def lower_lofts(bones: Skeleton, outfit: Outfit, build: Build) -> list[Loft]:
    """Return trousers, shorts or a skirt."""
    if outfit.lower_kind in ("short skirt", "long skirt"):
        return [_skirt(bones, build, 0.33 if outfit.lower_kind == "short skirt" else 0.14)]
    ends = {"trousers": 2.06, "jeans": 2.06, "shorts": 0.86}
    top = WAIST if build.tucked else min(hem_height(outfit.upper.kind, build) + 0.03, WAIST)
    start = leg_start(outfit.upper.kind, build)
    return [
        _hips(bones, build, top),
        *(_trouser_leg(leg, build, (start, ends[outfit.lower_kind]), i) for i, leg in enumerate(bones.legs)),
    ]


def leg_start(kind: UpperKind, build: Build) -> float:
    """Return where trouser legs begin, in bones from the hip: what the upper garment hides is left out."""
    hidden = (HIP_HEIGHT - hem_height(kind, build)) / UPPER_LEG - 0.10
    return 0.0 if build.tucked else max(hidden, 0.0)


def _hips(bones: Skeleton, build: Build, top: float) -> Loft:
    height = 0.462 + (max(top, 0.50) - 0.462) * np.array([0.0, 0.1, 0.3, 0.5, 0.8, 1.0])
    centre, frame, wide, deep = trunk(bones, build, height)
    closing = np.interp(height, [0.462, 0.475, 0.50], [0.72, 0.9, 1.0])
    finish = Finish(Material.HIPS, ROUND, CRUMPLE, offset=(build.seed >> 5) % 233)
    return Loft(finish, centre, frame, wide * closing + 0.003, deep * closing + 0.003, fold=0.02)


def _trouser_leg(leg: Bones, build: Build, span: tuple[float, float], side: int) -> Loft:
    """Return one leg of trousers over ``span`` (begin and end in bones from the hip)."""
    start, end = span
    at = np.concatenate([[start], LEG_AT[(start + 0.03 < LEG_AT) & (end - 0.05 > LEG_AT)], [end]])
    centre, frame = along(leg, at)
    radius = np.interp(at, LEG_AT, LEG_RADIUS) * build.girth**0.7
    straight = np.interp(at, [0.0, 1.0, 2.0], [0.0, 0.040, 0.026 + 0.011 * build.ease])
    radius = np.maximum(radius + 0.003 + 0.004 * build.ease, straight)
    if end < 1.0:
        radius = radius + clamp(at, 0.0, 1.0) * 0.012 * (0.4 + build.ease)
    calf = np.exp(-(((at - 1.4) / 0.3) ** 2)) * 0.004
    knee = np.exp(-(((at - 1.0) / 0.3) ** 2)) * (0.03 + 0.06 * leg.bend)
    hem = clamp((at - 1.6) / 0.4, 0.0, 1.0) * 0.07
    finish = Finish(Material.LEG, ROUND, BUNCH, offset=(build.seed >> 7) % 229 + 60 * side)
    fold = 0.02 + knee + hem * min(build.ease, 1.0)
    return Loft(finish, centre - frame[:, 2] * calf[:, None], frame, radius * 0.96, radius, fold=fold)


def _skirt(bones: Skeleton, build: Build, hem: float) -> Loft:
    height = np.array([WAIST, 0.56, 0.52, 0.47])
    centre, frame, wide, deep = trunk(bones, build, height)
    falls = np.linspace(0.42, hem, 5)
    knees = np.array([along(leg, (HIP_HEIGHT - falls) / 0.238)[0] for leg in bones.legs])  # (2, k, 3)
    middle = knees.mean(0)
    reach = clamp((0.5 - falls) / 0.2, 0.0, 1.6)
    apart = np.abs(knees[0] - knees[1]) * 0.5
    middle[:, 1] = bones.pelvis[1] + falls - HIP_HEIGHT
    wide = np.concatenate([wide + 0.004, apart[:, 0] + 0.054 + 0.013 * reach * build.ease])
    deep = np.concatenate([deep + 0.004, np.maximum(apart[:, 2], 0.014) + 0.054 + 0.010 * reach])
    wide[-5:] = np.maximum(wide[-5:], wide[3] * 0.96)
    frames = np.concatenate([frame, np.broadcast_to(bones.pelvis_frame, (5, 3, 3))])
    fold = np.concatenate([[0.0, 0.015, 0.02, 0.03], 0.04 + 0.04 * reach])
    finish = Finish(Material.HIPS, ROUND, DRAPE, offset=(build.seed >> 5) % 233)
    return Loft(finish, np.concatenate([centre, middle]), frames, wide, deep, fold=fold)


def shoe_lofts(bones: Skeleton, outfit: Outfit, build: Build) -> list[Loft]:
    """Return both shoes, and the shafts of boots."""
    lofts = [_shoe(leg, outfit, build) for leg in bones.legs]
    if outfit.shoe_kind == "boots" and outfit.lower_kind not in ("trousers", "jeans"):
        lofts += [_shaft(leg) for leg in bones.legs]
    return lofts


def _shoe(leg: Bones, outfit: Outfit, build: Build) -> Loft:
    size = 1.0 if build.sex == "man" else 0.93
    reach = np.array([-0.043, -0.038, -0.022, 0.0, 0.03, 0.065, 0.092, 0.108, 0.114]) * size
    wide = np.array([0.006, 0.017, 0.0225, 0.024, 0.0245, 0.0275, 0.025, 0.016, 0.005]) * size
    tall = np.array([0.013, 0.026, 0.031, 0.033, 0.029, 0.020, 0.0155, 0.0125, 0.008])
    sleek = 0.9 if outfit.shoe_kind == "leather shoes" else 1.0
    sole = leg.joints[2] - leg.tip[1] * ANKLE
    centre = sole + leg.tip[2] * reach[:, None] + leg.tip[1] * (tall * sleek)[:, None]
    frame = np.array([leg.tip[0], leg.tip[2], leg.tip[1]])  # sections stand upright across the foot
    return Loft(Finish(Material.SHOE, SOFT), centre, frame, wide * sleek, tall * sleek)


def _shaft(leg: Bones) -> Loft:
    at = np.array([1.55, 1.6, 1.75, 1.9, 2.05])
    centre, frame = along(leg, at)
    radius = np.array([0.030, 0.0345, 0.033, 0.030, 0.029])
    finish = Finish(Material.SHOE, ROUND, BUNCH, offset=40)
    return Loft(finish, centre, frame, radius, radius, fold=0.05)
