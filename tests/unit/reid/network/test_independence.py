"""A vector depends on its own crop or sentence and on nothing else."""

import copy

import pytest
import torch
from torch import Tensor

from reid.network.axm_block import WordNorm
from reid.network.axm_net import AXMNet

NEAR = {"rtol": 0.0, "atol": 1e-5}


def images(count: int) -> Tensor:
    """Return random crops of the tiny size."""
    return torch.randn(count, 3, 64, 32, generator=torch.Generator().manual_seed(2))


def sentence(length: int, padded_to: int) -> Tensor:
    """Return one sentence of so many words, padded with 0."""
    ids = torch.randint(1, 50, (1, length), generator=torch.Generator().manual_seed(length))
    return torch.nn.functional.pad(ids, (0, padded_to - length))


def test_an_image_vector_does_not_know_its_batch(tiny_network: AXMNet) -> None:
    """Alone, in front or at the end of a batch of others, the vector is the same."""
    crops = images(6)
    together = tiny_network.encode_image(crops)
    for index in range(len(crops)):
        torch.testing.assert_close(tiny_network.encode_image(crops[index : index + 1])[0], together[index], **NEAR)
    torch.testing.assert_close(tiny_network.encode_image(crops.flip(0)).flip(0), together, **NEAR)


def test_a_sentence_vector_does_not_know_its_batch(tiny_network: AXMNet) -> None:
    """Alone or beside longer and shorter sentences, the vector is the same."""
    ids = torch.cat([sentence(length, 24) for length in (1, 2, 7, 16, 24)])
    together = tiny_network.encode_text(ids)
    for index in range(len(ids)):
        torch.testing.assert_close(tiny_network.encode_text(ids[index : index + 1])[0], together[index], **NEAR)


@pytest.mark.parametrize("length", range(1, 10))
def test_a_sentence_vector_does_not_know_its_padding(tiny_network: AXMNet, length: int) -> None:
    """However much padding follows the last word, the vector is the same."""
    shortest = -(-length // 4) * 4
    expected = tiny_network.encode_text(sentence(length, shortest))
    for padded_to in (shortest + 4, shortest + 8, 56):
        torch.testing.assert_close(tiny_network.encode_text(sentence(length, padded_to)), expected, **NEAR)


def test_word_order_counts(tiny_network: AXMNet) -> None:
    """A red top and blue jeans are not a blue top and red jeans."""
    one, other = tiny_network.encode_text(torch.tensor([[1, 2, 3, 4], [3, 2, 1, 4]]))
    assert not torch.allclose(one, other, atol=1e-3)


def learn(network: AXMNet, loss: Tensor, ours: tuple[str, ...]) -> None:
    """Take one step with the parameters that carry one of the names."""
    parameters = [p for name, p in network.named_parameters() if any(part in name for part in ours)]
    loss.backward()  # type: ignore[no-untyped-call]
    torch.optim.SGD(parameters, lr=0.5).step()
    network.eval()


def test_learning_text_leaves_images_alone(tiny_network: AXMNet) -> None:
    """A step on the text's own parameters, in training mode, changes no bit of any image vector."""
    network = copy.deepcopy(tiny_network).requires_grad_()
    before = network.encode_image(images(3)).detach(), network.encode_text(sentence(5, 8)).detach()
    learn(network, network.train().embed_tokens(sentence(20, 20).reshape(4, 5)[:, :4]).abs().sum(), ("text", "words"))
    torch.testing.assert_close(network.encode_image(images(3)), before[0], rtol=0.0, atol=0.0)
    assert not torch.allclose(network.encode_text(sentence(5, 8)), before[1], atol=1e-3)


def test_learning_images_leaves_text_alone(tiny_network: AXMNet) -> None:
    """A step on the image's own parameters, in training mode, changes no bit of any sentence vector."""
    network = copy.deepcopy(tiny_network).requires_grad_()
    before = network.encode_image(images(3)).detach(), network.encode_text(sentence(5, 8)).detach()
    learn(network, network.train().embed_visual(images(4)).whole.abs().sum(), ("visual", "global", "part"))
    torch.testing.assert_close(network.encode_text(sentence(5, 8)), before[1], rtol=0.0, atol=0.0)
    assert not torch.allclose(network.encode_image(images(3)), before[0], atol=1e-3)


def test_the_same_input_gives_the_same_bits(tiny_network: AXMNet) -> None:
    """Nothing is drawn at random when embedding."""
    crops, ids = images(3), sentence(9, 12)
    assert torch.equal(tiny_network.encode_image(crops), tiny_network.encode_image(crops))
    assert torch.equal(tiny_network.encode_text(ids), tiny_network.encode_text(ids))


def test_a_stored_vector_is_the_mean_of_two_cosines(tiny_network: AXMNet) -> None:
    """The dot product of what is stored with a sentence is the mean of the cosines that training compares."""
    cosine = torch.nn.functional.cosine_similarity
    whole, parts = tiny_network.embed_visual(images(4))
    text = tiny_network.embed_tokens(sentence(6, 8))
    similarity = tiny_network.encode_image(images(4)) @ tiny_network.encode_text(sentence(6, 8)).T
    torch.testing.assert_close(similarity[:, 0], (cosine(whole, text) + cosine(parts, text)) / 2)
    assert (tiny_network.encode_image(images(4)).norm(dim=1) <= 1 + 1e-6).all()
    torch.testing.assert_close(tiny_network.encode_text(sentence(6, 8)).norm(dim=1), torch.ones(1))


def test_word_norm_learns_from_words_only() -> None:
    """In training, what stands in the padding changes neither the output nor the statistics kept."""
    torch.manual_seed(3)
    words = torch.randn(3, 5, 8) * 2 + 1
    mask = (torch.arange(8) < torch.tensor([[8], [3], [5]])).float().unsqueeze(1)
    clean, dirty = WordNorm(5).train(), WordNorm(5).train()
    expected = clean(words * mask, mask)
    found = dirty(torch.where(mask > 0, words, 1e4), mask)
    torch.testing.assert_close(found * mask, expected * mask)
    torch.testing.assert_close(dirty.running_mean, clean.running_mean)
    torch.testing.assert_close(dirty.running_var, clean.running_var)
    seen = words.transpose(1, 2)[mask.squeeze(1) > 0]  # (words, 5)
    torch.testing.assert_close(clean.running_mean, 0.1 * seen.mean(dim=0))  # momentum 0.1, from 0
    naive = (seen - seen.mean(dim=0)) / (seen.var(dim=0, correction=0) + clean.eps).sqrt()
    torch.testing.assert_close(expected.transpose(1, 2)[mask.squeeze(1) > 0], naive)


def test_training_does_not_know_the_padding_either(tiny_network: AXMNet) -> None:
    """In training mode, more padding changes neither the vectors nor any batch norm's statistics."""
    short, long = copy.deepcopy(tiny_network).train(), copy.deepcopy(tiny_network).train()
    ids = torch.cat([sentence(length, 12) for length in (3, 6, 11, 12)])
    expected = short.embed_tokens(ids)
    found = long.embed_tokens(torch.nn.functional.pad(ids, (0, 20)))
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    for (name, mine), theirs in zip(short.named_buffers(), long.buffers(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-4, msg=name)
