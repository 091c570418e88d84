"""Writes a camera's frames as a film, and the truth about them beside it."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2

from pipeline.errors import SceneError
from pipeline.scene.outfit import describe_outfit, outfit_attributes
from pipeline.scene.scene import Presence, Scene, SceneFrame, walker_id

# opencv-python's wheels bring FFmpeg without x264: of what fits into .mp4 they can write MPEG-4 part 2 only.
_CODECS = {".mp4": "mp4v", ".avi": "MJPG"}


def write_video(scene: Scene, camera_id: str, path: Path, progress: Callable[[int], None] = lambda _: None) -> Path:
    """Write all frames of one camera to ``path`` (.mp4 or .avi) and the truth to the same name with .json.

    The truth holds the camera, the rate, each walker's outfit as a sentence and in PETA's words, and for each frame
    its time and the boxes, each with the share of the walker that is seen.

    Args:
        scene: what is filmed.
        camera_id: by which of its cameras.
        path: where the film goes.
        progress: called with 1 after each frame.

    Returns:
        The path that was written: an .avi where no .mp4 can be written here.

    Raises:
        SceneError: the scene has no such camera, or the file cannot be written.
    """
    camera = next((each for each in scene.cameras if each.camera_id == camera_id), None)
    if camera is None:
        known = ", ".join(each.camera_id for each in scene.cameras)
        raise SceneError(f"camera '{camera_id}' is not in this scene; it has {known}")
    told = []
    with _writer(path, scene.settings.fps, camera.size_wh) as (written, writer):
        for frame in scene.frames(camera_id):
            writer.write(frame.image)
            told.append(_frame_truth(frame))
            progress(1)
    truth_path(written).write_text(json.dumps(_truth(scene, camera_id, told), indent=1) + "\n", encoding="utf-8")
    return written


@contextmanager
def _writer(path: Path, fps: float, size_wh: tuple[int, int]) -> Iterator[tuple[Path, cv2.VideoWriter]]:
    """Open a film for writing; yield where it really goes, and the open writer."""
    if path.suffix.lower() not in _CODECS:
        raise SceneError(f"a film is written as .mp4 or .avi, but got {path.name}")
    path.parent.mkdir(parents=True, exist_ok=True)
    for candidate in dict.fromkeys((path, path.with_suffix(".avi"))):
        code = cv2.VideoWriter.fourcc(*_CODECS[candidate.suffix.lower()])
        writer = cv2.VideoWriter(str(candidate), code, fps, size_wh)
        if writer.isOpened():
            try:
                yield candidate, writer
            finally:
                writer.release()
            return
        writer.release()
    raise SceneError(f"cannot write a film to {path}: neither mp4v nor MJPG could be opened; is the folder writable?")


def truth_path(film: Path) -> Path:
    """Return where the truth about a film lies."""
    return film.with_suffix(".json")


def _truth(scene: Scene, camera_id: str, frames: list[dict[str, Any]]) -> dict[str, Any]:
    seen = {walker["walker_id"] for frame in frames for walker in frame["walkers"]}
    return {
        "camera_id": camera_id,
        "seed": scene.seed,
        "fps": scene.settings.fps,
        "walkers": {
            walker_id(number): {
                "description": describe_outfit(walker.outfit),
                "attributes": sorted(outfit_attributes(walker.outfit)),
            }
            for number, walker in enumerate(scene.walkers)
            if walker_id(number) in seen
        },
        "frames": frames,
    }


def _frame_truth(frame: SceneFrame) -> dict[str, Any]:
    return {
        "index": frame.index,
        "captured_at_ms": frame.captured_at_ms,
        "walkers": [_presence(one) for one in frame.truth],
    }


def _presence(one: Presence) -> dict[str, Any]:
    return {
        "walker_id": one.walker_id,
        "box_xyxy": list(one.box_xyxy),
        "visible_share": round(one.visible_share, 3),
    }
