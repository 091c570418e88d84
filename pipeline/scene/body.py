"""Skin and hair as lofts: head, neck, arms, hands and legs."""

from collections.abc import Sequence

import numpy as np

from pipeline.scene.arrays import clamp
from pipeline.scene.build import Build
from pipeline.scene.gait import Array, Bones, Skeleton
from pipeline.scene.loft import ROUND, SOFT, Finish, Loft, tube
from pipeline.scene.material import Material
from pipeline.scene.outfit import Outfit
from pipeline.scene.texture import FOLDS

STRANDS = FOLDS.index("strands")

# Height above the chin, half width, half depth, and how far ahead of the head's axis.
_HEAD = np.array([
    (-0.012, 0.012, 0.014, 0.016), (-0.006, 0.022, 0.026, 0.014), (0.006, 0.029, 0.036, 0.011),
    (0.026, 0.0355, 0.044, 0.007), (0.048, 0.0405, 0.050, 0.003), (0.070, 0.0430, 0.0535, 0.000),
    (0.094, 0.0425, 0.0535, -0.004), (0.112, 0.0360, 0.046, -0.006), (0.124, 0.0240, 0.031, -0.007),
    (0.1305, 0.003, 0.004, -0.007),
])  # fmt: skip
# Of the limbs at every quarter of a bone, two bones.
SHOULDER_AT = np.array([-0.19, -0.175, -0.13, -0.06])  # a dome over the joint
SHOULDER_SHARE = np.array([0.05, 0.40, 0.74, 0.95])  # of the radius below it
_ARM_AT = np.array([0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0])
_ARM_RADIUS = np.array([0.031, 0.030, 0.027, 0.0245, 0.0225, 0.0235, 0.0215, 0.018, 0.0155])
LEG_AT = np.array([-0.12, 0.0, 0.25, 0.5, 0.75, 1.0, 1.2, 1.4, 1.7, 2.0])
LEG_RADIUS = np.array([0.040, 0.050, 0.0515, 0.0475, 0.0405, 0.0345, 0.0335, 0.0335, 0.026, 0.0205])


def along(bones: Bones, at: Array) -> tuple[Array, Array]:
    """Return centres (k, 3) and frames (k, 3, 3) on a limb.

    Args:
        bones: the limb.
        at: (k,) in bones from the root, 0..2; below 0 lies above and a little inside of it.
    """
    lower = clamp((at - 1.0)[:, None], 0.0, 1.0)
    upper = clamp(at, 0.0, 1.0)[:, None]
    root, mid, end = bones.joints
    inward = np.array([-np.sign(root[0]) * 0.09, 0.165, 0.0])
    centre = root + (mid - root) * upper + (end - mid) * lower
    centre = centre + (end - mid) * np.maximum(at - 2.0, 0.0)[:, None] - inward * np.minimum(at, 0.0)[:, None]
    blend = clamp((at - 0.8) / 0.4, 0.0, 1.0)[:, None, None]
    return centre, bones.upper * (1.0 - blend) + bones.lower * blend


def head_lofts(bones: Skeleton, build: Build, *, ears: bool) -> list[Loft]:
    """Return head, nose, neck, and ears where no hair covers them."""
    up, ahead, size = bones.head_frame[1], bones.head_frame[2], build.head
    centre = bones.head + _HEAD[:, :1] * size * up + _HEAD[:, 3:] * size * ahead
    jaw = np.where(_HEAD[:, 0] < 0.05, 1.04 if build.sex == "man" else 0.95, 1.0)
    wide = _HEAD[:, 1] * size * jaw * (0.94 + 0.06 * build.girth)
    face = Loft(Finish(Material.FACE), centre, bones.head_frame, wide, _HEAD[:, 2] * size)
    nape = bones.neck - np.array([0.0, 0.012, 0.006])
    throat = bones.head + up * 0.012 - ahead * 0.006
    thick = (0.034 if build.sex == "man" else 0.029) * build.girth**0.6
    neck = tube(Finish(Material.SKIN), np.linspace(nape, throat, 4), np.array([1.25, 1.02, 0.96, 0.95]) * thick)
    tip = bones.head + up * 0.040 * size + ahead * 0.055 * size
    bridge = bones.head + up * 0.062 * size + ahead * 0.051 * size
    nose = tube(Finish(Material.SKIN), np.array([tip - ahead * 0.004 - up * 0.003, tip, bridge]), 0.0062)
    return [face, nose, neck, *(_ear(bones, sign * 0.0425 * size, size) for sign in (1.0, -1.0) if ears)]


def _ear(bones: Skeleton, aside: float, size: float) -> Loft:
    right, up, ahead = bones.head_frame
    middle = bones.head + right * aside + up * 0.052 * size - ahead * 0.004
    rise = np.array([-0.014, -0.006, 0.006, 0.015])[:, None] * size
    return Loft(
        Finish(Material.SKIN), middle + rise * up, bones.head_frame,
        np.array([0.002, 0.005, 0.006, 0.003]), np.array([0.003, 0.007, 0.010, 0.005]),
    )  # fmt: skip


def arm_loft(bones: Bones, build: Build, start: float) -> Loft:
    """Return the skin of an arm from ``start`` (bones from the shoulder) to the wrist."""
    at = np.concatenate([SHOULDER_AT if start < 0.0 else [start], _ARM_AT[start < _ARM_AT]])
    centre, frame = along(bones, at)
    radius = arm_radius(at, build)
    return Loft(Finish(Material.SKIN), centre, frame, radius, radius)


