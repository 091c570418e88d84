"""The heads of exported Ultralytics models: YOLOv8 and later, and those that suppress overlaps within the graph."""

import numpy as np

from detectors.base import Float32, Frame
from detectors.heads import Candidates, Head, SizeWH, corners_of

_PERSON = 4  # row of class 0, behind the box
_PERSON_CLASS = 0


def decode(output: Float32, canvas_wh: SizeWH) -> Candidates:  # noqa: ARG001 - every head is called alike
    """Return every cell's box and its confidence that a person is there.

    Args:
        output: (4 + classes, N) float32: centre x and y, width and height in px, class scores 0..1.
        canvas_wh: of the network's input; this head's px are already the canvas's.
    """
    return corners_of(output[:2].T, output[2:4].T), np.asarray(output[_PERSON], np.float32)


def decode_final(output: Float32, canvas_wh: SizeWH) -> Candidates:  # noqa: ARG001
    """Return the people among finished detections.

    Args:
        output: (N, 6) float32: left, top, right, bottom in px, confidence, class number.
        canvas_wh: of the network's input; this head's px are already the canvas's.
    """
    people = output[output[:, 5].round() == _PERSON_CLASS]
    return np.asarray(people[:, :4], np.float32), np.asarray(people[:, 4], np.float32)


def input_of(canvases: Frame) -> Float32:
    """Return (n, 3, H, W) float32 RGB, 0..1, as Ultralytics exports expect."""
    rgb = canvases[..., ::-1].transpose(0, 3, 1, 2)
    return np.ascontiguousarray(rgb, np.float32) / np.float32(255.0)


HEAD = Head("yolo", confidence=0.3, most_overlap=0.6, centred=True, input_of=input_of, decode=decode)
FINAL_HEAD = Head("yolo-final", confidence=0.3, most_overlap=1.0, centred=True, input_of=input_of, decode=decode_final)
