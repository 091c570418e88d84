"""The unified feature learning trunk: two stems, then three stages of two AXM-Blocks."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from reid.config import NetworkConfig
from reid.network.axm_block import AXMBlock, Pointwise, WordNorm, masked


class TextMaps(NamedTuple):
    """A sentence half way and at the end: (B, C_0, L), (B, 1, L), (B, C_3, L/4), (B, 1, L/4)."""

    phrases: Tensor
    phrases_mask: Tensor
    context: Tensor
    context_mask: Tensor


class VisualStem(nn.Sequential):
    """7x7/2 convolution and 3x3/2 max pool: (B, 3, H, W) to (B, C, H/4, W/4)."""

    def __init__(self, channels: int) -> None:
        super().__init__(
            nn.Conv2d(3, channels, 7, stride=2, padding=3, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2, padding=1),
        )


class TextStem(nn.Module):
    """1x3 convolution over word embeddings: (B, L, D) to (B, C, L)."""

    def __init__(self, word_dim: int, channels: int) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(word_dim, channels, 3, padding=1, bias=False)
        self.norm = WordNorm(channels)

    def forward(self, words: Tensor, mask: Tensor) -> Tensor:
        """``words``: (B, L, D), ``mask``: (B, 1, L) to (B, C, L)."""
        x = masked(words.transpose(1, 2), mask)  # (B, D, L)
        return masked(torch.relu(self.norm(self.convolution(x), mask)), mask)  # (B, C, L)


class Transition(nn.Module):
    """Pointwise convolution and 2x down-sampling of both modalities, each with its own weights."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.visual = Pointwise(channels, channels, 2)
        self.textual = Pointwise(channels, channels, 1)

    def forward_visual(self, x: Tensor) -> Tensor:
        """``x``: (B, C, H, W) to (B, C, H/2, W/2)."""
        return functional.avg_pool2d(self.visual(x, None), 2)

    def forward_textual(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """``x``: (B, C, L), ``mask``: (B, 1, L) to (B, C, L/2), (B, 1, L/2)."""
        pooled = functional.avg_pool1d(self.textual(x, mask), 2)  # (B, C, L/2)
        share = functional.avg_pool1d(mask, 2)  # (B, 1, L/2): 0, a half or 1 of the pair are words
        return pooled / share.clamp_min(0.5), (share > 0).to(mask.dtype)


class Trunk(nn.Module):
    """Stages 1 to 3; the blocks pair up the modalities, no call ever mixes them."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        stems = (config.stem_channels, config.text_stem_channels)
        self.visual_stem = VisualStem(stems[0])
        self.text_stem = TextStem(config.word_dim, stems[1])
        rows, columns = config.image_hw[0] // 4, config.image_hw[1] // 4
        # Where in the crop a colour is decides what it is the colour of (docs/axm-net.md, Departures).
        self.places = nn.Parameter(torch.randn(1, stems[0], rows, columns) * 0.5)
        inputs = [stems, *((channels, channels) for channels in config.stage_channels[:-1])]
        self.stages = nn.ModuleList(
            nn.ModuleList(
                AXMBlock(width, outputs, config.scales, config.gate_reduction) for width in (before, (outputs, outputs))
            )
            for before, outputs in zip(inputs, config.stage_channels, strict=True)
        )
        self.transitions = nn.ModuleList(Transition(channels) for channels in config.stage_channels[:2])

    def forward_visual(self, images: Tensor) -> Tensor:
        """``images``: (B, 3, H, W) to (B, C_3, H/16, W/16)."""
        x = self.visual_stem(images) + self.places  # (B, C_0, H/4, W/4)
        for index, stage in enumerate(self.stages):
            for block in stage:  # type: ignore[attr-defined]
                x = block.forward_visual(x)
            if index < len(self.transitions):
                x = self.transitions[index].forward_visual(x)  # type: ignore[operator]
        out: Tensor = x
        return out

    def forward_textual(self, words: Tensor, mask: Tensor) -> TextMaps:
        """``words``: (B, L, D), ``mask``: (B, 1, L) to the maps of words and of the last stage."""
        phrases = self.text_stem(words, mask)  # (B, C_0, L)
        x, last_mask = phrases, mask
        for index, stage in enumerate(self.stages):
            for block in stage:  # type: ignore[attr-defined]
                x = block.forward_textual(x, last_mask)
            if index < len(self.transitions):
                x, last_mask = self.transitions[index].forward_textual(x, last_mask)  # type: ignore[operator]
        return TextMaps(phrases, mask, x, last_mask)
