"""Batch norms whose statistics are those of the whole batch, though each process sees only its share.

torch's own ``SyncBatchNorm`` knows neither words from padding nor CPUs, where the tests run.
"""

from typing import Any, Self

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn import functional

_BatchNorm = nn.modules.batchnorm._BatchNorm  # noqa: SLF001 - the only name that all batch norms share


class SyncedNorm(_BatchNorm):
    """Any batch norm of the network, with the same weights; ``mask`` as in ``WordNorm``."""

    @classmethod
    def taking_over(cls, norm: _BatchNorm) -> Self:
        """Return a norm that holds the very weights and statistics of ``norm``."""
        synced = cls(norm.num_features, norm.eps, norm.momentum)
        synced.weight, synced.bias = norm.weight, norm.bias
        for name, statistic in norm.named_buffers():
            setattr(synced, name, statistic)
        return synced.train(norm.training)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """``x``: (B, C, *positions), ``mask``: (B, 1, *positions) or None, to the shape of ``x``."""
        if not self.training:
            return functional.batch_norm(
                x, self.running_mean, self.running_var, self.weight, self.bias, training=False, eps=self.eps
            )
        wide = x.to(torch.promote_types(x.dtype, torch.float32))  # sums of half precision would not do
        counted = torch.ones_like(wide[:, :1]) if mask is None else mask.to(wide.dtype)
        mean, variance = self._statistics(wide, counted)
        shape = (1, -1, *[1] * (x.dim() - 2))
        scale = self.weight * (variance + self.eps).rsqrt()  # (C,)
        out = (wide - mean.reshape(shape)) * scale.reshape(shape) + self.bias.reshape(shape)
        return (out if mask is None else out * counted).to(x.dtype)

    def _statistics(self, x: Tensor, counted: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and variance of what counts on all ranks, (C,) each, and keep them."""
        if self.running_mean is None or self.running_var is None:
            raise TypeError("a batch norm without running statistics cannot be exported, let alone synced")
        shift = self.running_mean.clone()  # near the mean, so that the squares below do not cancel out
        over = [dim for dim in range(x.dim()) if dim != 1]
        shifted = (x - shift.reshape(1, -1, *[1] * (x.dim() - 2))) * counted
        sums = torch.cat([shifted.sum(over), shifted.square().sum(over), counted.sum().reshape(1)])
        total: Tensor = _SumOverRanks.apply(sums)
        first, second = total[: self.num_features] / total[-1], total[self.num_features : -1] / total[-1]
        mean, variance = first + shift, (second - first.square()).clamp_min(0)
        self._keep(mean.detach(), variance.detach(), total[-1].detach())
        return mean, variance

    @torch.no_grad()
    def _keep(self, mean: Tensor, variance: Tensor, count: Tensor) -> None:
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked += 1
        share = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean, share)
        self.running_var.lerp_(variance * count / (count - 1).clamp_min(1), share)

    def _check_input_dim(self, input: Tensor) -> None:  # noqa: A002 - torch's own signature
        """Take any number of positions."""


def sync_norms(network: nn.Module) -> None:
    """Replace every batch norm of a network by a synced one; its state dict stays as it is."""
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, _BatchNorm):
                setattr(module, name, SyncedNorm.taking_over(child))


class _SumOverRanks(torch.autograd.Function):
    """Adds up a tensor over ranks, and its gradient on the way back."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        del ctx
        total = values.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        del ctx
        total = gradient.clone()
        dist.all_reduce(total)
        return total
