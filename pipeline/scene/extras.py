"""What a walker carries and wears on the head, as lofts."""

import numpy as np

from pipeline.scene.arrays import clamp
from pipeline.scene.build import Build
from pipeline.scene.gait import Array, Skeleton
from pipeline.scene.garments import trunk
from pipeline.scene.loft import BOX, ROUND, SOFT, Finish, Loft, tube
from pipeline.scene.material import Material
from pipeline.scene.outfit import Outfit
from pipeline.scene.texture import FOLDS

CRUMPLE, KNIT = FOLDS.index("crumple"), FOLDS.index("knit")
_UPRIGHT = np.eye(3)


def bag_lofts(bones: Skeleton, outfit: Outfit, build: Build) -> list[Loft]:
    """Return the bag and its straps or handles."""
    thick = 0.014 if outfit.upper.kind in ("coat", "jacket", "hoodie") else 0.008
    if outfit.bag_kind == "backpack":
        return _backpack(bones, build, thick)
    if outfit.bag_kind == "shoulder bag":
        return _shoulder_bag(bones, build, thick)
    if outfit.bag_kind == "handbag":
        return _handbag(bones, build)
    if outfit.bag_kind == "suitcase":
        return _suitcase(bones, build)
    return []


def _backpack(bones: Skeleton, build: Build, thick: float) -> list[Loft]:
    size = 0.92 + 0.25 * ((build.seed >> 9) % 10) / 10.0
    height = 0.80 - np.array([0.205, 0.200, 0.185, 0.12, 0.06, 0.02, 0.005, 0.0]) * size
    centre, frame, _, deep = trunk(bones, build, height)
    bulge = np.array([0.020, 0.034, 0.046, 0.048, 0.040, 0.032, 0.020, 0.008]) * size
    wide = np.array([0.050, 0.068, 0.076, 0.080, 0.078, 0.068, 0.052, 0.022]) * size
    back = centre - frame[:, 2] * (np.interp(0.74, height[::-1], deep[::-1]) + thick + bulge * 0.75)[:, None]
    finish = Finish(Material.BAG, SOFT, CRUMPLE, offset=build.seed % 227)
    pack = Loft(finish, back, frame, wide, bulge, fold=0.05)
    low, top = 0.80 - 0.06 * size, 0.80 - 0.15 * size
    pocket_height = np.array([top - 0.03, top - 0.025, low - 0.02, low - 0.015]) - 0.01
    middle, frames, _, _ = trunk(bones, build, pocket_height)
    outer = middle - frames[:, 2] * (np.interp(0.74, height[::-1], deep[::-1]) + thick + 0.086 * size)
    pocket = Loft(finish, outer, frames, np.array([0.03, 0.055, 0.058, 0.03]) * size, np.full(4, 0.014), fold=0.03)
    return [pack, pocket, *(_backpack_strap(bones, build, thick, sign) for sign in (1.0, -1.0))]


def _backpack_strap(bones: Skeleton, build: Build, thick: float, sign: float) -> Loft:
    height = np.array([0.785, 0.812, 0.822, 0.815, 0.79, 0.75, 0.70, 0.65, 0.63])
    aside = np.array([0.055, 0.058, 0.060, 0.062, 0.068, 0.076, 0.088, 0.098, 0.092])
    ahead = np.array([-1.1, -0.9, -0.2, 0.6, 0.92, 1.0, 0.75, 0.2, -0.5])
    return _strap(bones, build, np.stack([height, aside * sign, ahead]), thick, 0.0115)


def _strap(bones: Skeleton, build: Build, path: Array, thick: float, radius: float) -> Loft:
    """Return a ribbon on the trunk.

    Args:
        bones: the walker's pose.
        build: the walker's build.
        path: (3, k) height above the ground, how far to the left, and 1 on the chest, -1 on the back, 0 on the side.
        thick: of the clothes below it.
        radius: of the ribbon.
    """
    height, aside, ahead = path
    centre, frame, wide, deep = trunk(bones, build, height)
    reach = clamp(1.0 - (aside / (wide + thick)) ** 2, 0.0, 1.0) ** 0.5
    lift = np.where(np.abs(ahead) < 0.5, 0.0, reach)
    depth = np.sign(ahead) * np.where(np.abs(ahead) > 0.5, np.abs(ahead) * (deep + thick) * lift, np.abs(ahead) * deep)
    points = centre + frame[:, 0] * aside[:, None] + frame[:, 2] * depth[:, None]
    return tube(Finish(Material.STRAP, SOFT), points, radius, 0.5)


