"""A whole encoder as one torch module: front end and network."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Twin(nn.Module):
    """One twin of the Siamese network; both twins are this module, since they share every weight.

    Args:
        front_end: waveforms [batch, samples] -> features [batch, ...].
        network: features -> embeddings [batch, dim].
    """

    def __init__(self, front_end: nn.Module, network: nn.Module) -> None:
        super().__init__()
        self.front_end = front_end
        self.network = network

    def forward(self, waveform: Tensor) -> Tensor:
        """Waveforms [batch, samples] -> embeddings [batch, dim]."""
        embeddings: Tensor = self.network(self.front_end(waveform))
        return embeddings


@torch.no_grad()
def in_batches(
    module: nn.Module, inputs: Tensor, *, batch_size: int, device: torch.device | None = None
) -> Tensor:
    """Run a module over many inputs, a batch at a time, and collect the outputs on the CPU."""
    return torch.cat([module(batch.to(device)).cpu() for batch in torch.split(inputs, batch_size)])
