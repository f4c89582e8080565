"""A small head on the embeddings of a frozen encoder, beside those embeddings themselves."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

# A dimension that never changes carries nothing; it must not be blown up.
_SMALLEST_SCALE = 1e-6


class BlendedHead(nn.Module):
    """Frozen embeddings [batch, num_frozen] -> [batch, dim] of length 1: their direction, and behind it the head's.

        embedding = sqrt(share) * frozen / |frozen|   and behind it   sqrt(1 - share) * head / |head|
        cosine = share * frozen cosine + (1 - share) * head's cosine

    so cosine distances, and squares of euclidean ones, are blended as `share` says.

    Args:
        layers: the head's, see `make_head`; trained in place.
        mean: of the frozen embeddings of the training windows, [num_frozen].
        scale: of what is left when the mean is taken away, one number.
        share: of the frozen cosine in the blend, from 0 to 1.
    """

    mean: Tensor
    scale: Tensor
    share: Tensor

    def __init__(self, layers: nn.Sequential, *, mean: Tensor, scale: Tensor, share: float) -> None:
        super().__init__()
        self.layers = layers
        self.register_buffer("mean", mean)
        self.register_buffer("scale", scale)
        self.register_buffer("share", torch.tensor(share))

    @classmethod
    def standardised_by(cls, frozen: Tensor, layers: nn.Sequential, *, share: float) -> BlendedHead:
        """A head with the statistics of these training windows, [window, num_frozen]."""
        directions = F.normalize(frozen, dim=1)
        mean = directions.mean(0)
        scale = (directions - mean).square().mean().sqrt().clamp_min(_SMALLEST_SCALE)
        return cls(layers, mean=mean, scale=scale, share=share)

    @property
    def num_frozen(self) -> int:
        """Numbers of the frozen part."""
        return len(self.mean)

    @property
    def dim(self) -> int:
        """Numbers of both parts."""
        last = self.layers[-1]
        assert isinstance(last, nn.Linear)
        return self.num_frozen + last.out_features

    def forward(self, frozen: Tensor) -> Tensor:
        """Both parts, side by side."""
        directions = F.normalize(frozen, dim=1)
        head = F.normalize(self.layers((directions - self.mean) / self.scale), dim=1)
        return torch.cat([self.share.sqrt() * directions, (1.0 - self.share).sqrt() * head], dim=1)

    def with_share(self, share: float) -> BlendedHead:
        """The same head, blended otherwise."""
        return BlendedHead(self.layers, mean=self.mean, scale=self.scale, share=share)


def make_head(
    num_frozen: int, *, widths: Sequence[int], dropout: float, generator: torch.Generator
) -> nn.Sequential:
    """Linear layers with ReLU and dropout between them; one width makes one linear layer.

    Args:
        widths: neurons of each layer; the last ones are the head's numbers.
        generator: draws the first weights.
    """
    layers: list[nn.Module] = []
    for before, width in pairwise([num_frozen, *widths]):
        layers += [_linear(before, width, generator), nn.ReLU(), nn.Dropout(dropout)]
    return nn.Sequential(*layers[:-2])


def _linear(num_inputs: int, num_outputs: int, generator: torch.Generator) -> nn.Linear:
    # Linear would first draw weights of its own, and from the global generator.
    linear = nn.Linear(num_inputs, num_outputs, device="meta").to_empty(device="cpu")
    bound = num_inputs**-0.5
    nn.init.uniform_(linear.weight, -bound, bound, generator=generator)
    nn.init.uniform_(linear.bias, -bound, bound, generator=generator)
    return linear
