"""A trained learner to a weights folder: two graphs, the vocabulary, the card."""

import copy
import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from reid.card import (
    IMAGE_GRAPH,
    PIECES_FILE,
    TEXT_GRAPH,
    VOCABULARY_FILE,
    Card,
    content_hash,
    read_card,
    write_card,
)
from reid.embedder import Embedder
from reid.errors import WeightsError
from reid.export.compact import compact_weights
from reid.export.graphs import write_image_graph, write_text_graph
from reid.network.axm_net import AXMNet
from reid.network.bert import FrozenBert
from reid.text.vocabulary import Vocabulary


def export_weights(
    network: AXMNet,
    vocabulary: Vocabulary,
    folder: Path,
    name: str,
    trained_on: Sequence[str],
    *,
    half: bool = False,
) -> Card:
    """Write a weights folder that ``reid.embedder.Embedder`` loads; an older one there is replaced whole.

    Args:
        network: the network to export; it is left as it is.
        vocabulary: what its token ids mean.
        folder: where to; created where missing.
        name: the first half of the model id.
        trained_on: data sets and their terms, for the card.
        half: store and compute the image tower in float16.

    Raises:
        WeightsError: the folder exists and is something else, or what was written gives vectors that are no numbers;
            an older folder is left as it was.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / VOCABULARY_FILE).exists():
        raise WeightsError(f"{folder} exists and is not a weights folder; choose another")
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    try:
        write_text_graph(_copy(network), work / TEXT_GRAPH)
        write_image_graph(_copy(network), work / IMAGE_GRAPH, half=half)
        compact_weights(work / TEXT_GRAPH)
        compact_weights(work / IMAGE_GRAPH)
        (work / VOCABULARY_FILE).write_text(json.dumps(vocabulary.words, indent=0) + "\n")
        if isinstance(network.words, FrozenBert):
            (work / PIECES_FILE).write_text("".join(f"{piece}\n" for piece in network.words.pieces), encoding="utf-8")
        write_card(work, _card(network, work, name, trained_on, half=half))
        card = read_card(work)
        _check_numbers(work, card)
        _replace(work, folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return card


def _check_numbers(work: Path, card: Card) -> None:
    """Embed black, white and noise: half precision may overflow where single does not."""
    noise = np.random.default_rng(0).integers(0, 256, (1, *card.image_hw, 3), np.uint8)
    crops = np.concatenate([np.zeros_like(noise), np.full_like(noise, 255), noise])
    if not np.isfinite(Embedder(work, "cpu").encode_image(list(crops))).all():
        remedy = "export it without --half" if card.precision == "fp16" else "the network itself has diverged"
        raise WeightsError(f"{card.name} as {card.precision} gives vectors that are no numbers; {remedy}")


def _copy(network: AXMNet) -> AXMNet:
    bert = copy.deepcopy(network.words) if isinstance(network.words, FrozenBert) else None
    copied = AXMNet(network.config, bert)
    copied.load_state_dict(network.state_dict())
    return copied.cpu().eval()


def _card(network: AXMNet, folder: Path, name: str, trained_on: Sequence[str], *, half: bool) -> Card:
    config = network.config
    return Card(
        name=name,
        model_id=f"{name}-{content_hash(folder)}",
        embedding_dim=config.embedding_dim,
        image_hw=config.image_hw,
        token_limit=config.token_limit,
        normalisation="uint8 BGR in; RGB, ImageNet mean and deviation, inside the graph",
        precision="fp16" if half else "fp32",
        network=config.to_dict(),
        parameters={"image": _count(network, "visual"), "text": _count(network, "text")},
        trained_on=list(trained_on),
    )


def _count(network: AXMNet, tower: str) -> int:
    other = {"visual": ("textual", "text_", "words"), "text": ("visual", "places", "global_branch", "part_branch")}[
        tower
    ]
    return sum(p.numel() for n, p in network.named_parameters() if not any(part in n for part in other))


def _replace(work: Path, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for file in set(folder.glob(PIECES_FILE)) - {folder / each.name for each in work.iterdir()}:
        file.unlink()  # of an older network that read with a BERT
    for file in sorted(work.iterdir()):
        file.replace(folder / file.name)
