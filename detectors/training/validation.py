"""Measures a network in training through the runtime's own code, and chooses its threshold."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from detectors.compact import Card
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
        mean_ap50: over the folders.
        confidence: the threshold at which the mean over the folders of recall and precision's harmonic mean is largest.
        quality: by folder, ``ap50``, and ``recall`` and ``precision`` at that threshold.
    """

    mean_ap50: float
    confidence: float
    quality: dict[str, float]


def validate(network: CompactNet, sources: Sequence[Source]) -> Validation:
    """Run a network over folders of images as the runtime would.

    Raises:
        DetectorDatasetError: a folder or an image cannot be read.
    """
    with tempfile.TemporaryDirectory() as folder:
        graph = Path(folder) / "candidate.onnx"
        write_graph(network, graph)
        write_card(graph, Card("candidate", 0.5, 0, []))
        detector = GraphDetector(graph, "cpu")
        outcomes = {source.path.name: outcome(detector, chosen(source)) for source in sources}
    confidence = choose_threshold(list(outcomes.values()))
    quality: dict[str, float] = {}
    for name, found in outcomes.items():
        recall, precision = found.recall_precision(confidence)
        quality |= {f"{name} ap50": found.average_precision(), f"{name} recall": recall, f"{name} precision": precision}
    mean = float(np.mean([found.average_precision() for found in outcomes.values()]))
    return Validation(mean, confidence, {name: round(value, 4) for name, value in quality.items()})


def choose_threshold(outcomes: Sequence[Outcome]) -> float:
    """Return the threshold with the best harmonic mean of recall and precision, on the average of the folders."""
    balance = [np.mean([_balance(*found.recall_precision(at)) for found in outcomes]) for at in _THRESHOLDS]
    return round(float(_THRESHOLDS[int(np.argmax(balance))]), 2)


def _balance(recall: float, precision: float) -> float:
    return 2 * recall * precision / max(recall + precision, 1e-9)
