"""What learns: a network with its loss, the optimiser over both, and the running average of the network's weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from soundalike.losses import Loss
from soundalike.training.processes import gather
from soundalike.training.recipe import OptimiserSettings


class Learner(nn.Module):
    """A network with its loss: all that learns, as one module, so that several processes average all gradients."""

    def __init__(self, network: nn.Module, loss: Loss) -> None:
        super().__init__()
        self.network = network
        self.loss = loss

    def forward(self, features: Tensor, shares: Tensor, counts: Tensor | None, sizes: list[int]) -> Tensor:
        """The loss of a step; in float32 even where the network computes in less.

        Args:
            features: [clip, ...], of the clips that this process embeds.
            shares: float32 [clip, label], theirs.
            counts: float32 [clip, clip] of all clips of the step, see `Loss`.
            sizes: how many of them each process embeds.
        """
        embeddings = self.network(features)
        with torch.autocast(embeddings.device.type, enabled=False):
            loss: Tensor = self.loss(gather(embeddings.float(), sizes), gather(shares, sizes), counts)
        return loss


def make_optimiser(learner: Learner, settings: OptimiserSettings) -> torch.optim.Optimizer:
    """The optimiser over the weights of network and loss."""
    if settings.kind == "adam":
        return torch.optim.Adam(
            learner.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=True
        )
    if settings.kind == "adamw":
        # Scales and offsets are not pulled to zero, nor what the loss learns: only the network's matrices are.
        decaying = [weight for weight in learner.network.parameters() if weight.ndim > 1]
        others = [weight for weight in learner.network.parameters() if weight.ndim <= 1]
        return torch.optim.AdamW(
            [
                {"params": decaying, "weight_decay": settings.weight_decay},
                {"params": [*others, *learner.loss.parameters()], "weight_decay": 0.0},
            ],
            lr=settings.learning_rate,
            fused=True,
        )
    return torch.optim.SGD(
        learner.parameters(),
        lr=settings.learning_rate,
        momentum=settings.momentum,
        weight_decay=settings.weight_decay,
        fused=True,
    )


def average_of(network: nn.Module, decay: float | None) -> AveragedModel | None:
    """A running average of a network's weights, the statistics of its normalisations among them."""
    if decay is None:
        return None
    keep = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
    return AveragedModel(network, multi_avg_fn=keep, use_buffers=True)
