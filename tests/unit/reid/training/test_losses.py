import numpy as np
import pytest
import torch
from torch.nn import functional

from reid.training.losses import (
    AffinityLoss,
    AttributeLoss,
    AXMLoss,
    ContrastiveLoss,
    IdentityLoss,
    LossWeights,
    Targets,
    triplet_loss,
)


def unit(rows: int, seed: int, dim: int = 8) -> torch.Tensor:
    """Return random unit vectors (rows, dim)."""
    return functional.normalize(torch.randn(rows, dim, generator=torch.Generator().manual_seed(seed)))


def naive_triplet(similarity: np.ndarray, same: np.ndarray, margin: float) -> float:
    """Return batch-hard triplets written as loops."""
    losses = []
    for matrix, truth in ((similarity, same), (similarity.T, same.T)):
        each = []
        for row, true in zip(matrix, truth, strict=True):
            worst = min(s for s, t in zip(row, true, strict=True) if t)
            best = max(s for s, t in zip(row, true, strict=True) if not t)
            each.append(max(0.0, margin - worst + best))
        losses.append(np.mean(each))
    return float(np.mean(losses))


def test_triplets_are_the_hardest_of_the_batch() -> None:
    """The triplet loss equals the one written as loops, for people with several pairs."""
    similarity = unit(6, 1) @ unit(6, 2).T
    persons = torch.tensor([0, 0, 1, 2, 2, 3])
    same = persons[:, None] == persons[None, :]
    expected = naive_triplet(similarity.numpy(), same.numpy(), 0.3)
    assert triplet_loss(similarity, same, 0.3).item() == pytest.approx(expected, abs=1e-6)


def test_triplets_are_symmetric() -> None:
    """Images and sentences may change places without changing the triplet loss."""
    similarity = unit(5, 3) @ unit(5, 4).T
    same = torch.eye(5, dtype=torch.bool)
    assert torch.allclose(triplet_loss(similarity, same, 0.3), triplet_loss(similarity.T, same, 0.3))


def test_contrast_is_nothing_when_similarity_says_what_is_true() -> None:
    """The contrastive loss is 0 where softmaxed similarity equals softmaxed agreement, and positive elsewhere."""
    loss = ContrastiveLoss(sharpness=3.0)
    agreement = torch.rand(4, 4, generator=torch.Generator().manual_seed(0))
    fitting = agreement * 3.0 / loss.log_scale.exp()
    assert loss(fitting, agreement).item() == pytest.approx(0.0, abs=1e-6)
    assert loss(-fitting, agreement).item() > 0.01


def test_affinity_prefers_truth() -> None:
    """The affinity loss is lower where true pairs are alike than where they are not."""
    loss, truth = AffinityLoss(), torch.eye(4)
    assert loss(truth * 2 - 1, truth).item() < loss(1 - truth * 2, truth).item()


def test_nobody_without_a_class_counts() -> None:
    """A dyed crop's person has no class, and changes the identity loss of the others by nothing."""
    loss, vectors = IdentityLoss(8, 3), unit(4, 5)
    ids = torch.tensor([0, 2, -4, -1])
    assert torch.allclose(loss(vectors, ids), loss(vectors[:2], ids[:2]))


def test_a_sentence_answers_only_for_what_it_settles() -> None:
    """Attributes that a sentence leaves open give the text side of the attribute loss no gradient."""
    loss = AttributeLoss(8, torch.full((3,), 0.5))
    present, settled = torch.tensor([[1.0, 0.0, 1.0]]), torch.tensor([[1.0, 1.0, 0.0]])
    vectors = unit(1, 6)
    flipped = torch.tensor([[1.0, 0.0, 0.0]])
    assert torch.allclose(loss(vectors, present, settled), loss(vectors, flipped, settled))


def test_the_paper_uses_one_classifier_for_three_embeddings() -> None:
    """V_G, V_P and T all send gradient into the one identity classifier, and the identity loss is their sum."""
    loss = AXMLoss(LossWeights(triplet=0, affinity=0), 8, 4, torch.full((2,), 0.5))
    parts = [torch.randn(4, 8, generator=torch.Generator().manual_seed(n), requires_grad=True) for n in range(3)]
    ids, pairs = torch.arange(4), torch.eye(4)
    two = torch.zeros(4, 2)
    total = loss(*parts, Targets(ids, pairs, two, two, two))["identity"]
    expected = sum(loss.identity(functional.normalize(part), ids) for part in parts)
    assert torch.allclose(total, torch.as_tensor(expected))
    total.backward()
    assert all(part.grad is not None and part.grad.abs().sum() > 0 for part in parts)
