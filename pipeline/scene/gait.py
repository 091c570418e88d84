"""The skeleton and its walk cycle.

Body space: unit = the walker's stature; x to the walker's left, y up from the ground, z the way the walker faces.
A frame is (3, 3): rows right (towards the walker's left, +x), up and forward.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.scene.build import ArmHabit, Build

Array = npt.NDArray[np.float64]
Vector = tuple[float, ...]  # of three

UPPER_LEG, LOWER_LEG, ANKLE = 0.238, 0.240, 0.040
UPPER_ARM, FOREARM = 0.172, 0.152
HIP_TO_CHEST, CHEST_TO_NECK = 0.170, 0.130
SIDES = np.array([1.0, -1.0])  # left, right

# Flexion in degrees at every tenth of a cycle that begins with the heel strike.
_HIP = (29.0, 25.0, 15.0, 4.0, -6.0, -11.0, -5.0, 12.0, 25.0, 31.0)
_KNEE = (4.0, 15.0, 16.0, 9.0, 5.0, 12.0, 36.0, 60.0, 50.0, 20.0)
_ANKLE = (0.0, -5.0, 3.0, 7.0, 10.0, 4.0, -16.0, -10.0, 0.0, 2.0)


@dataclass(frozen=True, slots=True)
class Bones:
    """A limb: where its three joints are, and how its two bones lie."""

    joints: Array  # (3, 3): root, middle, end
    upper: Array  # (3, 3) frame; up points back along the bone
    lower: Array  # (3, 3) frame
    tip: Array  # (3, 3) frame of foot or hand
    bend: float  # 0 stretched … 1 bent at a right angle


@dataclass(frozen=True, slots=True)
class Skeleton:
    """Where a walker's parts are at one moment, in body space."""

    pelvis: Array  # (3,)
    pelvis_frame: Array
    chest: Array  # (3,) middle of the rib cage
    chest_frame: Array
    neck: Array  # (3,) base of the neck
    head: Array  # (3,) chin level, on the head's axis
    head_frame: Array
    legs: tuple[Bones, Bones]  # left, right
    arms: tuple[Bones, Bones]


def pose(build: Build, phase: float) -> Skeleton:
    """Return the skeleton of ``build`` at ``phase`` (0..1, left heel strikes at 0) of its walk cycle."""
    swing = math.cos(2.0 * math.pi * phase) * build.stride
    pelvis_frame = turn(yaw_deg=-5.0 * swing, roll_deg=2.0 * math.sin(2.0 * math.pi * phase) * build.stride)
    chest_frame = turn(yaw_deg=6.0 * swing * build.swing, pitch_deg=build.lean_deg)
    hips = pelvis_frame[0] * (SIDES[:, None] * 0.049 * build.hips)  # (2, 3) from the pelvis
    legs = [_leg(build, (phase + 0.5 * side) % 1.0, side, pelvis_frame) for side in (0, 1)]
    lowest = min(_lowest(hip, leg) for hip, leg in zip(hips, legs, strict=True))
    pelvis = np.array([0.006 * math.sin(2.0 * math.pi * phase), -lowest, 0.0])
    spine = turn(pitch_deg=build.lean_deg)[1]
    chest = pelvis + spine * HIP_TO_CHEST
    neck = chest + chest_frame[1] * CHEST_TO_NECK
    head_frame = turn(yaw_deg=2.0 * swing, pitch_deg=build.lean_deg * 0.4 + 4.0)
    return Skeleton(
        pelvis=pelvis,
        pelvis_frame=pelvis_frame,
        chest=chest,
        chest_frame=chest_frame,
        neck=neck,
        head=neck + np.array([0.0, 0.044, 0.016]),
        head_frame=head_frame,
        legs=(_moved(legs[0], pelvis + hips[0]), _moved(legs[1], pelvis + hips[1])),
        arms=(_arm(build, 0, phase, chest, chest_frame), _arm(build, 1, phase, chest, chest_frame)),
    )


def turn(yaw_deg: float = 0.0, pitch_deg: float = 0.0, roll_deg: float = 0.0) -> Array:
    """Return the (3, 3) frame turned to the left by yaw, bent forward by pitch, tipped to the right by roll."""
    yaw, pitch, roll = math.radians(yaw_deg), math.radians(pitch_deg), math.radians(roll_deg)
    cy, sy, cp, sp, cr, sr = *_both(yaw), *_both(pitch), *_both(roll)
    return np.array(
        [
            (cr * cy + sr * sp * sy, sr * cp, -cr * sy + sr * sp * cy),
            (-sr * cy + cr * sp * sy, cr * cp, sr * sy + cr * sp * cy),
            (cp * sy, -sp, cp * cy),
        ]
    )


def _both(angle: float) -> tuple[float, float]:
    return math.cos(angle), math.sin(angle)


