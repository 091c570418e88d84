from dataclasses import replace

import numpy as np
import torch

from reid.datasets.sample import Sample
from reid.text.tokenizer import Tokenizer
from reid.text.vocabulary import learn_vocabulary
from reid.training.batches import Batches, BatchSettings
from reid.training.material import load_material


def make_batches(stripes: list[Sample], share: float = 0.0, batch_size: int = 16) -> Batches:
    """Return batches of the striped people, captions with probability ``share``."""
    vocabulary = learn_vocabulary([caption for sample in stripes for caption in sample.captions], 1)
    names = sorted({name for sample in stripes for name in sample.attributes})
    material = load_material(stripes, (64, 32), names)
    settings = BatchSettings(batch_size=batch_size, caption_share=share, word_dropout=0.0)
    return Batches(material, Tokenizer(vocabulary, 56), settings, seed=3)


def test_the_same_seed_and_epoch_give_the_same_batches(stripes: list[Sample]) -> None:
    """An epoch's batches depend on the seed and its number alone, so a resumed run sees what it would have seen."""
    first, second = (list(make_batches(stripes).epoch(5)) for _ in range(2))
    assert all(torch.equal(a.token_ids, b.token_ids) for a, b in zip(first, second, strict=True))
    other = list(make_batches(stripes).epoch(6))
    assert any(a.token_ids.shape != b.token_ids.shape or not torch.equal(a.token_ids, b.token_ids)
               for a, b in zip(first, other, strict=True))  # fmt: skip


def test_everybody_comes_once_an_epoch(stripes: list[Sample]) -> None:
    """With one crop each, 64 people fill exactly four batches of 16 without repeats."""
    ids = [int(n) for batch in make_batches(stripes).epoch(0) for n in batch.targets.person_ids]
    assert sorted(ids) == list(range(64))


def test_a_sentence_is_true_of_whoever_has_what_it_says(stripes: list[Sample]) -> None:
    """Agreement is 1 for each sentence's own crop and for every other crop with all the attributes it asserts."""
    for batch in make_batches(stripes).epoch(0):
        said, present = batch.targets.said.numpy(), batch.targets.attributes.numpy()
        agreement = batch.targets.agreement.numpy()
        assert np.allclose(np.diag(agreement), 1.0)
        everything = (said @ present.T) == said.sum(axis=1, keepdims=True)
        assert np.allclose(agreement[everything], 1.0)
        assert (agreement[~everything] < 1.0).all()


def test_a_said_colour_rules_out_the_others(stripes: list[Sample]) -> None:
    """A sentence that says a top is red settles that it is not blue, and settles nothing about legs it leaves out."""
    for batch in make_batches(stripes).epoch(1):
        targets = batch.targets
        for said, settled in zip(targets.said.numpy(), targets.settled.numpy(), strict=True):
            tops, bottoms = slice(8, 16), slice(0, 8)  # names are sorted: lowerBody* first
            for region in (tops, bottoms):
                assert settled[region].all() == bool(said[region].any())


def test_shares_of_a_batch_are_the_batch(stripes: list[Sample]) -> None:
    """Two ranks together see the pairs that one process would, and each knows the targets of all of them."""
    whole = list(make_batches(stripes, share=0.5).epoch(2))
    shares = [list(make_batches(stripes, share=0.5).epoch(2, rows)) for rows in (slice(8), slice(8, 16))]
    for batch, first, second in zip(whole, *shares, strict=True):
        assert torch.equal(torch.cat([first.images, second.images]), batch.images)
        assert torch.equal(torch.cat([first.token_ids, second.token_ids]), batch.token_ids)
        assert torch.equal(torch.cat([first.flip, second.flip]), batch.flip)
        assert torch.equal(first.targets.agreement, batch.targets.agreement)
        assert torch.equal(second.targets.said, batch.targets.said)


def test_a_caption_that_says_nothing_never_stops_a_run(stripes: list[Sample]) -> None:
    """Where the network knows no word of a caption, or of what is left of one, something that says more is taken."""
    mute = [replace(sample, captions=("qwxz",)) for sample in stripes[:32]]
    fading = [replace(sample, captions=("qwxz, qwxz, qwxz, a red top",)) for sample in stripes[32:]]
    material = load_material([*mute, *fading], (64, 32))
    tokenizer = Tokenizer(learn_vocabulary(["a person in a red top"], 1), 56)
    batches = Batches(material, tokenizer, BatchSettings(batch_size=16, caption_share=1.0, word_dropout=0.0), seed=3)
    for number in range(8):
        assert sum(len(batch.images) for batch in batches.epoch(number)) == 64
