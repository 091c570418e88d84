"""An exponential average of the weights: what is validated and shipped."""

import copy

import torch

from reid.network.axm_net import AXMNet
from reid.network.bert import FrozenBert


class AveragedNetwork:
    """Follows a network; early on faster, so that the first averages are not the random start."""

    def __init__(self, network: AXMNet, decay: float) -> None:
        never_changes = {id(network.words): network.words} if isinstance(network.words, FrozenBert) else {}
        self.network = copy.deepcopy(network, never_changes).eval().requires_grad_(requires_grad=False)
        self.decay = decay
        self.steps = 0

    @torch.no_grad()
    def update(self, network: AXMNet) -> None:
        """Move towards ``network``, parameters and batch statistics alike."""
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        theirs = network.state_dict()
        for name, mine in self.network.state_dict().items():
            if mine.dtype.is_floating_point:
                mine.lerp_(theirs[name], 1 - decay)
            else:
                mine.copy_(theirs[name])
