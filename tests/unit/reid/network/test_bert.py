"""A frozen BERT never learns, never moves, and is never fetched."""

import copy
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from reid.config import NetworkConfig
from reid.errors import WeightsError
from reid.network.axm_net import AXMNet
from reid.network.bert import FrozenBert, copy_bert, find_bert, open_bert
from reid.training.averaging import AveragedNetwork


@pytest.fixture(scope="module")
def bert(bert_folder: Path) -> FrozenBert:
    """Return the tiny BERT, opened."""
    return open_bert(bert_folder)


@pytest.fixture
def network(bert: FrozenBert, tiny_config: NetworkConfig) -> AXMNet:
    """Return the tiny network with that BERT in the place of learned words."""
    config = replace(tiny_config, vocabulary_size=len(bert.pieces), word_dim=bert.word_dim)
    torch.manual_seed(1)
    return AXMNet(config, bert)


@pytest.fixture
def damaged(bert_folder: Path, tmp_path: Path) -> Path:
    """Return a copy of the BERT that may be damaged."""
    return shutil.copytree(bert_folder, tmp_path / "damaged")


IDS = torch.tensor([[2, 40, 41, 42, 3, 0, 0, 0], [2, 44, 45, 3, 0, 0, 0, 0]])


def test_training_leaves_bert_as_it_is(network: AXMNet, bert: FrozenBert) -> None:
    """In training mode it drops nothing out, takes no gradient, and a step changes no bit of its vectors."""
    before = bert(IDS)
    network.train()
    network.embed_tokens(IDS).square().sum().backward()
    torch.optim.SGD(network.parameters(), lr=1.0).step()
    assert torch.equal(bert(IDS), before)
    assert all(weight.grad is None for weight in bert.parameters())
    assert not bert.model.training


def test_padding_changes_no_vector(network: AXMNet) -> None:
    """A sentence's vector does not depend on how much padding follows it, nor on the sentences beside it."""
    network.eval()
    expected = network.encode_text(IDS)
    padded = network.encode_text(torch.nn.functional.pad(IDS, (0, 20)))
    torch.testing.assert_close(padded, expected, rtol=0, atol=1e-5)
    torch.testing.assert_close(network.encode_text(IDS[1:, :4]), expected[1:], rtol=0, atol=1e-5)


def test_a_word_is_read_in_its_context(bert: FrozenBert) -> None:
    """The same piece has another vector beside other words, which learned word vectors cannot have."""
    other = IDS.clone()
    other[0, 2] = 50
    assert not torch.allclose(bert(IDS)[0, 1], bert(other)[0, 1], atol=1e-4)


def test_bert_is_no_part_of_a_state_dict(network: AXMNet) -> None:
    """What is stored is the network without BERT; what is loaded may not lack anything else."""
    state = network.state_dict()
    assert not [name for name in state if name.startswith("words.")]
    copy.deepcopy(network).load_state_dict(state)
    state.pop("text_branch.score.weight")
    with pytest.raises(RuntimeError, match=r"Missing key\(s\) in state_dict: \"text_branch.score.weight\"\. *$"):
        network.load_state_dict(state)


def test_an_average_shares_its_bert(network: AXMNet) -> None:
    """What never changes is held in memory once."""
    average = AveragedNetwork(network, 0.9)
    assert average.network.words is network.words
    average.update(network)
    assert average.network.trunk is not network.trunk


def test_a_copy_is_the_same_bert(bert: FrozenBert, bert_folder: Path, tmp_path: Path) -> None:
    """A run's own copy has the digest and the vectors of the source."""
    copy_bert(bert_folder, tmp_path / "copy")
    copied = open_bert(tmp_path / "copy")
    assert copied.digest == bert.digest
    assert torch.equal(copied(IDS), bert(IDS))


def test_a_folder_is_taken_as_it_is(bert_folder: Path) -> None:
    """Nothing is looked up where the recipe names a folder."""
    assert find_bert(str(bert_folder), download=False) == bert_folder


@pytest.mark.parametrize("name", ["bert-nobody-has", "nobody/bert", "../no/such/folder"])
def test_nothing_is_fetched_unasked(bert_folder: Path, name: str) -> None:
    """A name that is not on this machine is an error that says what to give, and how to allow fetching."""
    del bert_folder  # its fixture skips where transformers is not installed
    with pytest.raises(WeightsError, match=r"neither|is no folder, and not in the hub's cache.*download = true"):
        find_bert(name, download=False)


@pytest.mark.parametrize("name", ["config.json", "vocab.txt", "model.safetensors"])
def test_a_missing_file_is_named(damaged: Path, name: str) -> None:
    """A folder that lacks a part of a BERT is refused."""
    (damaged / name).unlink()
    with pytest.raises(WeightsError, match="cannot read"):
        open_bert(damaged)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_damaged_file_is_refused(damaged: Path, name: str) -> None:
    """Half a file is not read as a BERT."""
    content = (damaged / name).read_bytes()
    (damaged / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(WeightsError, match="cannot read a BERT"):
        open_bert(damaged)


def test_another_kind_of_model_is_refused(damaged: Path) -> None:
    """Only BERT's sentences are cut the way the runtime cuts them."""
    config = json.loads((damaged / "config.json").read_text())
    (damaged / "config.json").write_text(json.dumps(config | {"model_type": "roberta"}))
    with pytest.raises(WeightsError, match="'roberta'.*uncased BERT"):
        open_bert(damaged)


def test_pieces_of_another_bert_are_refused(damaged: Path) -> None:
    """More pieces than the weights have vectors for do not belong to them."""
    with (damaged / "vocab.txt").open("a", encoding="utf-8") as file:
        file.write("more\n")
    with pytest.raises(WeightsError, match="do not belong together"):
        open_bert(damaged)
