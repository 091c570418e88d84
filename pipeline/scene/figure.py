"""A whole walker as lofts."""

from dataclasses import replace

from pipeline.scene.body import arm_loft, hair_lofts, hand_loft, head_lofts, leg_loft
from pipeline.scene.build import Build
from pipeline.scene.extras import bag_lofts, hat_lofts
from pipeline.scene.gait import Skeleton, pose
from pipeline.scene.garments import lower_lofts, shoe_lofts, sleeve_end, top_lofts
from pipeline.scene.loft import Loft
from pipeline.scene.outfit import Outfit

_BARE_FROM = {"shorts": 0.7, "short skirt": 0.7, "long skirt": 1.45}  # bones from the hip


def figure(outfit: Outfit, build: Build, phase: float) -> list[Loft]:
    """Return the lofts of a walker at ``phase`` (0..1) of the walk cycle; body space, unit = the stature."""
    if outfit.lower_kind == "long skirt":
        build = replace(build, stride=build.stride * 0.7)
    bones = pose(build, phase)
    ears = outfit.hair_length in ("bald", "tied") or (outfit.hair_length == "short" and outfit.sex == "man")
    lofts = head_lofts(bones, build, ears=ears) + hair_lofts(bones, outfit, build, phase)
    lofts += top_lofts(bones, outfit, build) + lower_lofts(bones, outfit, build)
    lofts += _bare_limbs(bones, outfit, build)
    lofts += shoe_lofts(bones, outfit, build)
    return lofts + bag_lofts(bones, outfit, build) + hat_lofts(bones, outfit, build)


def _bare_limbs(bones: Skeleton, outfit: Outfit, build: Build) -> list[Loft]:
    lofts = [hand_loft(arm) for arm in bones.arms]
    covered = sleeve_end(outfit.upper.kind, build)
    if covered < 1.9:
        lofts += [arm_loft(arm, build, covered - 0.12) for arm in bones.arms]
    if outfit.lower_kind in _BARE_FROM:
        lofts += [leg_loft(leg, build, _BARE_FROM[outfit.lower_kind]) for leg in bones.legs]
    return lofts
