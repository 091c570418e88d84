"""A network that cannot be built is refused before it is built."""

import json
from typing import Any

import pytest

from reid.config import NetworkConfig
from reid.errors import ConfigurationError


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("image_hw", (100, 64)),
        ("image_hw", (64, 30)),
        ("image_hw", (0, 0)),
        ("image_hw", (-16, 64)),
        ("stage_channels", (256, 382, 512)),
        ("stage_channels", (0, 384, 512)),
        ("stem_channels", 0),
        ("scales", 0),
        ("stripes", 0),
        ("stripes", 15),
        ("gate_reduction", 0),
        ("embedding_dim", 0),
        ("token_limit", 0),
        ("token_limit", 30),
        ("word_dim", -1),
        ("vocabulary_size", 0),
        ("dropout", 1.0),
        ("dropout", -0.1),
    ],
)
def test_an_impossible_value_is_named(field: str, value: Any) -> None:
    """The error names the field and what was found."""
    with pytest.raises(ConfigurationError, match=rf"^{field} .*but got "):
        NetworkConfig(**{field: value})


def test_a_configuration_survives_json() -> None:
    """Cards and checkpoints keep the configuration as JSON types; it comes back equal."""
    config = NetworkConfig(image_hw=(128, 64), stripes=4, dropout=0.1)
    assert NetworkConfig.from_dict(config.to_dict()) == config
    assert NetworkConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_a_configuration_of_another_version_is_refused() -> None:
    """A field that nobody knows is an error that names it."""
    with pytest.raises(ConfigurationError, match="heads"):
        NetworkConfig.from_dict({"heads": 8})


def test_a_vocabulary_changes_nothing_else() -> None:
    """Only the number of token ids differs."""
    config = NetworkConfig(stripes=5)
    grown = config.with_vocabulary(700)
    assert grown.vocabulary_size == 700
    assert grown.to_dict() | {"vocabulary_size": 1} == config.to_dict()
