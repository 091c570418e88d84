"""The head of the compact detector that this project trains and ships: one grid, one class."""

from dataclasses import dataclass
from math import inf
from pathlib import Path

import msgspec
import numpy as np

from detectors.base import Float32, Frame
from detectors.errors import DetectorWeightsError
from detectors.heads import Candidates, Head, SizeWH, grid
from detectors.letterbox import Letterbox, fit_area

STRIDE = 8  # px between the cells of the grid
SIZE_MULTIPLE = 32  # of the canvas's sides, for the network halves them five times
WEIGHTS = Path(__file__).parent / "weights" / "compact.onnx"


@dataclass(frozen=True, slots=True)
class Look:
    """One of the sizes at which a frame is looked at.

    A small network places boxes well around people who are some ten cells tall, and badly around those who fill the
    canvas: these are looked for on a smaller one.
    """

    most_px: int  # of the frame on its canvas; a larger one is made smaller
    longest_px: int  # of a side of the canvas
    heights_px: tuple[float, float]  # of the people whom it is asked about, on the canvas


# The second is half as large as the first, so nobody falls between 120 px on the one and 60 px on the other.
LOOKS = (Look(512 * 288, 640, (0.0, 120.0)), Look(256 * 144, 320, (60.0, inf)))


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Facts about one set of weights; ``compact.json`` beside the graph.

    Attributes:
        name: the recipe's name.
        confidence: the threshold chosen on the validation images.
        parameters: how many numbers were learned.
        trained_on: folders of images with their terms.
        quality: measured figures by name, with what they were measured on in the name.
    """

    name: str
    confidence: float
    parameters: int
    trained_on: list[str]
    quality: dict[str, float] = {}


def looks_at(frame_wh: SizeWH) -> list[tuple[Letterbox, tuple[float, float]]]:
    """Return the canvases for a frame, and how tall, in px of the canvas, people are whom each is asked about.

    A frame so small that both canvases would show it alike is looked at once, for everybody.
    """
    boxes = [fit_area(frame_wh, look.most_px, look.longest_px, SIZE_MULTIPLE) for look in LOOKS]
    if boxes[0].inner_wh == boxes[1].inner_wh:
        return [(boxes[0], (0.0, inf))]
    return [(box, look.heights_px) for box, look in zip(boxes, LOOKS, strict=True)]


def decode(output: Float32, canvas_wh: SizeWH) -> Candidates:
    """Return every cell's box and its confidence that a person's middle is there.

    Args:
        output: (N, 5) float32: px from the cell's centre to the box's left, top, right and bottom; confidence 0..1.
        canvas_wh: of the network's input, px.
    """
    corner, _ = grid(canvas_wh, (STRIDE,))
    centre = corner + STRIDE / 2  # (N, 2)
    xyxy = np.concatenate([centre - output[:, :2], centre + output[:, 2:4]], axis=1)
    return np.asarray(xyxy, np.float32), np.asarray(output[:, 4], np.float32)


def input_of(canvases: Frame) -> Frame:
    """Return the canvases as they are: (n, H, W, 3) uint8 BGR; the graph does the rest."""
    return np.ascontiguousarray(canvases)


def head(graph: Path) -> Head:
    """Return the head of a compact graph, with the threshold of its card.

    Raises:
        DetectorWeightsError: the card is missing or damaged.
    """
    return Head("compact", read_card(graph).confidence, 0.5, centred=False, input_of=input_of, decode=decode)


def read_card(graph: Path) -> Card:
    """Return the card beside a compact graph.

    Raises:
        DetectorWeightsError: it is missing or damaged.
    """
    path = graph.with_suffix(".json")
    try:
        return msgspec.json.decode(path.read_bytes(), type=Card)
    except OSError as error:
        raise DetectorWeightsError(f"the detector {graph} has no card: {path.name}: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise DetectorWeightsError(f"{path} is damaged: {error}") from error
