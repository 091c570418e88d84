"""Several processes, one to a GPU, that learn one network from the same batches.

Each process (rank) embeds its share of a batch. The embeddings of all ranks are gathered, so that every rank takes
the losses over the whole batch: a pair is compared with as many others as in one process. The gradient is that of one
process with the same batch; gathering and batch norms (``reid.training.synced_norm``) are made for that.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from reid.errors import ConfigurationError, DatasetError
from reid.network.axm_net import AXMNet
from reid.training.synced_norm import sync_norms

_SEED_STEP = 1_000_003  # apart, so that no rank's seed is another's in a later epoch
_PATIENCE = timedelta(hours=1)  # the others wait while the first rank validates


class Towers(nn.Module):
    """Both towers in one call, which is what gradients are averaged around."""

    def __init__(self, network: AXMNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor, token_ids: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """``images``: (b, 3, H, W), ``token_ids``: (b, L) to V_G, V_P and T, (b, D) each."""
        whole, parts = self.network.embed_visual(images)
        return whole, parts, self.network.embed_tokens(token_ids)


@dataclass(frozen=True, slots=True)
class Ranks:
    """Where this process stands among those that train together.

    Attributes:
        rank: its number, from 0.
        count: how many there are.
        local: its number on its own machine, which is also that of its GPU.
    """

    rank: int = 0
    count: int = 1
    local: int = 0

    @property
    def first(self) -> bool:
        """The rank that writes, validates and talks."""
        return self.rank == 0

    @property
    def seed_offset(self) -> int:
        """What to add to a seed, so that no two ranks augment alike; 0 for the first."""
        return self.rank * _SEED_STEP

    def share(self, batch_size: int) -> slice:
        """Return which rows of a batch are this rank's.

        Raises:
            ConfigurationError: the batch cannot be shared out evenly.
        """
        if batch_size % self.count:
            raise ConfigurationError(
                f"batch_size = {batch_size} cannot be shared out evenly to {self.count} processes; make it a multiple"
            )
        size = batch_size // self.count
        return slice(self.rank * size, (self.rank + 1) * size)

    def towers(self, network: AXMNet) -> nn.Module:
        """Return what embeds a share; among several, the network's batch norms and gradients become common ones."""
        if self.count == 1:
            return Towers(network)
        sync_norms(network)
        devices = [self.local] if next(network.parameters()).is_cuda else None
        return DistributedDataParallel(Towers(network), device_ids=devices)

    def gather(self, rows: Tensor) -> Tensor:
        """Return everybody's rows, (b, D) to (count * b, D), in the order of ranks."""
        if self.count == 1:
            return rows
        gathered: Tensor = _GatherRows.apply(rows, self)
        return gathered

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Make gradients common that ``towers`` does not see: those of the losses' own weights."""
        for parameter in parameters if self.count > 1 else ():
            if parameter.grad is not None:
                dist.all_reduce(parameter.grad)
                parameter.grad /= self.count

    def tell(self, value: float) -> float:
        """Return the first rank's value, on every rank."""
        if self.count == 1:
            return value
        told = torch.tensor([value], dtype=torch.float64, device=self._device())
        dist.broadcast(told, src=0)
        return float(told)

    def wait(self) -> None:
        """Return once every rank has come here."""
        self.tell(0.0)

    def require_same(self, digest: int, what: str) -> None:
        """Make sure that every rank has read the same.

        Raises:
            DatasetError: this rank's digest is not that of the first.
        """
        half = float(digest % 2**52)  # a float64 holds that many bits exactly
        if self.tell(half) != half:
            raise DatasetError(f"rank {self.rank} of {self.count} has another {what} than rank 0; copy it again")

    def _device(self) -> torch.device:
        return torch.device("cuda", self.local) if dist.get_backend() == "nccl" else torch.device("cpu")


ALONE = Ranks()


def read_ranks(environment: Mapping[str, str]) -> Ranks:
    """Return what ``torchrun`` says of this process; without it, the process is alone.

    Raises:
        ConfigurationError: only half of it is said.
    """
    if "WORLD_SIZE" not in environment:
        return ALONE
    try:
        count, rank = int(environment["WORLD_SIZE"]), int(environment["RANK"])
        return Ranks(rank, count, int(environment.get("LOCAL_RANK", rank)))
    except (KeyError, ValueError) as error:
        raise ConfigurationError(
            f"WORLD_SIZE is set, but RANK and LOCAL_RANK do not fit it ({error}); start several processes with "
            "torchrun, or unset WORLD_SIZE"
        ) from error


@contextmanager
def joined(ranks: Ranks, device: torch.device) -> Iterator[Ranks]:
    """Connect to the other ranks for the time of the block; NCCL between GPUs, gloo between CPUs."""
    if ranks.count == 1:
        yield ranks
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=_PATIENCE)
    try:
        yield ranks
    finally:
        dist.destroy_process_group()


class _GatherRows(torch.autograd.Function):
    """Gathers rows; since every rank takes the same loss over all of them, none needs another's gradient.

    Gradients are averaged over ranks afterwards, hence the factor: it makes the average their sum.
    """

    @staticmethod
    def forward(ctx: Any, rows: Tensor, ranks: Ranks) -> Tensor:
        ctx.count, ctx.own = ranks.count, ranks.share(len(rows) * ranks.count)
        parts = [torch.empty_like(rows, memory_format=torch.contiguous_format) for _ in range(ranks.count)]
        dist.all_gather(parts, rows.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return gradient[ctx.own] * ctx.count, None
