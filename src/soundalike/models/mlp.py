"""The paper's network: a multi-layer perceptron with ReLU after every layer."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn


class PaperMlp(nn.Module):
    """Standardised features [batch, ...] of `num_inputs` numbers a clip -> embeddings [batch, widths[-1]].

    ReLU follows every layer, the last one too, so embeddings have no negative numbers; dropout stands between the
    layers. The first weights are small, uniform within 1/sqrt(inputs): the first embeddings then lie well inside the
    margin and every pair takes part from the start. With He's larger ones the pull of the similar pairs is all there
    is at first, and the network collapses.

    Args:
        num_inputs: 13509 for the paper's spectrogram.
        widths: neurons of each layer; 512, 256, 128 in the paper.
        dropout: share of neurons silenced in training.
        generator: draws the first weights.

    Source: Manocha et al. (2018), section 2.3.
    """

    def __init__(
        self, num_inputs: int, *, widths: Sequence[int], dropout: float, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.first = _linear(num_inputs, widths[0], generator)
        rest: list[nn.Module] = [nn.ReLU()]
        for before, width in pairwise(widths):
            rest += [nn.Dropout(dropout), _linear(before, width, generator), nn.ReLU()]
        self.rest = nn.Sequential(*rest)

    def forward(self, features: Tensor) -> Tensor:
        """Embeddings, none of them negative."""
        embeddings: Tensor = self.rest(self.first(features.flatten(1)))
        return embeddings


def _linear(num_inputs: int, num_outputs: int, generator: torch.Generator) -> nn.Linear:
    # Linear would first draw weights of its own, and from the global generator.
    linear = nn.Linear(num_inputs, num_outputs, device="meta").to_empty(device="cpu")
    bound = num_inputs**-0.5
    nn.init.uniform_(linear.weight, -bound, bound, generator=generator)
    nn.init.uniform_(linear.bias, -bound, bound, generator=generator)
    return linear
