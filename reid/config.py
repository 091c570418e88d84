"""What is fixed about a network before its first weight is drawn."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from reid.errors import ConfigurationError

_COUNTS = (
    "stem_channels",
    "text_stem_channels",
    "scales",
    "stripes",
    "gate_reduction",
    "embedding_dim",
    "token_limit",
    "word_dim",
    "vocabulary_size",
)


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """Shape of an AXM-Net.

    The defaults are the paper's (arXiv 2101.08238, figure 2, and the channel plan of OSNet x1.0,
    which reproduces its map sizes); every other setting is a smaller network of the same kind.
    """

    image_hw: tuple[int, int] = (224, 224)
    stage_channels: tuple[int, int, int] = (256, 384, 512)
    stem_channels: int = 64
    text_stem_channels: int = 64
    scales: int = 4  # parallel streams per AXM-Block, receptive fields 3, 5, 7, 9
    stripes: int = 6
    gate_reduction: int = 16
    embedding_dim: int = 512
    token_limit: int = 56
    word_dim: int = 300
    vocabulary_size: int = 1
    dropout: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a shape that cannot be built.

        Raises:
            ConfigurationError: naming the field, what was found and what is allowed.
        """
        height, width = self.image_hw
        if height % 16 or width % 16 or height < 16 or width < 16:
            raise ConfigurationError(f"image_hw must be multiples of 16 (the trunk's stride), but got {height}x{width}")
        if self.stripes > height // 16:
            raise ConfigurationError(
                f"stripes must be at most {height // 16}, the rows of the last map of a "
                f"{height} px high input, but got {self.stripes}"
            )
        if any(channels % 4 or channels < 4 for channels in self.stage_channels):
            raise ConfigurationError(f"stage_channels must be multiples of 4, but got {self.stage_channels}")
        for name in _COUNTS:
            if getattr(self, name) < 1:
                raise ConfigurationError(f"{name} must be at least 1, but got {getattr(self, name)}")
        if self.token_limit % 4:
            raise ConfigurationError(
                f"token_limit must be a multiple of 4 (the trunk's stride), but got {self.token_limit}"
            )
        if not 0 <= self.dropout < 1:
            raise ConfigurationError(f"dropout must lie in 0..1, 1 excluded, but got {self.dropout}")

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain JSON types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        """Return what ``to_dict`` was called on, also after a trip through JSON, which has no tuples.

        Raises:
            ConfigurationError: a field is unknown or its value cannot be.
        """
        plain: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in fields.items()}
        try:
            return cls(**plain)
        except TypeError as error:
            raise ConfigurationError(f"not the fields of a network: {error}") from error

    def with_vocabulary(self, size: int) -> Self:
        """Return the same network for a vocabulary of ``size`` token ids, padding included."""
        return replace(self, vocabulary_size=size)
