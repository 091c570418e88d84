"""What the network should say about a canvas, and how wrong it is."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from detectors.base import Float32
from detectors.compact import STRIDE

_CORE = 0.22  # standard deviation of a person's scores around the middle, as a share of the box's sides
_LEAST_CORE_PX = 3.5  # for small people: their neighbouring cells are then not told to be empty
_LEARNS_BOX = 0.35  # score from which a cell's box is learned


@dataclass(frozen=True, slots=True)
class Target:
    """The truth of a batch on its grid of cells."""

    score: Tensor  # (B, h, w) 0..1, one at the middle of each person
    counts: Tensor  # (B, h, w) 0 where nobody knows whether there is a person, else 1
    box_xyxy: Tensor  # (B, 4, h, w) px of the person whose score stands there


def targets_of(people: list[Float32], ignored: list[Float32], canvas_hw: tuple[int, int]) -> Target:
    """Return the target of a batch of canvases of one size.

    Args:
        people: for each canvas (n, 4) xyxy px.
        ignored: for each canvas (m, 4) xyxy px.
        canvas_hw: px.
    """
    rows, columns = canvas_hw[0] // STRIDE, canvas_hw[1] // STRIDE
    score = np.zeros((len(people), rows, columns), np.float32)
    counts = np.ones_like(score)
    boxes = np.zeros((len(people), 4, rows, columns), np.float32)
    x = (np.arange(columns, dtype=np.float32) + 0.5) * STRIDE
    y = (np.arange(rows, dtype=np.float32) + 0.5) * STRIDE
    for number, (present, unknown) in enumerate(zip(people, ignored, strict=True)):
        for left, top, right, bottom in unknown:
            inside = ((y >= top) & (y < bottom))[:, None] & ((x >= left) & (x < right))
            counts[number][inside] = 0.0
        for box in present:
            _draw(score[number], boxes[number], box, (x, y))
        counts[number][score[number] > _LEARNS_BOX] = 1.0
    return Target(torch.from_numpy(score), torch.from_numpy(counts), torch.from_numpy(boxes))


def _draw(score: Float32, boxes: Float32, box: Float32, axes: tuple[Float32, Float32]) -> None:
    """Raise ``score`` (h, w) around the middle of a box, and write the box where it is now the best explanation."""
    left, top, right, bottom = box
    wide, tall = max(_CORE * (right - left), _LEAST_CORE_PX), max(_CORE * (bottom - top), _LEAST_CORE_PX)
    across = np.exp(-0.5 * ((axes[0] - (left + right) / 2) / wide) ** 2)
    along = np.exp(-0.5 * ((axes[1] - (top + bottom) / 2) / tall) ** 2)
    own = along[:, None] * across[None, :]  # (h, w)
    own /= max(float(own.max()), 1e-6)  # the cell nearest to the middle says 1, wherever the middle lies in it
    better = own > score
    score[better] = own[better]
    boxes[:, better] = box[:, None]


def detection_loss(score: Tensor, sides: Tensor, target: Target) -> tuple[Tensor, Tensor]:
    """Return how wrong scores and boxes are.

    Args:
        score: (B, h, w) logits.
        sides: (B, 4, h, w) px from each cell's centre.
        target: of the same batch.

    Returns:
        The loss of the scores, by the share of surprise in each cell, and of the boxes, 1 - generalised IoU.
    """
    wrong = (score.sigmoid() - target.score).square()
    entropy = torch.nn.functional.binary_cross_entropy_with_logits(score, target.score, reduction="none")
    mass = target.score.sum().clamp(min=1.0)
    score_loss = (wrong * entropy * target.counts).sum() / mass
    weight = torch.where(target.score >= _LEARNS_BOX, target.score, torch.zeros_like(target.score))
    apart = 1.0 - generalised_overlap(_boxes_of(sides), target.box_xyxy)
    return score_loss, (apart * weight).sum() / weight.sum().clamp(min=1.0)


def generalised_overlap(first: Tensor, second: Tensor) -> Tensor:
    """Return the generalised intersection over union, -1..1, of boxes (B, 4, h, w): shape (B, h, w)."""
    shared = _area(torch.maximum(first[:, :2], second[:, :2]), torch.minimum(first[:, 2:], second[:, 2:]))
    union = _area(first[:, :2], first[:, 2:]) + _area(second[:, :2], second[:, 2:]) - shared
    hull = _area(torch.minimum(first[:, :2], second[:, :2]), torch.maximum(first[:, 2:], second[:, 2:]))
    return shared / union.clamp(min=1e-6) - (hull - union) / hull.clamp(min=1e-6)


def _area(left_top: Tensor, right_bottom: Tensor) -> Tensor:
    size = (right_bottom - left_top).clamp(min=0.0)  # (B, 2, h, w)
    return size[:, 0] * size[:, 1]


def _boxes_of(sides: Tensor) -> Tensor:
    rows, columns = sides.shape[2:]
    x = (torch.arange(columns) + 0.5) * STRIDE
    y = (torch.arange(rows) + 0.5) * STRIDE
    centre = torch.stack([x.expand(rows, columns), y[:, None].expand(rows, columns)])  # (2, h, w)
    return torch.cat([centre - sides[:, :2], centre + sides[:, 2:]], dim=1)
