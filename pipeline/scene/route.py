"""Who walks where: paths across what a camera sees, and a timetable that leads walkers from camera to camera."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from pipeline.scene.viewpoint import Viewpoint

Point = tuple[float, float]  # x, z in metres

STEP_STATURES = 0.84  # what two steps cover at an average stride, in statures
_MARGIN_M = 0.9  # how far outside the picture a walk begins and ends
_LOOKS_DOWN_PX = 330.0  # a walk may begin this far below the picture's lower edge


@dataclass(frozen=True, slots=True)
class Route:
    """A bent path on the ground: a quadratic Bezier curve."""

    start: Point
    bend: Point
    end: Point

    def at(self, share: float) -> tuple[Point, Point]:
        """Return position and direction (not normalised) at ``share`` 0..1 of the curve's parameter."""
        a, b, c = (1.0 - share) ** 2, 2.0 * share * (1.0 - share), share**2
        position = tuple(a * s + b * m + c * e for s, m, e in zip(self.start, self.bend, self.end, strict=True))
        ahead = tuple(
            (1.0 - share) * (m - s) + share * (e - m) for s, m, e in zip(self.start, self.bend, self.end, strict=True)
        )
        return (position[0], position[1]), (ahead[0], ahead[1])

    def length_m(self) -> float:
        """Return the length of the path."""
        points = [self.at(i / 32.0)[0] for i in range(33)]
        return sum(math.dist(p, q) for p, q in pairwise(points))


@dataclass(frozen=True, slots=True)
class Passage:
    """One walker's way through one camera's picture."""

    walker: int  # number of the walker
    route: Route
    length_m: float
    enters_at_s: float
    speed_mps: float
    phase: float  # of the walk cycle, on entering

    def leaves_at_s(self) -> float:
        """Return when the walker has left the picture."""
        return self.enters_at_s + self.length_m / self.speed_mps


def random_route(view: Viewpoint, far_z: float, rng: np.random.Generator) -> Route:
    """Return a route that enters and leaves the picture at the sides or below, between the camera and ``far_z``."""
    near = view.nearest_z() + 0.3
    far = max(min(far_z, 3.2 * near + 2.0), near + 1.0)
    ways = [int(way) for way in rng.choice(3, 2, replace=False, p=(0.4, 0.4, 0.2))]
    start, end = (_edge(view, way, near, far, rng) for way in ways)
    depth = near + (far - near) * float(rng.uniform(0.15, 0.75))
    wide = view.half_width_at(depth)
    return Route(start, (float(rng.uniform(-0.5, 0.5)) * wide, depth), end)


def _edge(view: Viewpoint, way: int, near: float, far: float, rng: np.random.Generator) -> Point:
    """Return a point outside the picture: to the left (0), to the right (1), or below (2)."""
    if way == 2:
        z = view.nearest_z(_LOOKS_DOWN_PX)
        return float(rng.uniform(-0.7, 0.7)) * view.half_width_at(z), z
    z = near + (far - near) * float(rng.beta(1.3, 1.5))
    side = -1.0 if way == 0 else 1.0
    return side * (view.half_width_at(z) + _MARGIN_M), z


def timetable(
    views: Sequence[tuple[Viewpoint, float]], speeds_mps: Sequence[float], duration_s: float, rng: np.random.Generator
) -> list[list[Passage]]:
    """Return each camera's passages, ordered by when they begin.

    Every walker goes from camera to camera in an order of their own, with some seconds between, until ``duration_s``
    is over.

    Args:
        views: of each camera, the viewpoint and how far away its ground ends.
        speeds_mps: of each walker.
        duration_s: of the whole scene.
        rng: where the chance comes from.
    """
    passages: list[list[Passage]] = [[] for _ in views]
    for walker, speed in enumerate(speeds_mps):
        now = float(rng.uniform(-6.0, 14.0))
        last = -1
        while now < duration_s:
            for camera in rng.permutation(len(views)):
                if camera == last and len(views) > 1:
                    continue
                view, far_z = views[camera]
                route = random_route(view, far_z, rng)
                passage = Passage(walker, route, route.length_m(), now, speed, float(rng.random()))
                passages[camera].append(passage)
                now, last = passage.leaves_at_s() + float(rng.uniform(2.0, 9.0)), camera
    return [sorted(each, key=lambda passage: passage.enters_at_s) for each in passages]