def arm_radius(at: Array, build: Build) -> Array:
    """Return the arm's radius at ``at`` bones from the shoulder."""
    strong = build.girth**0.8 * (1.0 if build.sex == "man" else 0.87)
    dome = np.interp(at, [*SHOULDER_AT, 0.0], [*SHOULDER_SHARE, 1.0])
    return np.asarray(np.interp(at, _ARM_AT, _ARM_RADIUS) * dome * strong)


def hand_loft(bones: Bones) -> Loft:
    """Return a hand with slightly bent fingers."""
    reach = np.array([-0.006, 0.010, 0.032, 0.058, 0.078, 0.086])
    curl = np.array([0.0, 0.0, 0.001, 0.007, 0.016, 0.020])
    centre = bones.joints[2] - bones.tip[1] * reach[:, None] + bones.tip[2] * curl[:, None]
    thick = np.array([0.013, 0.0135, 0.013, 0.011, 0.009, 0.003])
    wide = np.array([0.0145, 0.019, 0.0225, 0.019, 0.015, 0.004])
    return Loft(Finish(Material.SKIN, SOFT), centre, bones.tip, thick, wide)


def leg_loft(bones: Bones, build: Build, start: float) -> Loft:
    """Return the skin of a leg from ``start`` (bones from the hip) to the ankle."""
    at = np.concatenate([[start], LEG_AT[start < LEG_AT]])
    centre, frame = along(bones, at)
    calf = np.exp(-(((at - 1.35) / 0.22) ** 2)) * 0.008
    radius = np.interp(at, LEG_AT, LEG_RADIUS) * build.girth**0.7
    return Loft(Finish(Material.SKIN), centre - frame[:, 2] * calf[:, None], frame, radius * 0.95, radius)


def hair_lofts(bones: Skeleton, outfit: Outfit, build: Build, phase: float) -> list[Loft]:
    """Return the hair that shows under the hat."""
    if outfit.hair_length == "bald":
        return []
    finish = Finish(Material.HAIR, ROUND, STRANDS, offset=build.seed % 251)
    volume = 1.0 + 0.5 * ((build.seed >> 4) % 100) / 100.0
    low = {"short": 0.018, "long": -0.11, "tied": 0.012}[outfit.hair_length]
    if outfit.hair_length == "short" and outfit.sex == "woman":
        low = -0.012
    if outfit.hair_length == "long":
        low -= 0.07 * ((build.seed >> 12) % 100) / 100.0
    lofts = [_shell(bones, finish, build, low, volume if outfit.hat is None else 0.7)]
    if outfit.hair_length == "tied":
        lofts.append(_tail(bones, finish, phase))
    return lofts


def _shell(bones: Skeleton, finish: Finish, build: Build, low: float, volume: float) -> Loft:
    """Return hair around the head down to ``low`` above the chin, open at the face."""
    up, ahead = bones.head_frame[1], bones.head_frame[2]
    size = build.head
    at = np.array([0.02, 0.05, 0.08, 0.097, 0.108, 0.122, 0.134, 0.1385 + 0.003 * volume])
    man = build.sex == "man"
    cut = np.array(
        [-0.25, 0.0, 0.35, 0.72, 1.5, 2.0, 2.0, 2.0] if man else [0.25, 0.45, 0.62, 0.80, 1.2, 2.0, 2.0, 2.0]
    )
    wide = np.interp(at, _HEAD[:, 0], _HEAD[:, 1]) + 0.002 + 0.003 * volume
    deep = np.interp(at, _HEAD[:, 0], _HEAD[:, 2]) + 0.002 + 0.004 * volume
    wide[-2:], deep[-2:] = (0.024, 0.003), (0.031, 0.004)
    ahead_by = np.interp(at, _HEAD[:, 0], _HEAD[:, 3]) - 0.001
    below = np.linspace(low, 0.0, 4)[: 4 if low < 0.0 else 0]
    at = np.concatenate([below, at])
    fall = np.minimum(below, 0.0) / 0.15
    wide = np.concatenate([(0.047 + 0.004 * volume + fall * 0.004) * np.where(below == low, 0.8, 1.0), wide])
    deep = np.concatenate([(0.040 + 0.002 * volume) * np.where(below == low, 0.7, 1.0), deep])
    ahead_by = np.concatenate([-0.014 + fall * 0.016, ahead_by])
    cut = np.concatenate([np.full(len(below), 0.1), cut])
    bend = np.where(at < 0.0, at, 0.0)[:, None] * np.array([0.0, 1.0, 0.0])  # long hair hangs straight down
    centre = bones.head + np.maximum(at, 0.0)[:, None] * size * up + bend + ahead_by[:, None] * ahead
    return Loft(
        finish, centre, bones.head_frame, wide * size, deep * size, fold=np.where(at > 0.1, 0.02, 0.05), cut=cut
    )


def _tail(bones: Skeleton, finish: Finish, phase: float) -> Loft:
    right, up, ahead = bones.head_frame
    root = bones.head + up * 0.088 - ahead * 0.052
    sway = right * 0.014 * np.sin(4.0 * np.pi * phase)
    path = [root, root - ahead * 0.018 + up * 0.004, root - ahead * 0.026 - up * 0.03 + sway * 0.4]
    path += [root - ahead * 0.022 - up * 0.075 + sway, root - ahead * 0.016 - up * 0.105 + sway * 1.4]
    return tube(finish, _stack(path), np.array([0.008, 0.012, 0.017, 0.014, 0.003]))


def _stack(points: Sequence[Array]) -> Array:
    return np.array(points)
