"""Measures a network in training through the runtime's own code, and chooses its threshold."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from detectors.compact import Card
from detectors.errors import DetectorDatasetError
from detectors.evaluation import Outcome, outcome
from detectors.graph import GraphDetector
from detectors.training.export import write_card, write_graph
from detectors.training.images import chosen
from detectors.training.network import CompactNet
from detectors.training.recipe import Source

_THRESHOLDS = np.arange(0.10, 0.81, 0.02)


@dataclass(frozen=True, slots=True)
class Validation:
    """What came out.

    Attributes:
        mean_ap50: over the folders that have people.
        confidence: the threshold at which the mean over the folders of recall and precision's harmonic mean is largest.
        quality: by folder, ``ap50``, and ``recall`` and ``precision`` at that threshold, where there is such a figure.
    """

    mean_ap50: float
    confidence: float
    quality: dict[str, float]


def validate(network: CompactNet, sources: Sequence[Source]) -> Validation:
    """Run a network over folders of images as the runtime would.

    Raises:
        DetectorDatasetError: a folder or an image cannot be read, or no folder has people.
    """
    with tempfile.TemporaryDirectory() as folder:
        graph = Path(folder) / "candidate.onnx"
        write_graph(network, graph)
        write_card(graph, Card("candidate", 0.5, 0, []))
        detector = GraphDetector(graph, "cpu")
        outcomes = {source.path.name: outcome(detector, chosen(source)) for source in sources}
    confidence = choose_threshold(list(outcomes.values()))
    areas = [area for found in outcomes.values() if (area := found.average_precision()) is not None]
    if not areas:
        raise DetectorDatasetError(f"nobody is to be found in {', '.join(outcomes)}: validate on a folder with people")
    return Validation(float(np.mean(areas)), confidence, _quality(outcomes, confidence))


def _quality(outcomes: Mapping[str, Outcome], confidence: float) -> dict[str, float]:
    figures: dict[str, float | None] = {}
    for name, found in outcomes.items():
        recall, precision = found.recall_precision(confidence)
        figures |= {f"{name} ap50": found.average_precision(), f"{name} recall": recall, f"{name} precision": precision}
    return {name: round(value, 4) for name, value in figures.items() if value is not None}


def choose_threshold(outcomes: Sequence[Outcome]) -> float:
    """Return the threshold with the best harmonic mean of recall and precision, on the average of the folders.

    Where there is nobody to find, or nothing is told of, nothing is wrong: the figure counts as 1.
    """
    balance = [np.mean([_balance(*found.recall_precision(at)) for found in outcomes]) for at in _THRESHOLDS]
    return round(float(_THRESHOLDS[int(np.argmax(balance))]), 2)


def _balance(recall: float | None, precision: float | None) -> float:
    recall, precision = (1.0 if share is None else share for share in (recall, precision))
    return 2 * recall * precision / max(recall + precision, 1e-9)
