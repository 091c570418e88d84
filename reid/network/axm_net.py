"""AXM-Net: two towers that share gates and a classifier, never an input."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from reid.config import NetworkConfig
from reid.network.bert import FrozenBert
from reid.network.branches import GlobalBranch, PartBranch, TextBranch
from reid.network.trunk import Trunk


class VisualEmbedding(NamedTuple):
    """The two visual embeddings of a batch, (B, D) each, not normalised."""

    whole: Tensor  # V_G
    parts: Tensor  # V_P


class AXMNet(nn.Module):
    """The whole network; training looks at V_G, V_P and T, everybody else at one vector a side."""

    def __init__(self, config: NetworkConfig, bert: FrozenBert | None = None) -> None:
        """Draw the weights; ``bert``, whose size ``config`` then has, takes the place of learned word vectors."""
        super().__init__()
        channels = config.stage_channels[-1]
        self.config = config
        self.words: nn.Embedding | FrozenBert = (
            nn.Embedding(config.vocabulary_size, config.word_dim, padding_idx=0) if bert is None else bert
        )
        self.trunk = Trunk(config)
        self.global_branch = GlobalBranch(channels, config.stripes, config.embedding_dim)
        self.part_branch = PartBranch(channels, config.stripes, config.embedding_dim)
        self.text_branch = TextBranch(channels, config.text_stem_channels, config.embedding_dim, config.dropout)

    def embed_visual(self, images: Tensor) -> VisualEmbedding:
        """``images``: (B, 3, H, W) float32, RGB, normalised, to V_G and V_P."""
        x = self.trunk.forward_visual(images)  # (B, C, H/16, W/16)
        return VisualEmbedding(self.global_branch(x), self.part_branch(x))

    def embed_textual(self, words: Tensor, mask: Tensor) -> Tensor:
        """``words``: (B, L, word_dim), ``mask``: (B, L) of 0/1, L a multiple of 4, to T (B, D)."""
        out: Tensor = self.text_branch(self.trunk.forward_textual(words, mask.unsqueeze(1).to(words.dtype)))
        return out

    def embed_tokens(self, token_ids: Tensor) -> Tensor:
        """``token_ids``: (B, L) int64, 0 is padding, to T (B, D)."""
        return self.embed_textual(self.words(token_ids), (token_ids != 0).to(torch.float32))

    def encode_image(self, images: Tensor) -> Tensor:
        """Return the vector to store: (B, D) of length at most 1.

        It is the mean of the two unit vectors, left as long as it comes: its dot product with a sentence
        is then the mean of the two cosines that training made comparable.
        """
        whole, parts = self.embed_visual(images)
        return (functional.normalize(whole) + functional.normalize(parts)) / 2

    def encode_text(self, token_ids: Tensor) -> Tensor:
        """Return unit vectors (B, D) for ``token_ids`` (B, L)."""
        return functional.normalize(self.embed_tokens(token_ids))