def _shoulder_bag(bones: Skeleton, build: Build, thick: float) -> list[Loft]:
    """Return a bag at the hip; its strap crosses the chest, or hangs from the same shoulder."""
    side = float(build.side)
    across = (build.seed >> 11) % 5 < 3
    size = 0.85 + 0.35 * ((build.seed >> 13) % 10) / 10.0
    drop = 0.0 if across else 0.03
    rise = np.array([-0.071, -0.070, -0.066, -0.03, 0.02, 0.048, 0.052, 0.053]) * size
    centre, frame, wide, _ = trunk(bones, build, np.full(8, 0.52 + drop))
    middle = centre + frame[:, 0] * side * (wide + thick + 0.030)[:, None] + _UPRIGHT[1] * rise[:, None]
    middle = middle - frame[:, 2] * 0.01
    thin = np.array([0.001, 0.014, 0.026, 0.028, 0.024, 0.018, 0.008, 0.001]) * size
    long = np.array([0.04, 0.07, 0.082, 0.084, 0.080, 0.074, 0.06, 0.04]) * size
    finish = Finish(Material.BAG, BOX, CRUMPLE, offset=build.seed % 223)
    bag = Loft(finish, middle, frame, thin, long, fold=0.035)
    straps = _strap_across if across else _straps_from_shoulder
    return [bag, *straps(bones, build, thick, middle[5])]


def _strap_across(bones: Skeleton, build: Build, thick: float, clasp: Array) -> list[Loft]:
    height = np.array([0.60, 0.66, 0.72, 0.77, 0.805, 0.822])
    aside = np.array([0.082, 0.050, 0.012, -0.022, -0.046, -0.055]) * build.side
    ahead = np.array([0.9, 1.0, 1.02, 1.0, 0.9, 0.2])
    lofts = [_strap(bones, build, np.stack([height, aside, ahead * sign]), thick, 0.0075) for sign in (1.0, -1.0)]
    return [*lofts, *(_strap_end(bones, build, clasp, sign, thick) for sign in (1.0, -1.0))]


def _straps_from_shoulder(bones: Skeleton, build: Build, thick: float, clasp: Array) -> list[Loft]:
    side = float(build.side)
    lofts = []
    for ahead in (1.0, -1.0):
        centre, frame, _, deep = trunk(bones, build, np.array([0.828, 0.80, 0.74, 0.66]))
        aside = np.array([0.078, 0.088, 0.108, 0.118]) * build.shoulders + thick
        depth = np.array([0.0, 0.62, 0.72, 0.62]) * ahead * (deep[1:3].mean() + thick)
        path = centre + frame[:, 0] * (side * aside)[:, None] + frame[:, 2] * depth[:, None]
        path = np.concatenate([path, [clasp + frame[0, 2] * 0.035 * ahead]])
        lofts.append(tube(Finish(Material.STRAP, SOFT), path, 0.006, 0.6))
    return lofts


def _strap_end(bones: Skeleton, build: Build, clasp: Array, ahead: float, thick: float) -> Loft:
    centre, frame, wide, deep = trunk(bones, build, np.array([0.60]))
    begin = centre[0] + frame[0, 0] * build.side * 0.082 + frame[0, 2] * ahead * (deep[0] + thick) * 0.5
    middle = centre[0] + frame[0, 0] * build.side * (wide[0] + thick + 0.01) + frame[0, 2] * ahead * 0.03
    return tube(Finish(Material.STRAP, SOFT), np.array([begin, 0.5 * (middle + clasp), clasp]), 0.0075, 0.6)


def _handbag(bones: Skeleton, build: Build) -> list[Loft]:
    """Return a bag in the hand, or on the crook of a bent arm."""
    arm = bones.arms[0 if build.side > 0 else 1]
    bent = arm.bend > 0.6
    grip = 0.5 * (arm.joints[1] + arm.joints[2]) if bent else arm.joints[2] - arm.tip[1] * 0.055 + arm.tip[2] * 0.01
    size = 0.8 + 0.45 * ((build.seed >> 13) % 10) / 10.0
    drop = 0.060
    rise = -drop - np.array([0.106, 0.105, 0.100, 0.06, 0.01, 0.0]) * size
    centre = grip + _UPRIGHT[1] * rise[:, None] + _UPRIGHT[0] * (0.008 * build.side)
    thin = np.array([0.001, 0.016, 0.028, 0.028, 0.018, 0.006]) * size
    long = np.array([0.04, 0.066, 0.078, 0.078, 0.068, 0.060]) * size
    bag = Loft(Finish(Material.BAG, BOX, CRUMPLE, offset=build.seed % 223), centre, _UPRIGHT, thin, long, fold=0.03)
    lofts = [bag]
    for aside in (0.010, -0.010):
        ends = np.array([[aside, -drop - 0.004, 0.042], [aside, -drop * 0.35, 0.030], [aside * 0.5, 0.004, 0.0]])
        path = np.concatenate([ends, ends[1::-1] * np.array([1.0, 1.0, -1.0])])
        lofts.append(tube(Finish(Material.STRAP), grip + path, 0.0045))
    return lofts


