"""The losses of AXM-Net, and the two that carry a data set whose identities are attributes.

The paper sums, over both visual embeddings, an identity loss with one shared classifier, a cross-modal
triplet loss and an affinity loss (figure 2; formulas in docs/axm-net.md). With 1.3 crops a person
and many people dressed alike, identity alone says little, and says false things: a stranger in the same
clothes is no negative for "a man in a black coat". So the affinity takes graded targets, and a soft
contrastive loss and an attribute classifier stand beside it.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class LossWeights:
    """How much each loss counts; 0 leaves it out. The paper's setting is identity, triplet and affinity."""

    identity: float = 1.0
    triplet: float = 1.0
    affinity: float = 1.0
    contrastive: float = 0.0
    attributes: float = 0.0


@dataclass(frozen=True, slots=True)
class Targets:
    """What a batch of B (image, sentence) pairs should come to.

    Attributes:
        person_ids: (B,) int64, class of each pair's person; negative for somebody without a class.
        agreement: (B, B) float32, how true sentence i is of image j, 0..1; 1 on the diagonal.
        attributes: (B, A) float32 of 0/1, the image's attributes.
        said: (B, A) float32 of 0/1, the attributes the sentence asserts.
        settled: (B, A) float32 of 0/1, the attributes the sentence asserts or rules out.
    """

    person_ids: Tensor
    agreement: Tensor
    attributes: Tensor
    said: Tensor
    settled: Tensor


class IdentityLoss(nn.Module):
    """Softmax cross-entropy of unit vectors under one classifier, shared by V_G, V_P and T."""

    def __init__(self, embedding_dim: int, persons: int, scale: float = 16.0) -> None:
        super().__init__()
        self.scale = scale
        self.weight = nn.Parameter(torch.randn(persons, embedding_dim) * embedding_dim**-0.5)

    def forward(self, unit: Tensor, person_ids: Tensor) -> Tensor:
        """``unit``: (B, D), ``person_ids``: (B,) to a scalar."""
        logits = self.scale * unit @ self.weight.T  # (B, persons)
        classes = person_ids.clamp_min(-1)
        return functional.cross_entropy(logits, classes, ignore_index=-1, label_smoothing=0.1)


class AffinityLoss(nn.Module):
    """Binary cross-entropy of each pair's similarity, with a learned slope and offset.

    The paper's literal ``log s(1 - S)`` has almost no gradient for S in -1..1; a sigmoid of ``a S + b`` is the
    same statement with one that does.
    """

    def __init__(self) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(10.0))
        self.offset = nn.Parameter(torch.tensor(-5.0))

    def forward(self, similarity: Tensor, agreement: Tensor) -> Tensor:
        """``similarity``, ``agreement``: (B, B) to a scalar; true pairs weigh as much as all others."""
        logits = self.slope * similarity + self.offset
        each = functional.binary_cross_entropy_with_logits(logits, agreement, reduction="none")
        positive = agreement / agreement.sum().clamp_min(1e-6)
        negative = (1 - agreement) / (1 - agreement).sum().clamp_min(1e-6)
        return ((positive + negative) * each).sum() / 2


class ContrastiveLoss(nn.Module):
    """Divergence of softmaxed similarities from softmaxed agreement, in both directions; 0 is perfect."""

    def __init__(self, sharpness: float = 12.0) -> None:
        super().__init__()
        self.sharpness = sharpness
        self.log_scale = nn.Parameter(torch.tensor(2.7))

    def forward(self, similarity: Tensor, agreement: Tensor) -> Tensor:
        """``similarity``, ``agreement``: (B texts, B images) to a scalar."""
        logits = similarity * self.log_scale.clamp(max=3.7).exp()
        wanted = agreement * self.sharpness
        return (_divergence(logits, wanted) + _divergence(logits.T, wanted.T)) / 2


def _divergence(logits: Tensor, wanted: Tensor) -> Tensor:
    """Kullback-Leibler divergence of row-wise softmaxes, averaged over rows."""
    return functional.kl_div(
        logits.log_softmax(dim=1), wanted.log_softmax(dim=1), reduction="batchmean", log_target=True
    )


