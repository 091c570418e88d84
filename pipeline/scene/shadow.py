"""The shadow a walker throws on the ground."""

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.scene.light import Light
from pipeline.scene.loft import Sections
from pipeline.scene.material import Material
from pipeline.scene.raster import view_matrix
from pipeline.scene.shot import Shot

Float32 = npt.NDArray[np.float32]

_PX = 28  # resolution from straight above, px per stature
_THIN = 0.009  # statures; what is thinner throws no shadow worth drawing
_FINE = 3  # bits behind the point of the coordinates given to OpenCV


def ground_shade(form: Sections, shot: Shot, light: Light) -> tuple[npt.NDArray[np.uint8], tuple[float, float]]:
    """Return what the ground loses to the walker, as the camera sees it.

    Returns:
        (h, w) uint8, the share (of 255) of gamma-encoded values that is lost, and the (x, y) of the walker's foot.
    """
    towards = light.direction()
    slope = np.array([towards[0], towards[2]]) / max(float(towards[1]), 0.3)
    half = int(_PX * (max(float(np.abs(slope).max()), 0.25) + 0.5))
    place = form.table[:, :3] @ (view_matrix(shot.view_deg, 0.0, 1.0).T * np.array([1.0, -1.0, 1.0]))
    ground = place[:, [0, 2]] - place[:, 1:2] * slope
    points = ((ground * _PX + half) * 2**_FINE).astype(np.int32)[:, None]
    cast, contact = np.zeros((2 * half, 2 * half), np.uint8), np.zeros((2 * half, 2 * half), np.uint8)
    firsts = np.searchsorted(form.owner, np.arange(len(form.finishes) + 1))
    thick = np.add.reduceat(form.table[:, 9] + form.table[:, 10], firsts[:-1]) / np.diff(firsts)
    for first, last, width, finish in zip(firsts, firsts[1:], thick, form.finishes, strict=False):
        if width < 2.0 * _THIN:
            continue
        line, pen = [points[first:last]], max(int(width * _PX + 0.5), 1)
        cv2.polylines(cast, line, isClosed=False, color=255, thickness=pen, shift=_FINE)
        if finish.material == Material.SHOE:
            cv2.polylines(contact, line, isClosed=False, color=255, thickness=pen + 1, shift=_FINE)
    soft = _blurred(cast, max(light.blur * _PX, 0.6)) * light.shadow
    soft = np.maximum(soft, _blurred(contact, 0.03 * _PX) * 0.6)
    return _laid_down(soft, shot)


def _blurred(mask: npt.NDArray[np.uint8], sigma: float) -> Float32:
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), sigma), np.float32) * np.float32(1.0 / 255.0)


def _laid_down(soft: Float32, shot: Shot) -> tuple[npt.NDArray[np.uint8], tuple[float, float]]:
    """Tip a shadow drawn from straight above as the camera sees the ground."""
    scale = shot.height_px / np.cos(np.deg2rad(shot.pitch_deg)) / _PX
    squeeze = scale * max(float(np.sin(np.deg2rad(shot.pitch_deg))), 0.03)
    lost = 255.0 * (1.0 - (1.0 - np.minimum(soft, 0.9)) ** np.float32(1.0 / 2.2))
    width, height = max(int(len(soft) * scale), 1), max(int(len(soft) * squeeze), 1)
    shade = cv2.resize(lost.astype(np.uint8), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(shade, np.uint8), (width / 2.0, height / 2.0)