def _suitcase(bones: Skeleton, build: Build) -> list[Loft]:
    """Return a case on wheels behind the walker, tipped towards the hand that pulls it."""
    arm = bones.arms[0 if build.side > 0 else 1]
    hand = arm.joints[2] - arm.tip[1] * 0.05
    wheels = np.array([hand[0] + 0.01 * build.side, 0.022, hand[2] - 0.40])
    pull = hand - wheels
    length = float(np.sqrt(pull @ pull))
    up = pull / length
    ahead = np.array([0.0, -up[2], up[1]])
    frame = np.array([_UPRIGHT[0], up, ahead / np.sqrt(ahead @ ahead)])
    size = 0.95 + 0.2 * ((build.seed >> 13) % 10) / 10.0
    reach = np.array([0.003, 0.004, 0.010, 0.03, 0.29, 0.31, 0.316, 0.317]) * size
    wide = np.array([0.01, 0.085, 0.103, 0.108, 0.108, 0.104, 0.085, 0.01]) * size
    deep = np.array([0.002, 0.04, 0.056, 0.060, 0.060, 0.056, 0.04, 0.002]) * size
    case = Loft(Finish(Material.BAG, BOX, 0), wheels + up * reach[:, None], frame, wide, deep)
    rods = [
        tube(Finish(Material.METAL), np.array([wheels + up * 0.30 * size, hand]) + frame[0] * aside, 0.0045)
        for aside in (0.022, -0.022)
    ]
    turns = [
        tube(Finish(Material.METAL), wheels + frame[0] * np.array([[a - 0.008], [a], [a + 0.008]]) - up * 0.004, 0.018)
        for a in (0.08, -0.08)
    ]
    grip = tube(Finish(Material.METAL), hand + frame[0] * np.array([[-0.03], [0.0], [0.03]]), 0.007)
    return [case, *rods, *turns, grip]


def hat_lofts(bones: Skeleton, outfit: Outfit, build: Build) -> list[Loft]:
    """Return a cap, beanie or hat."""
    if outfit.hat_kind == "none":
        return []
    up, ahead = bones.head_frame[1], bones.head_frame[2]
    size = build.head
    low = {"cap": 0.092, "beanie": 0.076, "hat": 0.094}[outfit.hat_kind]
    high = {"cap": 0.146, "beanie": 0.152, "hat": 0.162}[outfit.hat_kind]
    at = low + (high - low) * np.array([0.0, 0.35, 0.62, 0.85, 0.97, 1.0])
    bulk = np.array([1.0, 1.0, 0.93, 0.72, 0.40, 0.05])
    if outfit.hat_kind == "hat":
        bulk = np.array([1.0, 0.98, 0.95, 0.88, 0.70, 0.05])
    folds = KNIT if outfit.hat_kind == "beanie" else CRUMPLE
    centre = bones.head + at[:, None] * size * up - ahead * 0.003
    finish = Finish(Material.HAT, ROUND, folds, offset=build.seed % 211)
    dome = Loft(finish, centre, bones.head_frame, bulk * 0.0495 * size, bulk * 0.0605 * size, fold=0.02)
    if outfit.hat_kind == "beanie":
        return [dome]
    return [dome, _brim(bones, size, low, cap=outfit.hat_kind == "cap")]


def _brim(bones: Skeleton, size: float, low: float, *, cap: bool) -> Loft:
    up, ahead = bones.head_frame[1], bones.head_frame[2]
    drop = np.array([-0.008, -0.004, 0.004, 0.006])
    out = np.array([0.036, 0.034, 0.006, 0.0]) if cap else np.array([0.040, 0.038, 0.010, 0.0])
    centre = bones.head + (low + drop)[:, None] * size * up
    finish = Finish(Material.HAT, ROUND, 0, cut_sign=-1.0 if cap else 1.0)
    wide = 0.047 + out * (0.15 if cap else 1.0)
    frame = bones.head_frame
    return Loft(finish, centre + ahead * 0.002, frame, wide * size, (0.058 + out) * size, cut=-0.3 if cap else 2.0)
