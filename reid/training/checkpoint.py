"""What a run needs to go on, in one file, replaced in one step.

A frozen BERT never changes and is a hundred times larger than the rest: the file names it by its digest, and the
run's folder holds it once, in ``bert``.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from reid.config import NetworkConfig
from reid.errors import ConfigurationError, WeightsError
from reid.network.axm_net import AXMNet
from reid.network.bert import FrozenBert, open_bert
from reid.training.learner import Learner, Origin

BERT_FOLDER = "bert"


def save_checkpoint(path: Path, learner: Learner) -> None:
    """Write the learner; a reader sees the old file or the new one, never half of it."""
    state = {
        "name": learner.origin.name,
        "trained_on": list(learner.origin.trained_on),
        "words": list(learner.origin.words),
        "config": learner.network.config.to_dict(),
        "network": learner.network.state_dict(),
        "average": learner.average.network.state_dict(),
        "average_steps": learner.average.steps,
        "loss": learner.loss.state_dict(),
        "optimizer": learner.optimizer.state_dict(),
        "epoch": learner.epoch,
        "best": learner.best,
        "best_epoch": learner.best_epoch,
    }
    if isinstance(learner.network.words, FrozenBert):
        state["bert"] = learner.network.words.digest
    temporary = path.with_suffix(".tmp")
    torch.save(state, temporary)
    temporary.replace(path)


def read_words(path: Path) -> tuple[str, ...]:
    """Return the vocabulary a checkpoint was made with.

    Raises:
        WeightsError: the file is missing or not a checkpoint.
    """
    words = _read(path).get("words")
    if not isinstance(words, list):
        raise WeightsError(f"{path} is not a checkpoint of this version: it has no list of words")
    return tuple(words)


def load_network(path: Path) -> tuple[AXMNet, Origin]:
    """Return the averaged network of a checkpoint and where it came from.

    Raises:
        WeightsError: the file is missing or not a checkpoint of this version, or its BERT is not beside it.
    """
    state = _read(path)
    try:
        network = AXMNet(NetworkConfig.from_dict(state["config"]), _bert_beside(path, state))
        network.load_state_dict(state["average"])
        origin = Origin(str(state["name"]), tuple(state["trained_on"]), tuple(state["words"]))
    except (KeyError, AttributeError, TypeError, ValueError, RuntimeError, ConfigurationError) as error:
        raise WeightsError(f"{path} is not a checkpoint of this version: {error!r}") from error
    return network.eval(), origin


def _bert_beside(path: Path, state: Mapping[str, Any]) -> FrozenBert | None:
    if "bert" not in state:
        return None
    bert = open_bert(path.parent / BERT_FOLDER)
    if bert.digest != state["bert"]:
        raise WeightsError(
            f"{path} was trained on the BERT {state['bert']}, but {path.parent / BERT_FOLDER} holds {bert.digest}; "
            "copy the whole folder of the run again"
        )
    return bert


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        raise WeightsError(f"there is no checkpoint at {path}")
    wrong = f"{path} is not a checkpoint; give best.pt or last.pt of a training run"
    try:
        state: object = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file may be taken for any of several old formats, and fail as it likes
        raise WeightsError(wrong) from error  # torch's own words advise to load the file unsafely
    if not isinstance(state, dict):
        raise WeightsError(wrong)
    return state


def load_checkpoint(path: Path, learner: Learner) -> None:
    """Set the learner to what ``path`` holds; learning rates and decays stay those it was built with.

    Raises:
        WeightsError: the file is missing or does not fit.
    """
    state = _read(path)
    words = learner.network.words
    if state.get("bert") != (words.digest if isinstance(words, FrozenBert) else None):
        raise WeightsError(f"{path} belongs to another BERT, or to none; resume with the recipe it was made by")
    try:
        learner.network.load_state_dict(state["network"])
        learner.average.network.load_state_dict(state["average"])
        learner.loss.load_state_dict(state["loss"])
        _load_optimizer(learner.optimizer, state["optimizer"])
        learner.average.steps = state["average_steps"]
        learner.epoch, learner.best, learner.best_epoch = state["epoch"], state["best"], state["best_epoch"]
    except (KeyError, TypeError, RuntimeError, ValueError) as error:
        raise WeightsError(f"{path} belongs to another network or data set: {error}") from error


def _load_optimizer(optimizer: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    """Take over what the optimiser has gathered; its rates and decays stay those of the recipe at hand."""
    chosen = [{name: value for name, value in group.items() if name != "params"} for group in optimizer.param_groups]
    optimizer.load_state_dict(state)
    for group, settings in zip(optimizer.param_groups, chosen, strict=True):
        group.update(settings)
