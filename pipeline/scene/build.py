"""How a walker is built and moves: what stays the same when clothes change."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.scene.arrays import bound
from pipeline.scene.outfit import Outfit, Sex

ArmHabit = Literal["swing", "bent", "pocket", "phone", "straight"]


@dataclass(frozen=True, slots=True)
class Build:
    """Proportions relative to the average, and manners of walking."""

    sex: Sex
    stature_m: float
    girth: float  # of torso and limbs, 1 is average
    shoulders: float
    hips: float
    head: float
    belly: float  # 0 none … 1
    stride: float  # 0 stands still, 1 average
    swing: float  # of the arms
    lean_deg: float
    cadence_hz: float  # walk cycles (two steps) a second
    arms: tuple[ArmHabit, ArmHabit]  # left, right
    ease: float  # how loose the clothes are, 1 is average
    tucked: bool
    opening: float  # how far a jacket is open, 0 closed … 1
    beard: float  # 0 … 1
    side: int  # on which side a bag hangs: 1 left, -1 right
    seed: int  # of folds and prints


def random_build(outfit: Outfit, rng: np.random.Generator) -> Build:
    """Return a random build that suits ``outfit``: its sex, and hands that hold its bag."""
    man = outfit.sex == "man"
    side = 1 if rng.random() < 0.5 else -1
    shirt = outfit.upper.kind in ("shirt", "polo shirt", "t-shirt", "tank top")
    girth = bound(rng.normal(1.05, 0.10), 0.86, 1.38)
    return Build(
        sex=outfit.sex,
        stature_m=bound(rng.normal(1.77 if man else 1.65, 0.065), 1.5, 1.96),
        girth=girth,
        shoulders=float(rng.normal(1.0 if man else 0.9, 0.03)),
        hips=float(rng.normal(1.0 if man else 1.06, 0.03)),
        head=float(rng.normal(1.0, 0.025)),
        belly=bound((girth - 0.95) * 3.0 + rng.normal(0.0, 0.15), 0.0, 1.0),
        stride=bound(rng.normal(0.95, 0.12), 0.65, 1.2),
        swing=bound(rng.normal(1.0, 0.3), 0.3, 1.7),
        lean_deg=float(rng.normal(3.0, 2.0)),
        cadence_hz=bound(rng.normal(0.93, 0.07), 0.75, 1.1),
        arms=_random_arms(outfit, side, rng),
        ease=bound(rng.normal(1.0, 0.3), 0.5, 1.7),
        tucked=bool(shirt and rng.random() < (0.35 if outfit.upper.kind == "shirt" else 0.12)),
        opening=float(rng.uniform(0.35, 1.0)),
        beard=float(rng.random()) if man and rng.random() < 0.35 else 0.0,
        side=side,
        seed=int(rng.integers(0, 2**31)),
    )


def _random_arms(outfit: Outfit, side: int, rng: np.random.Generator) -> tuple[ArmHabit, ArmHabit]:
    arms: list[ArmHabit] = ["swing", "swing"]
    bag = 0 if side > 0 else 1
    if rng.random() < 0.22:
        habits: tuple[ArmHabit, ...] = ("bent", "pocket", "phone")
        arms[1 - bag] = habits[int(rng.choice(3, p=(0.45, 0.3, 0.25)))]
    if outfit.bag_kind == "suitcase":
        arms[bag] = "straight"
    elif outfit.bag_kind == "handbag":
        arms[bag] = "straight" if rng.random() < 0.7 else "bent"
    elif outfit.bag_kind == "shoulder bag" and rng.random() < 0.25:
        arms[bag] = "bent"
    return arms[0], arms[1]
