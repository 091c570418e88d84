"""From the trunk's maps to the three embeddings: V_G, V_P and T (paper, figure 2)."""

import torch
from torch import Tensor, nn

from reid.network.axm_block import position_mean
from reid.network.trunk import TextMaps


def neck(inputs: int, outputs: int) -> tuple[nn.Module, nn.Module]:
    """Return the last layer of a branch, centred: a direction that all vectors share says nothing of anyone."""
    return nn.Linear(inputs, outputs, bias=False), nn.BatchNorm1d(outputs)


def cut_stripes(x: Tensor, count: int) -> list[Tensor]:
    """Cut (B, C, H, W) into ``count`` horizontal stripes; where H does not divide, neighbours share a row.

    The boundaries are those of torch's adaptive pooling, which ONNX has no operator for.
    """
    height = x.shape[2]
    return [x[:, :, index * height // count : -(-(index + 1) * height // count)] for index in range(count)]


class StripeMean(nn.Module):
    """(B, C, H, W) to the mean of each stripe, (B, C, K)."""

    def __init__(self, stripes: int) -> None:
        super().__init__()
        self.stripes = stripes

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, C, K)."""
        return torch.stack([stripe.mean(dim=(2, 3)) for stripe in cut_stripes(x, self.stripes)], dim=2)


class GlobalBranch(nn.Sequential):
    """V_G: average pool and two fully connected layers, (B, C, H, W) to (B, D).

    The pool averages across the crop and down each stripe, not down the whole crop, for V_P's reason.
    """

    def __init__(self, channels: int, stripes: int, embedding_dim: int) -> None:
        hidden = embedding_dim // 2
        super().__init__(
            StripeMean(stripes),
            nn.Flatten(),
            nn.Linear(stripes * channels, hidden, bias=False),
            nn.BatchNorm1d(hidden),
            nn.ReLU(),
            *neck(hidden, embedding_dim),
        )


class PartBranch(nn.Module):
    """V_P: horizontal stripes, re-weighted by one attention that all stripes share, side by side.

    Sharing the attention is what lets context pass from stripe to stripe. The stripes stay apart until the last
    layer: "white shirt, black trousers" and the reverse are different people (docs/axm-net.md, Departures).
    """

    def __init__(self, channels: int, stripes: int, embedding_dim: int) -> None:
        super().__init__()
        hidden = max(channels // 16, 8)
        self.stripes = stripes
        self.attention = nn.Sequential(
            nn.Linear(channels, hidden), nn.ReLU(), nn.Linear(hidden, channels), nn.Sigmoid()
        )
        self.embed = nn.Sequential(*neck(stripes * channels, embedding_dim))

    def forward(self, x: Tensor) -> Tensor:
        """``x``: (B, C, H, W) to (B, D)."""
        peaks = torch.stack([stripe.amax(dim=(2, 3)) for stripe in cut_stripes(x, self.stripes)], dim=1)  # (B, K, C)
        weighted = peaks * self.attention(peaks)  # (B, K, C)
        out: Tensor = self.embed(weighted.flatten(1))  # (B, D)
        return out


class TextBranch(nn.Module):
    """T: global-context attention over the last map (GCNet, arXiv 1904.11492), average pool, one layer.

    The last layer sees the stem's three-word phrases beside it: what a sentence names must get through whatever the
    trunk makes of its order (docs/axm-net.md, Departures).
    """

    def __init__(self, channels: int, phrase_channels: int, embedding_dim: int, dropout: float) -> None:
        super().__init__()
        hidden = max(channels // 16, 8)
        self.score = nn.Conv1d(channels, 1, 1)
        self.context = nn.Sequential(nn.Linear(channels, hidden), nn.ReLU(), nn.Linear(hidden, channels))
        self.dropout = nn.Dropout(dropout)
        self.embed = nn.Sequential(*neck(channels + phrase_channels, embedding_dim))

    def forward(self, maps: TextMaps) -> Tensor:
        """Return T (B, D)."""
        x, mask = maps.context, maps.context_mask
        scores = self.score(x)  # (B, 1, L/4), in lower precision than x under autocast
        scores = scores.masked_fill(mask == 0, torch.finfo(scores.dtype).min)
        attended = (x * scores.softmax(dim=2)).sum(dim=2)  # (B, C)
        x = x + self.context(attended).unsqueeze(2)  # (B, C, L/4)
        named = position_mean(maps.phrases, maps.phrases_mask)  # (B, C_0)
        out: Tensor = self.embed(self.dropout(torch.cat([position_mean(x, mask), named], dim=1)))  # (B, D)
        return out
