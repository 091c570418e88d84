"""What a training run leaves on disk."""

from pathlib import Path
from typing import Any

import msgspec
import torch

from detectors.compact import Card
from detectors.errors import DetectorWeightsError
from detectors.training.network import CompactNet
from detectors.training.recipe import Shape


def build(shape: Shape) -> CompactNet:
    """Return an untrained network."""
    return CompactNet(shape.channels, shape.blocks, shape.width)


def save_best(path: Path, network: CompactNet, shape: Shape, card: Card) -> None:
    """Write a network with its card, for export; a run that is killed meanwhile leaves the earlier file."""
    _save(
        path, {"shape": msgspec.to_builtins(shape), "network": network.state_dict(), "card": msgspec.to_builtins(card)}
    )


def load_checkpoint(path: Path) -> tuple[CompactNet, Card]:
    """Return the network and the card of a file that :func:`save_best` wrote.

    Raises:
        DetectorWeightsError: it is missing or damaged.
    """
    state = read(path)
    try:
        network = build(msgspec.convert(state["shape"], Shape))
        network.load_state_dict(state["network"])
        card = msgspec.convert(state["card"], Card)
    except (KeyError, RuntimeError, msgspec.ValidationError) as error:
        raise DetectorWeightsError(f"{path} is no checkpoint of a detector's training: {error}") from error
    return network.eval(), card


def read(path: Path) -> dict[str, Any]:
    """Return what a checkpoint holds.

    Raises:
        DetectorWeightsError: it is missing or damaged.
    """
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise DetectorWeightsError(f"there is no checkpoint at {path}: {error.strerror}") from error
    except Exception as error:
        raise DetectorWeightsError(f"{path} cannot be read as a checkpoint: {error}") from error
    return state


def save_last(path: Path, state: dict[str, Any]) -> None:
    """Write all that a run needs to go on."""
    _save(path, state)


def _save(path: Path, state: dict[str, Any]) -> None:
    fresh = path.with_suffix(".new")
    torch.save(state, fresh)
    fresh.replace(path)
