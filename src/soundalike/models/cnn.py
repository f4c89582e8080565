"""A compact residual network on log-mel spectrograms."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

from soundalike.features.logmel import NUM_MELS, RelativeLog


class Cnn(nn.Module):
    """Mel power [batch, 64, frames] -> embeddings [batch, dim] of length 1.

    A first convolution and one residual block for each width, every one of them halving both axes but the last; then
    mean and maximum over time, with the frequency axis kept, and one linear layer. Any number of frames will do.

    Args:
        widths: channels after the first convolution and after each block.
        dim: numbers in an embedding.
        dropout: share of the pooled numbers silenced in training.
        generator: draws the first weights.
    """

    def __init__(
        self, *, widths: Sequence[int], dim: int, dropout: float, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.log = RelativeLog()
        self.standardise = nn.BatchNorm1d(NUM_MELS)
        strides = [2] * (len(widths) - 2) + [1]
        self.first = _ConvNorm(1, widths[0], size=3, stride=2)
        self.blocks = nn.Sequential(
            *(
                Residual(before, width, stride=stride)
                for (before, width), stride in zip(pairwise(widths), strides, strict=True)
            )
        )
        bands = NUM_MELS
        for stride in (2, *strides):
            bands = -(-bands // stride)
        self.dropout = nn.Dropout(dropout)
        self.last = nn.Linear(2 * bands * widths[-1], dim)
        _draw_weights(self, generator)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # a third faster on a CPU

    def forward(self, power: Tensor) -> Tensor:
        """Embeddings of length 1."""
        image = self.standardise(self.log(power))[:, None]
        maps = self.blocks(F.relu(self.first(image.contiguous(memory_format=torch.channels_last))))
        pooled = torch.cat([maps.mean(dim=-1), maps.amax(dim=-1)], dim=1).flatten(1)
        return F.normalize(self.last(self.dropout(pooled)), dim=1)

    @torch.no_grad()
    def folded(self) -> Cnn:
        """The same function for export: every batch normalisation after a convolution is made part of it."""
        network = copy.deepcopy(self).eval()
        pairs = [
            (parent, name, child)
            for parent in network.modules()
            for name, child in parent.named_children()
            if isinstance(child, _ConvNorm)
        ]
        for parent, name, child in pairs:
            setattr(parent, name, fuse_conv_bn_eval(child.convolution, child.norm))
        return network


class Residual(nn.Module):
    """Two convolutions beside a shortcut; the first of them, and the shortcut, take the stride."""

    def __init__(self, num_inputs: int, num_outputs: int, *, stride: int) -> None:
        super().__init__()
        self.first = _ConvNorm(num_inputs, num_outputs, size=3, stride=stride)
        self.second = _ConvNorm(num_outputs, num_outputs, size=3, stride=1)
        same = num_inputs == num_outputs and stride == 1
        self.shortcut = nn.Identity() if same else _ConvNorm(num_inputs, num_outputs, size=1, stride=stride)

    def forward(self, maps: Tensor) -> Tensor:
        """[batch, num_inputs, bands, frames] -> [batch, num_outputs, bands / stride, frames / stride]."""
        return F.relu(self.second(F.relu(self.first(maps))) + self.shortcut(maps))


class _ConvNorm(nn.Module):
    def __init__(self, num_inputs: int, num_outputs: int, *, size: int, stride: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(
            num_inputs, num_outputs, size, stride=stride, padding=size // 2, bias=False
        )
        self.norm = nn.BatchNorm2d(num_outputs)

    def forward(self, maps: Tensor) -> Tensor:
        normed: Tensor = self.norm(self.convolution(maps))
        return normed


def _draw_weights(network: nn.Module, generator: torch.Generator) -> None:
    # The layers drew weights of their own already, from the global generator; these replace them.
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu", generator=generator)
        elif isinstance(module, nn.Linear):
            bound = module.in_features**-0.5
            nn.init.uniform_(module.weight, -bound, bound, generator=generator)
            nn.init.zeros_(module.bias)
