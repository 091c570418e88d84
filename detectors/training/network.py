"""The compact detector's network: a small trunk, its levels added up at stride 8, one box and one score a cell."""

import torch
from torch import Tensor, nn

from detectors.compact import STRIDE

# Where a walker's sides lie from a cell near the middle, as a logarithm of strides: learning starts from there.
_FIRST_SIDES = (0.9, 1.8, 0.9, 1.8)
_FIRST_SCORE = -4.0  # nobody is there, most of the time
_LARGEST_LOG = 5.0  # e^5 strides are wider than any canvas


class ConvUnit(nn.Sequential):
    """A convolution, its batch norm and a rectifier."""

    def __init__(self, taken: int, given: int, kernel: int = 3, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(taken, given, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(given), nn.ReLU()
        )


class Bottleneck(nn.Module):
    """Narrows, looks around, and adds what it saw."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.narrow = ConvUnit(channels, channels // 2, kernel=1)
        self.look = nn.Sequential(
            nn.Conv2d(channels // 2, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)
        )

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of the same shape (B, C, h, w)."""
        return torch.relu(maps + self.look(self.narrow(maps)))


class CompactNet(nn.Module):
    """Finds people: (B, H, W, 3) uint8 BGR in, (B, H/8 * W/8, 5) out.

    Args:
        channels: of the levels at stride 4, 8, 16 and 32.
        blocks: how many bottlenecks the levels at stride 8, 16 and 32 have.
        width: channels of the sum of the levels and of the head.
    """

    def __init__(self, channels: tuple[int, int, int, int], blocks: tuple[int, int, int], width: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            ConvUnit(3, channels[0] // 2, stride=2), ConvUnit(channels[0] // 2, channels[0], stride=2)
        )
        self.levels = nn.ModuleList(
            nn.Sequential(ConvUnit(channels[n], channels[n + 1], stride=2), *map(Bottleneck, [channels[n + 1]] * count))
            for n, count in enumerate(blocks)
        )
        self.laterals = nn.ModuleList(ConvUnit(taken, width, kernel=1) for taken in channels[1:])
        self.smooth = nn.ModuleList(ConvUnit(width, width) for _ in range(2))
        self.head = ConvUnit(width, width)
        self.score = nn.Conv2d(width, 1, 1)
        self.sides = nn.Conv2d(width, 4, 1)
        nn.init.constant_(self.score.bias if self.score.bias is not None else torch.empty(0), _FIRST_SCORE)
        if self.sides.bias is not None:
            self.sides.bias.data.copy_(torch.tensor(_FIRST_SIDES))
        nn.init.normal_(self.sides.weight, std=0.01)
        nn.init.normal_(self.score.weight, std=0.01)

    def maps(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """Return the scores (B, h, w) as logits and the sides (B, 4, h, w) in px, left, top, right, bottom."""
        pixels = frames.permute(0, 3, 1, 2).float() / 127.5 - 1.0  # (B, 3, H, W)
        maps = self.stem(pixels)
        laterals = []
        for level, lateral in zip(self.levels, self.laterals, strict=True):
            maps = level(maps)
            laterals.append(lateral(maps))
        total = laterals[2]
        for smooth, finer in zip(self.smooth, (laterals[1], laterals[0]), strict=True):
            total = smooth(finer + nn.functional.interpolate(total, scale_factor=2.0, mode="nearest"))
        total = self.head(total)  # (B, width, h, w) at stride 8
        sides = self.sides(total).float().clamp(-_LARGEST_LOG, _LARGEST_LOG).exp() * STRIDE
        return self.score(total).float()[:, 0], sides

    def forward(self, frames: Tensor) -> Tensor:
        """Return (B, h * w, 5): the sides in px and the confidence 0..1 of each cell, row by row."""
        score, sides = self.maps(frames)
        return torch.cat([sides, score.sigmoid()[:, None]], dim=1).flatten(2).transpose(1, 2)


def parameter_count(network: nn.Module) -> int:
    """Return how many numbers a network learns."""
    return sum(weight.numel() for weight in network.parameters())
