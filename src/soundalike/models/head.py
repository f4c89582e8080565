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

        embedding = sqrt(share) * base / |base|   and behind it   sqrt(1 - share) * head / |head|
        cosine = share * cosine of the bases + (1 - share) * cosine of the heads

    so cosine distances, and squares of euclidean ones, are blended as `share` says. The base is the frozen direction,
    or that direction whitened.

    Args:
        layers: the head's, see `make_head`; trained in place.
        mean: of the frozen directions of the training windows, [num_frozen].
        scale: of what is left when the mean is taken away, one number.
        whitening: [num_frozen, num_frozen], what a frozen direction less the mean is multiplied with; None: the base is
            the direction as it is.
        share: of the base's cosine in the blend, from 0 to 1.
    """

    mean: Tensor
    scale: Tensor
    share: Tensor
    whitening: Tensor | None

    def __init__(
        self,
        layers: nn.Sequential,
        *,
        mean: Tensor,
        scale: Tensor,
        whitening: Tensor | None = None,
        share: float = 0.5,
    ) -> None:
        super().__init__()
        self.layers = layers
        self.register_buffer("mean", mean)
        self.register_buffer("scale", scale)
        self.register_buffer("whitening", whitening)
        self.register_buffer("share", torch.tensor(share))

    @classmethod
    def standardised_by(
        cls, frozen: Tensor, layers: nn.Sequential, *, labels: Tensor | None = None, num_clips: int = 0
    ) -> BlendedHead:
        """A head with the statistics of training windows, blended half and half.

        Args:
            frozen: [window, num_frozen].
            layers: see the class.
            labels: int64 [window]; with them the base is whitened, see `whitening_within`.
            num_clips: that the windows are of.
        """
        directions = F.normalize(frozen, dim=1)
        mean = directions.mean(0)
        scale = (directions - mean).square().mean().sqrt().clamp_min(_SMALLEST_SCALE)
        whitening = None if labels is None else whitening_within(directions, labels, num_clips=num_clips)
        return cls(layers, mean=mean, scale=scale, whitening=whitening)

    @property
    def num_frozen(self) -> int:
        """Numbers of the base."""
        return len(self.mean)

    @property
    def dim(self) -> int:
        """Numbers of both parts."""
        last = self.layers[-1]
        assert isinstance(last, nn.Linear)
        return self.num_frozen + last.out_features

    def forward(self, frozen: Tensor) -> Tensor:
        """Both parts, side by side."""
        base = F.normalize(frozen, dim=1)
        centred = base - self.mean
        if self.whitening is not None:
            base = F.normalize(centred @ self.whitening, dim=1)
        head = F.normalize(self.layers(centred / self.scale), dim=1)
        return torch.cat([self.share.sqrt() * base, (1.0 - self.share).sqrt() * head], dim=1)

    def with_share(self, share: float) -> BlendedHead:
        """The same head, blended otherwise."""
        return BlendedHead(
            self.layers, mean=self.mean, scale=self.scale, whitening=self.whitening, share=share
        )


def whitening_within(directions: Tensor, labels: Tensor, *, num_clips: int) -> Tensor:
    """The matrix that makes the spread of windows about the mean of their label the same in all dimensions.

    What differs between sounds of one label (a microphone, a room, loudness) counts less then, for other labels too.
    The fewer clips there are for the number of dimensions, the more the spread is taken to be alike in all of them
    anyway.

    Args:
        directions: [window, dim].
        labels: int64 [window].
        num_clips: that the windows are of.
    Returns:
        float32 [dim, dim], symmetric.

    Source: Hatch, Kajarekar and Stolcke (2006), within-class covariance normalisation, with shrinkage.
    """
    dim = directions.shape[1]
    exact = directions.double()
    counts = labels.bincount().clamp_min(1)
    means = torch.zeros(len(counts), dim, dtype=torch.float64).index_add_(0, labels, exact) / counts[:, None]
    rest = exact - means[labels]
    covariance = rest.T @ rest / len(rest)
    shrinkage = dim / (dim + num_clips)
    alike = covariance.diagonal().mean().clamp_min(_SMALLEST_SCALE**2)
    values, vectors = torch.linalg.eigh(
        (1.0 - shrinkage) * covariance + shrinkage * alike * torch.eye(dim, dtype=torch.float64)
    )
    # The scale does not matter, only that it is the same for all; this one keeps numbers near 1.
    whitening: Tensor = vectors @ torch.diag((values / alike).rsqrt()) @ vectors.T
    return whitening.float()


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
