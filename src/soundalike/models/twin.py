"""A whole encoder as one torch module: front end, standardisation, network."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_BATCH = 64


class Twin(nn.Module):
    """One twin of the Siamese network; both twins are this module, since they share every weight.

    Args:
        front_end: waveforms [batch, samples] -> spectrograms, any shape behind the batch.
        network: standardised features [batch, ...] -> embeddings [batch, dim].
        mean: mean of every feature over the training clips, shape of one clip's features.
        scale: their standard deviation, same shape.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, front_end: nn.Module, network: nn.Module, *, mean: Tensor, scale: Tensor) -> None:
        super().__init__()
        self.front_end = front_end
        self.network = network
        self.register_buffer("mean", mean)
        self.register_buffer("scale", scale)

    def standardise(self, features: Tensor) -> Tensor:
        """Features with the mean and the spread of the training clips taken out."""
        return (features - self.mean) / self.scale

    def forward(self, waveform: Tensor) -> Tensor:
        """Waveforms [batch, samples] -> embeddings [batch, dim]."""
        embeddings: Tensor = self.network(self.standardise(self.front_end(waveform)))
        return embeddings


@torch.no_grad()
def in_batches(module: nn.Module, inputs: Tensor, *, device: torch.device | None = None) -> Tensor:
    """Run a module over many inputs, a batch at a time, and collect the outputs on the CPU."""
    outputs = [
        module(inputs[start : start + _BATCH].to(device)).cpu() for start in range(0, len(inputs), _BATCH)
    ]
    return torch.cat(outputs)
