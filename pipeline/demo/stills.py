"""A frame of each camera, with the boxes of its alerts: what an operator would have seen."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.demo.truth import CameraTruth, Judged
from pipeline.errors import SourceError

_RIGHT, _WRONG = (70, 200, 60), (60, 60, 220)  # BGR
_JPEG_QUALITY = 82
_SAME_FRAME_MS = 1


def draw_stills(
    films: Mapping[str, Path], truths: Mapping[str, CameraTruth], judged: Sequence[Judged]
) -> dict[str, bytes]:
    """Return a frame of each camera as JPEG: that of its clearest alert, with the boxes there, else the middle one."""
    stills = {}
    for camera_id, film in films.items():
        here = [each for each in judged if each.alert.camera_id == camera_id]
        frames = truths[camera_id].frames
        shown = max(here, key=lambda each: each.alert.similarity - each.alert.threshold, default=None)
        frame = truths[camera_id].frame_at(shown.alert.captured_at_ms) if shown else frames[len(frames) // 2]
        image = _frame(film, frame["index"])
        for each in here:
            if abs(each.alert.captured_at_ms - frame["captured_at_ms"]) <= _SAME_FRAME_MS:
                _draw(image, each)
        stills[camera_id] = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes()
    return stills


def _frame(film: Path, index: int) -> npt.NDArray[np.uint8]:
    capture = cv2.VideoCapture(str(film))
    try:
        capture.set(cv2.CAP_PROP_POS_FRAMES, index)
        good, image = capture.read()
    finally:
        capture.release()
    if not good:
        raise SourceError(f"frame {index} of {film} cannot be decoded; make the film again")
    return np.asarray(image, np.uint8)


def _draw(image: npt.NDArray[np.uint8], judged: Judged) -> None:
    left, top, right, bottom = (round(side) for side in judged.alert.box_xyxy)
    cv2.rectangle(image, (left, top), (right, bottom), _RIGHT if judged.right else _WRONG, 2, cv2.LINE_AA)
