"""The AXM-Block: multi-scale streams per modality and one gate for all of them.

``(V~, T~) = sum over r of (V_r * C(mean(V_r)), T_r * C(mean(T_r)))`` (paper, equation 2), where the
mini-network ``C`` is one module for every scale ``r`` and for both modalities. It sees one pooled
vector at a time, so neither modality enters the other's graph: shared parameters alone align them.

``mask`` is (B, 1, L) of 0/1 for text and ``None`` for images, where every position counts.
"""

import torch
from torch import Tensor, nn


def conv1x1(inputs: int, outputs: int, dims: int) -> nn.Module:
    """Return a bias-free pointwise convolution over 1-d (text) or 2-d (visual) positions."""
    convolution = nn.Conv2d if dims == 2 else nn.Conv1d
    return convolution(inputs, outputs, 1, bias=False)


class WordNorm(nn.BatchNorm1d):
    """Batch norm over the positions that are words: padding must not count as a value seen."""

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """``x``: (B, C, L), ``mask``: (B, 1, L) to (B, C, L)."""
        if mask is None or not self.training:
            return super().forward(x)
        words = mask.squeeze(1) > 0  # (B, L)
        out = torch.zeros_like(x).transpose(1, 2)  # (B, L, C)
        out[words] = super().forward(x.transpose(1, 2)[words])
        return out.transpose(1, 2)


class PixelNorm(nn.BatchNorm2d):
    """Batch norm over every position of every image."""

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """``x``: (B, C, H, W) to the same shape."""
        del mask
        return super().forward(x)


def batch_norm(channels: int, dims: int) -> PixelNorm | WordNorm:
    """Return a batch norm of one modality; statistics are never shared between modalities."""
    return PixelNorm(channels) if dims == 2 else WordNorm(channels)


class Pointwise(nn.Module):
    """Pointwise convolution, batch norm and, unless ``linear``, ReLU."""

    def __init__(self, inputs: int, outputs: int, dims: int, *, linear: bool = False) -> None:
        super().__init__()
        self.convolution = conv1x1(inputs, outputs, dims)
        self.norm: nn.BatchNorm1d | nn.BatchNorm2d = batch_norm(outputs, dims)
        self.linear = linear

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """``x``: (B, C_in, *positions) to (B, C_out, *positions), zero where masked."""
        out: Tensor = self.norm(self.convolution(x), mask)
        return masked(out if self.linear else torch.relu(out), mask)


def masked(x: Tensor, mask: Tensor | None) -> Tensor:
    """Zero the positions that are padding, so that a convolution sees the same edge for any padding."""
    return x if mask is None else x * mask


def position_mean(x: Tensor, mask: Tensor | None) -> Tensor:
    """Average over the positions that count: (B, C, *positions) to (B, C)."""
    if mask is None:
        return x.flatten(2).mean(dim=2)
    return (x * mask).sum(dim=2) / mask.sum(dim=2).clamp_min(1.0)


class LiteConv(nn.Module):
    """Pointwise then depthwise 3x3 (visual) or 1x3 (text): OSNet's factorised convolution."""

    def __init__(self, channels: int, dims: int) -> None:
        super().__init__()
        depthwise = nn.Conv2d if dims == 2 else nn.Conv1d
        self.pointwise = conv1x1(channels, channels, dims)
        self.depthwise = depthwise(channels, channels, 3, padding=1, groups=channels, bias=False)
        self.norm = batch_norm(channels, dims)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """``x``: (B, m, *positions) to the same shape."""
        return masked(torch.relu(self.norm(self.depthwise(self.pointwise(x)), mask)), mask)


class SharedGate(nn.Sequential):
    """The context mini-network ``C``: pooled vector (B, m) to channel weights (B, m) in 0..1."""

    def __init__(self, channels: int, reduction: int) -> None:
        hidden = max(channels // reduction, 4)
        super().__init__(nn.Linear(channels, hidden), nn.ReLU(), nn.Linear(hidden, channels), nn.Sigmoid())


class Streams(nn.Module):
    """One modality's half of an AXM-Block: streams of growing receptive field, gated and summed."""

    def __init__(self, inputs: int, outputs: int, scales: int, dims: int) -> None:
        super().__init__()
        middle = outputs // 4
        self.reduce = Pointwise(inputs, middle, dims)
        self.streams = nn.ModuleList(
            nn.ModuleList(LiteConv(middle, dims) for _ in range(depth)) for depth in range(1, scales + 1)
        )
        self.expand = Pointwise(middle, outputs, dims, linear=True)
        self.project = Pointwise(inputs, outputs, dims, linear=True) if inputs != outputs else None
        # The block starts as its shortcut (Goyal et al., arXiv 1706.02677): six blocks of nested streams do not
        # learn from scratch otherwise. Measured in docs/training.md.
        nn.init.zeros_(self.expand.norm.weight)

    def forward(self, x: Tensor, gate: SharedGate, mask: Tensor | None) -> Tensor:
        """``x``: (B, C_in, *positions) to (B, C_out, *positions)."""
        reduced = self.reduce(x, mask)  # (B, m, *positions)
        fused = torch.zeros_like(reduced)
        for stream in self.streams:
            scale = reduced
            for lite_conv in stream:  # type: ignore[attr-defined]
                scale = lite_conv(scale, mask)  # (B, m, *positions)
            weights = gate(position_mean(scale, mask))  # (B, m)
            fused = fused + scale * weights.reshape(*weights.shape, *[1] * (scale.dim() - 2))
        shortcut = x if self.project is None else self.project(x, mask)
        return torch.relu(self.expand(fused, mask) + shortcut)  # (B, C_out, *positions)


class AXMBlock(nn.Module):
    """Both modalities' streams and the one gate they share."""

    def __init__(self, inputs: tuple[int, int], outputs: int, scales: int, gate_reduction: int) -> None:
        """Draw the weights; ``inputs`` are the channels of the visual and of the textual map."""
        super().__init__()
        self.gate = SharedGate(outputs // 4, gate_reduction)
        self.visual = Streams(inputs[0], outputs, scales, dims=2)
        self.textual = Streams(inputs[1], outputs, scales, dims=1)

    def forward_visual(self, x: Tensor) -> Tensor:
        """``x``: (B, C_in, H, W) to (B, C_out, H, W)."""
        out: Tensor = self.visual(x, self.gate, None)
        return out

    def forward_textual(self, x: Tensor, mask: Tensor) -> Tensor:
        """``x``: (B, C_in, L) to (B, C_out, L), zero where ``mask`` is 0."""
        out: Tensor = self.textual(x, self.gate, mask)
        return out