def frame_along(down: Vector, hint: Vector) -> Array:
    """Return the frame whose up is opposite to ``down`` and whose right is as near to ``hint`` as can be."""
    size = 1.0 / math.sqrt(_dot(down, down))
    ux, uy, uz = -down[0] * size, -down[1] * size, -down[2] * size
    lean = _dot((ux, uy, uz), hint)
    rx, ry, rz = hint[0] - ux * lean, hint[1] - uy * lean, hint[2] - uz * lean
    size = 1.0 / math.sqrt(rx * rx + ry * ry + rz * rz)
    rx, ry, rz = rx * size, ry * size, rz * size
    ahead = (ry * uz - rz * uy, rz * ux - rx * uz, rx * uy - ry * ux)
    return np.array([(rx, ry, rz), (ux, uy, uz), ahead])


def _dot(a: Vector, b: Vector) -> float:
    return float(a[0] * b[0] + a[1] * b[1] + a[2] * b[2])


def _in_frame(frame: Array, x: float, y: float, z: float) -> Vector:
    """Return the vector with coordinates x, y, z along the rows of ``frame``."""
    (a, b, c), (d, e, f), (g, h, i) = frame.tolist()
    return a * x + d * y + g * z, b * x + e * y + h * z, c * x + f * y + i * z


def _cycle(table: tuple[float, ...], phase: float) -> float:
    """Read a periodic table at ``phase`` through smooth (Catmull-Rom) interpolation; the result is in degrees."""
    at = phase * len(table)
    i, u = int(at), at - int(at)
    a, b, c, d = (table[(i + k) % len(table)] for k in (-1, 0, 1, 2))
    return float(b + 0.5 * u * (c - a + u * (2 * a - 5 * b + 4 * c - d + u * (3 * (b - c) + d - a))))


def _leg(build: Build, phase: float, side: int, pelvis: Array) -> Bones:
    hip = math.radians(_cycle(_HIP, phase) * build.stride)
    knee = math.radians(_cycle(_KNEE, phase) * max(build.stride, 0.2))
    foot = hip - knee + math.radians(_cycle(_ANKLE, phase) * build.stride)
    sign = 1.0 - 2.0 * side
    right = tuple(pelvis[0].tolist())
    upper = frame_along(_in_frame(pelvis, -sign * 0.045, -math.cos(hip), math.sin(hip)), right)
    shank = hip - knee
    lower = frame_along(_in_frame(pelvis, -sign * 0.018, -math.cos(shank), math.sin(shank)), right)
    out = turn(yaw_deg=sign * 7.0)
    down = _in_frame(out, 0.0, -math.cos(foot), math.sin(foot))
    tip = frame_along(_in_frame(pelvis, *down), _in_frame(pelvis, *out[0].tolist()))
    mid = -upper[1] * UPPER_LEG
    joints = np.array([np.zeros(3), mid, mid - lower[1] * LOWER_LEG])
    return Bones(joints, upper, lower, tip, min(knee / 1.4, 1.0))


def _lowest(hip: Array, leg: Bones) -> float:
    sole = hip + leg.joints[2] - leg.tip[1] * ANKLE
    return float(sole[1] + min(leg.tip[2, 1] * 0.105, -leg.tip[2, 1] * 0.038))


def _moved(bones: Bones, by: Array) -> Bones:
    return Bones(bones.joints + by, bones.upper, bones.lower, bones.tip, bones.bend)


def _arm(build: Build, side: int, phase: float, chest: Array, frame: Array) -> Bones:
    sign = 1.0 - 2.0 * side
    flex, elbow, spread, inward = _arm_angles(build, build.arms[side], side, phase)
    root = chest + _in_frame(frame, sign * 0.099 * build.shoulders, 0.080, -0.004)
    right = tuple(frame[0].tolist())
    (cf, sf), (cs, ss), (ci, si), (cb, sb) = _both(flex), _both(spread), _both(inward), _both(flex + elbow)
    upper = frame_along(_in_frame(frame, sign * ss, -cf * cs, sf * cs), right)
    lower = frame_along(_in_frame(frame, -sign * si, -cb * ci, sb * ci), right)
    mid = root - upper[1] * UPPER_ARM
    joints = np.array([root, mid, mid - lower[1] * FOREARM])
    return Bones(joints, upper, lower, lower, min(elbow / 1.5, 1.0))


def _arm_angles(build: Build, habit: ArmHabit, side: int, phase: float) -> tuple[float, float, float, float]:
    """Return flexion of shoulder and elbow, spread from the body, and how far the forearm turns inward; rad."""
    ahead = -math.cos(2.0 * math.pi * (phase + 0.5 * side) - 0.25) * build.stride  # opposite to the leg of its side
    spread = 7.0 + 9.0 * max(build.girth - 1.0, 0.0) * 4.0
    if habit == "bent":
        angles = (8.0 + 6.0 * ahead, 78.0 + 8.0 * ahead, spread, 28.0)
    elif habit == "pocket":
        angles = (-14.0 + 4.0 * ahead, 40.0, spread + 9.0, 20.0)
    elif habit == "phone":
        angles = (34.0, 128.0, spread + 14.0, 14.0)
    elif habit == "straight":
        angles = (-6.0 + 4.0 * ahead, 8.0, spread + 4.0, -3.0)
    else:
        angles = (1.0 + 21.0 * ahead * build.swing, 16.0 + 13.0 * max(ahead, 0.0) * build.swing, spread, 3.0)
    return math.radians(angles[0]), math.radians(angles[1]), math.radians(angles[2]), math.radians(angles[3])
