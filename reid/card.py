"""The card that travels with a set of weights: what it is, what it came from, how good it is."""

import hashlib
from pathlib import Path
from typing import Any

import msgspec

from reid.errors import WeightsError

CARD_FILE = "card.json"
VOCABULARY_FILE = "vocabulary.json"
IMAGE_GRAPH = "image.onnx"
TEXT_GRAPH = "text.onnx"
PIECES_FILE = "wordpieces.txt"  # only where a BERT reads the sentences
SHIPPED_WEIGHTS = Path(__file__).parent / "weights"


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Facts about one set of weights.

    Attributes:
        name: the recipe's name.
        model_id: name and the hash of graphs, vocabulary and word pieces; vectors are comparable only where it is
            equal.
        embedding_dim: length of a vector.
        image_hw: height and width of the crops that the image graph takes, px.
        token_limit: words, or a BERT's word pieces, that the text graph takes.
        normalisation: how the image graph treats its uint8 BGR input; for the reader, it is in the graph.
        precision: fp32 or fp16, of the graphs' weights and arithmetic.
        network: the network's configuration (``reid.config.NetworkConfig``).
        parameters: of the image and the text tower.
        trained_on: data sets and their terms.
        quality: measured figures by name, with what they were measured on in the name.
    """

    name: str
    model_id: str
    embedding_dim: int
    image_hw: tuple[int, int]
    token_limit: int
    normalisation: str
    precision: str
    network: dict[str, Any]
    parameters: dict[str, int]
    trained_on: list[str]
    quality: dict[str, float] = {}


def content_hash(folder: Path) -> str:
    """Return the first 12 hex digits of the SHA-256 over both graphs, the vocabulary and, if any, the word pieces.

    Raises:
        WeightsError: one of them cannot be read.
    """
    digest = hashlib.sha256()
    pieces = (PIECES_FILE,) if (folder / PIECES_FILE).exists() else ()
    for name in (IMAGE_GRAPH, TEXT_GRAPH, VOCABULARY_FILE, *pieces):
        try:
            digest.update((folder / name).read_bytes())
        except OSError as error:
            raise WeightsError(f"cannot read {folder / name}: {error.strerror}; is it a weights folder?") from error
    return digest.hexdigest()[:12]


def write_card(folder: Path, card: Card) -> None:
    """Write ``card.json``, keys in the order of the class."""
    (folder / CARD_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(card), indent=2) + b"\n")


def read_card(folder: Path) -> Card:
    """Read a folder's card and hold it against the files beside it.

    Raises:
        WeightsError: there is no card, it cannot be read, or the files are not the ones it describes.
    """
    path = folder / CARD_FILE
    try:
        card = msgspec.json.decode(path.read_bytes(), type=Card)
    except OSError as error:
        raise WeightsError(f"there are no weights in {folder}: {CARD_FILE}: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise WeightsError(f"{path} is damaged: {error}") from error
    found = content_hash(folder)
    if not card.model_id.endswith(found):
        raise WeightsError(
            f"the files in {folder} are not those of {card.model_id}: their hash is {found}; copy the folder again"
        )
    return card