class AttributeLoss(nn.Module):
    """One attribute classifier for images and sentences; a sentence answers only for what it settles."""

    def __init__(self, embedding_dim: int, prevalence: Tensor, scale: float = 12.0) -> None:
        super().__init__()
        self.scale = scale
        self.weight = nn.Parameter(torch.randn(len(prevalence), embedding_dim) * 0.05)
        self.bias = nn.Parameter(torch.logit(prevalence.clamp(1e-3, 1 - 1e-3)))
        self.positive_weight: Tensor
        self.register_buffer("positive_weight", ((1 - prevalence) / prevalence.clamp_min(1e-4)).sqrt().clamp(max=8))

    def forward(self, unit: Tensor, present: Tensor, counted: Tensor) -> Tensor:
        """``unit``: (B, D), ``present``, ``counted``: (B, A) to a scalar."""
        logits = self.scale * unit @ functional.normalize(self.weight).T + self.bias  # (B, A)
        each = functional.binary_cross_entropy_with_logits(
            logits, present, pos_weight=self.positive_weight, reduction="none"
        )
        return (each * counted).sum() / counted.sum().clamp_min(1.0)


def triplet_loss(similarity: Tensor, same: Tensor, margin: float) -> Tensor:
    """Batch-hard triplets both ways: the worst true pair against the best false one, cosine distance.

    ``similarity``: (B, B), ``same``: (B, B) bool, to a scalar.
    """
    worst_true = similarity.masked_fill(~same, torch.inf)
    best_false = similarity.masked_fill(same, -torch.inf)
    losses = [functional.relu(margin - worst_true.amin(dim=dim) + best_false.amax(dim=dim)).mean() for dim in (0, 1)]
    return torch.stack(losses).mean()


class AXMLoss(nn.Module):
    """The weighted sum over V_G, V_P and T."""

    def __init__(self, weights: LossWeights, embedding_dim: int, persons: int, prevalence: Tensor) -> None:
        super().__init__()
        self.weights = weights
        self.identity = IdentityLoss(embedding_dim, persons)
        self.affinity = AffinityLoss()
        self.contrastive = ContrastiveLoss()
        self.attributes = AttributeLoss(embedding_dim, prevalence)

    def forward(self, whole: Tensor, parts: Tensor, text: Tensor, targets: Targets) -> dict[str, Tensor]:
        """``whole``, ``parts``, ``text``: (B, D), not normalised, to each loss, already weighted."""
        text = functional.normalize(text)
        visuals = [functional.normalize(whole), functional.normalize(parts)]
        losses: dict[str, Tensor] = {}
        if self.weights.identity:
            everyone = torch.cat([*visuals, text])  # (3B, D): one product with the classifier
            mean = self.identity(everyone, targets.person_ids.repeat(3))
            losses["identity"] = self.weights.identity * 3 * mean
        if self.weights.attributes:
            losses["attributes"] = self.weights.attributes * self._attribute_loss(visuals, text, targets)
        for name in ("triplet", "affinity", "contrastive"):
            weight = getattr(self.weights, name)
            if weight:
                each = [self._pairwise(name, text @ visual.T, targets) for visual in visuals]
                losses[name] = weight * torch.stack(each).sum()
        return losses

    def _pairwise(self, name: str, similarity: Tensor, targets: Targets) -> Tensor:
        if name == "triplet":
            same = targets.person_ids.unsqueeze(0) == targets.person_ids.unsqueeze(1)
            return triplet_loss(similarity, same, margin=0.3)
        loss: Tensor = getattr(self, name)(similarity, targets.agreement)
        return loss

    def _attribute_loss(self, visuals: list[Tensor], text: Tensor, targets: Targets) -> Tensor:
        everything = torch.ones_like(targets.attributes)
        each = [self.attributes(unit, targets.attributes, everything) for unit in visuals]
        each.append(self.attributes(text, targets.said, targets.settled))
        return torch.stack(each).sum()
