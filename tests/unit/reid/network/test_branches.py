"""The branches do in one step what the paper draws in several."""

import pytest
import torch
from torch.nn import functional

from reid.network.branches import PartBranch, TextBranch
from reid.network.trunk import TextMaps


@pytest.mark.parametrize("stripes", [1, 4, 5, 6])
def test_the_part_branch_is_cut_weigh_pool(stripes: int) -> None:
    """Cutting stripes, re-weighting each by the shared attention and pooling them apart gives V_P."""
    torch.manual_seed(1)
    branch = PartBranch(16, stripes, 8).eval()
    x = torch.rand(2, 16, 12, 3)  # stripes of a map after ReLU; 12 rows do not divide by 5
    weighted = []
    for index in range(stripes):
        rows = slice(index * 12 // stripes, -(-(index + 1) * 12 // stripes))
        stripe = x[:, :, rows]
        weights = branch.attention(stripe.amax(dim=(2, 3)))  # (2, 16), one module for every stripe
        weighted.append(stripe * weights[:, :, None, None])
    expected = branch.embed(torch.cat([stripe.amax(dim=(2, 3)) for stripe in weighted], dim=1))
    torch.testing.assert_close(branch(x), expected)


def test_the_text_branch_attends_to_words_only() -> None:
    """A sentence's context is a weighted mean over its words, added to each before they are averaged beside phrases."""
    torch.manual_seed(1)
    branch = TextBranch(16, 5, 8, dropout=0.5).eval()
    x, lengths = torch.randn(3, 16, 7), (7, 1, 4)
    phrases, every = torch.randn(3, 5, 28), torch.ones(3, 1, 28)
    mask = torch.zeros(3, 1, 7)
    for row, length in enumerate(lengths):
        mask[row, :, :length] = 1
        words = x[row : row + 1, :, :length]
        share = functional.softmax(branch.score(words), dim=2)
        context = branch.context((words * share).sum(dim=2))
        pooled = (words + context.unsqueeze(2)).mean(dim=2)
        one = slice(row, row + 1)
        expected = branch.embed(torch.cat([pooled, phrases[one].mean(dim=2)], dim=1))
        found = branch(TextMaps(phrases[one], every[one], (x * mask)[one], mask[one]))
        torch.testing.assert_close(found, expected)
