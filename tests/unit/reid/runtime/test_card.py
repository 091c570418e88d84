"""The card and the files beside it belong together, or the folder is refused."""

import json
from pathlib import Path

import msgspec
import pytest

from reid.card import CARD_FILE, IMAGE_GRAPH, TEXT_GRAPH, VOCABULARY_FILE, content_hash, read_card, write_card
from reid.errors import WeightsError


def test_a_card_survives_its_file(tiny_weights: Path, tmp_path: Path) -> None:
    """What is written is read again, fact for fact."""
    card = read_card(tiny_weights)
    for name in (IMAGE_GRAPH, TEXT_GRAPH, VOCABULARY_FILE):
        (tmp_path / name).write_bytes((tiny_weights / name).read_bytes())
    told = msgspec.structs.replace(card, quality={"rank1 on nothing": 12.5})
    write_card(tmp_path, told)
    assert read_card(tmp_path) == told


def test_a_model_id_is_its_content(tiny_weights: Path) -> None:
    """The id ends in the hash of what makes the vectors."""
    card = read_card(tiny_weights)
    assert card.model_id == f"tiny-{content_hash(tiny_weights)}"
    assert len(content_hash(tiny_weights)) == 12


@pytest.mark.parametrize("name", [IMAGE_GRAPH, TEXT_GRAPH, VOCABULARY_FILE])
def test_a_changed_file_is_found(weights_copy: Path, name: str) -> None:
    """A single changed byte in a graph or the vocabulary makes the folder another model than the card says."""
    path = weights_copy / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="not those of tiny-.*copy the folder again"):
        read_card(weights_copy)


@pytest.mark.parametrize("name", [IMAGE_GRAPH, TEXT_GRAPH, VOCABULARY_FILE, CARD_FILE])
def test_a_missing_file_is_named(weights_copy: Path, name: str) -> None:
    """The error says which file is not there."""
    (weights_copy / name).unlink()
    with pytest.raises(WeightsError, match=name):
        read_card(weights_copy)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"name": 1}', b"\xff\xfe"])
def test_a_damaged_card_is_named(weights_copy: Path, content: bytes) -> None:
    """What is no card is not guessed at."""
    (weights_copy / CARD_FILE).write_bytes(content)
    with pytest.raises(WeightsError, match=r"card\.json is damaged"):
        read_card(weights_copy)


def test_a_card_of_another_version_is_refused(weights_copy: Path) -> None:
    """A fact that this version does not know is an error that names it."""
    path = weights_copy / CARD_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | {"mood": "good"}))
    with pytest.raises(WeightsError, match="mood"):
        read_card(weights_copy)


def test_no_folder_is_no_weights(tmp_path: Path) -> None:
    """A folder that does not exist is said to hold no weights."""
    with pytest.raises(WeightsError, match="there are no weights in"):
        read_card(tmp_path / "nowhere")
