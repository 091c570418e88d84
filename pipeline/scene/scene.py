"""A street that is drawn: walkers who come, cross and leave before several cameras, and the truth about them."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from pipeline.errors import SceneError
from pipeline.scene.backdrop import PLACE_NAMES, Backdrop, PlaceName, draw_backdrop
from pipeline.scene.build import random_build
from pipeline.scene.camera_look import Camera, random_look
from pipeline.scene.compose import Sight, compose
from pipeline.scene.light import LIGHT_NAMES, LightName, random_light
from pipeline.scene.outfit import Outfit, random_outfit
from pipeline.scene.route import STEP_STATURES, Passage, timetable
from pipeline.scene.shot import heading
from pipeline.scene.viewpoint import Viewpoint
from pipeline.scene.walker import Walker
from pipeline.scene.wardrobe import Stance, Wardrobe

_LEAST_VISIBLE = 0.02  # share of a walker's pixels; with less there is nobody to be told of


@dataclass(frozen=True, slots=True)
class SceneCamera:
    """One camera of a scene."""

    camera_id: str
    place: PlaceName = "pavement"
    light: LightName = "day"
    size_wh: tuple[int, int] = (640, 360)


@dataclass(frozen=True, slots=True)
class SceneSettings:
    """How busy and how long a scene is."""

    walkers: int = 12
    duration_s: float = 60.0
    fps: float = 10.0
    started_at_ms: int = 1_700_000_000_000  # UTC, of the first frame
    wear: float = 1.0  # how bad the cameras are: 0 perfect, 1 as on a street


@dataclass(frozen=True, slots=True)
class Presence:
    """The truth about one walker in one frame."""

    walker_id: str
    box_xyxy: tuple[int, int, int, int]  # px, around all that is drawn of the walker within the frame, bag included
    visible_share: float  # 0..1, neither outside the frame nor behind another walker
    outfit: Outfit


@dataclass(frozen=True, slots=True)
class SceneFrame:
    """One frame and the truth about it."""

    camera_id: str
    index: int
    captured_at_ms: int  # UTC
    image: npt.NDArray[np.uint8]  # (H, W, 3) BGR
    truth: tuple[Presence, ...]


class Scene:
    """Walkers who pass all cameras one after another; the same seed gives the same frames."""

    def __init__(
        self, seed: int, cameras: int | Sequence[SceneCamera] = 2, settings: SceneSettings | None = None
    ) -> None:
        """Draw up who walks where and when; frames are drawn when they are asked for.

        Args:
            seed: decides everything left open.
            cameras: the cameras, or how many: then their places and lights are drawn by chance.
            settings: how busy and how long.

        Raises:
            SceneError: no camera, two of the same id, an unknown place or light, or a number out of range.
        """
        if seed < 0:
            raise SceneError(f"a scene's seed must be 0 or more, but got {seed}")
        self.seed = seed
        self.settings = settings or SceneSettings()
        _check_settings(self.settings)
        rng = np.random.default_rng([seed, 0])
        self.cameras = tuple(_random_cameras(cameras, rng)) if isinstance(cameras, int) else tuple(cameras)
        _check_cameras(self.cameras)
        self.walkers = tuple(_random_walker(np.random.default_rng([seed, 1, n])) for n in range(self.settings.walkers))
        views = [self.viewpoint(n) for n in range(len(self.cameras))]
        self._passages = timetable(views, [_speed_mps(w) for w in self.walkers], self.settings.duration_s, rng)

    @property
    def frame_count(self) -> int:
        """How many frames each camera delivers."""
        return _frame_count(self.settings)

    def frames(self, camera_id: str) -> Iterator[SceneFrame]:
        """Yield the frames of a camera in order; drawing happens as they are taken.

        Raises:
            SceneError: the scene has no such camera.
        """
        number = self._number_of(camera_id)
        stage = _Stage(self, number)
        for index in range(self.frame_count):
            yield stage.frame(index)

    def _number_of(self, camera_id: str) -> int:
        for number, camera in enumerate(self.cameras):
            if camera.camera_id == camera_id:
                return number
        known = ", ".join(camera.camera_id for camera in self.cameras)
        raise SceneError(f"camera '{camera_id}' is not in this scene; it has {known}")

    def viewpoint(self, number: int) -> tuple[Viewpoint, float]:
        """Return where camera ``number`` (from 0) hangs, and how far away, in metres, people walk before it."""
        rng = np.random.default_rng([self.seed, 2, number, 0])
        size = self.cameras[number].size_wh
        focal = size[1] * float(rng.uniform(1.45, 2.2))
        return Viewpoint(size, focal, float(rng.uniform(2.6, 3.7)), float(rng.uniform(11.0, 18.0))), 13.0

    def passages(self, number: int) -> list[Passage]:
        """Return who passes camera ``number`` (from 0) when and where."""
        return self._passages[number]


class _Stage:
    """One camera of a scene with all that its frames have in common."""

    def __init__(self, scene: Scene, number: int) -> None:
        self._scene, self._camera = scene, scene.cameras[number]
        self._view, _ = scene.viewpoint(number)
        rng = np.random.default_rng([scene.seed, 2, number, 1])
        light = random_light(self._camera.light, rng)
        self._backdrop: Backdrop = draw_backdrop(self._camera.place, light, self._view, rng)
        self._wardrobe = Wardrobe(scene.walkers, light)
        look = random_look(rng, scene.settings.wear)
        self._lens = Camera(look, self._camera.size_wh, int(rng.integers(2**31)))
        self._passages = scene.passages(number)

    def frame(self, index: int) -> SceneFrame:
        settings = self._scene.settings
        now = index / settings.fps
        passing = (p for p in self._passages if p.enters_at_s <= now < p.leaves_at_s())
        stances = [stance for stance in map(partial(self._stance, now), passing) if self._may_show(stance)]
        sprites = [self._wardrobe.sprite(stance) for stance in stances]
        image, sights = compose(self._backdrop.image, sprites)
        return SceneFrame(
            self._camera.camera_id,
            index,
            settings.started_at_ms + round(1000.0 * now),
            self._lens.develop(image, index),
            tuple(self._told(stances, sights)),
        )

    def _told(self, stances: Sequence[Stance], sights: Sequence[Sight]) -> Iterator[Presence]:
        for stance, sight in zip(stances, sights, strict=True):
            if sight.box_xyxy is not None and sight.visible_share >= _LEAST_VISIBLE:
                outfit = self._scene.walkers[stance.walker].outfit
                yield Presence(walker_id(stance.walker), sight.box_xyxy, sight.visible_share, outfit)

    def _may_show(self, stance: Stance) -> bool:
        """Return whether anything of the walker or of what trails behind can be in the picture."""
        (width, height), (u, v), tall = self._camera.size_wh, stance.foot_xy, stance.height_px
        return -tall < u < width + tall and v - 1.1 * tall < height and v > 0.0

    def _stance(self, now: float, passage: Passage) -> Stance:
        walker = self._scene.walkers[passage.walker]
        walked = (now - passage.enters_at_s) * passage.speed_mps
        share = min(walked / passage.length_m, 1.0)
        (x, z), (dx, dz) = passage.route.at(share)
        u, v, _ = self._view.project(x, 0.0, z)
        top = self._view.project(x, walker.build.stature_m, z)[1]
        brightness = self._backdrop.brightness_at(u, v)
        return Stance(
            walker=passage.walker,
            foot_xy=(u, v),
            height_px=max(v - top, 1.0),
            distance_m=z,
            phase=(passage.phase + walked / _cycle_m(walker)) % 1.0,
            view_deg=heading(dx, -dz) + math.degrees(math.atan2(x, max(z, 0.1))),
            pitch_deg=self._view.steepness_deg(z),
            brightness=(float(brightness[0]), float(brightness[1]), float(brightness[2])),
        )


def walker_id(number: int) -> str:
    """Return the id of walker ``number`` (from 0)."""
    return f"walker-{number + 1:02d}"


def _random_walker(rng: np.random.Generator) -> Walker:
    outfit = random_outfit(rng)
    return Walker(outfit, random_build(outfit, rng))


def _cycle_m(walker: Walker) -> float:
    """Return how far two steps lead."""
    slower = 0.7 if walker.outfit.lower_kind == "long skirt" else 1.0
    return STEP_STATURES * walker.build.stature_m * walker.build.stride * slower


def _speed_mps(walker: Walker) -> float:
    return _cycle_m(walker) * walker.build.cadence_hz


def _random_cameras(count: int, rng: np.random.Generator) -> Iterator[SceneCamera]:
    places = rng.permutation(len(PLACE_NAMES))
    outside: tuple[LightName, ...] = ("day", "overcast", "dusk", "night")
    for number in range(count):
        place = PLACE_NAMES[places[number % len(places)]]
        light: LightName = "indoor" if place == "hall" else outside[int(rng.choice(4, p=(0.4, 0.3, 0.2, 0.1)))]
        yield SceneCamera(f"camera-{number + 1}", place, light)


def _frame_count(settings: SceneSettings) -> int:
    return int(settings.duration_s * settings.fps + 1e-6)  # 0.57 s at 100 fps is 57 frames, not 56.99...


def _check_settings(settings: SceneSettings) -> None:
    if settings.walkers < 0 or not 0 < settings.duration_s < math.inf or not 0 < settings.fps <= 120:
        raise SceneError(
            "a scene needs 0 or more walkers, a finite duration above 0 s and 0 to 120 frames per second, "
            f"but got {settings.walkers} walkers, {settings.duration_s} s and {settings.fps} fps"
        )
    if not _frame_count(settings):
        raise SceneError(f"{settings.duration_s} s at {settings.fps} fps is not one frame; make the scene longer")
    if not 0 <= settings.wear < math.inf:
        raise SceneError(f"wear must be 0 (a perfect camera) or more, but got {settings.wear}")


def _check_cameras(cameras: Sequence[SceneCamera]) -> None:
    ids = [camera.camera_id for camera in cameras]
    if not ids or len(set(ids)) < len(ids):
        raise SceneError(f"a scene needs cameras with different ids, but got {ids or 'none'}")
    for camera in cameras:
        for name, known in ((camera.place, PLACE_NAMES), (camera.light, LIGHT_NAMES)):
            if name not in known:
                raise SceneError(f"camera '{camera.camera_id}': expected one of {', '.join(known)}, but got '{name}'")
