"""The contrastive loss of the paper, on distances between embeddings."""

from __future__ import annotations

import torch
from torch import Tensor

from soundalike.losses.interface import Loss


def squared_distances(left: Tensor, right: Tensor) -> Tensor:
    """Squared euclidean distances: [n, dim], [m, dim] -> [n, m].

    Expanded as |a|² + |b|² - 2ab, so that all pairs of two blocks cost one matrix product. What rounding leaves
    below zero is zero.
    """
    norms = (left**2).sum(1)[:, None] + (right**2).sum(1)[None, :]
    return (norms - 2.0 * left @ right.T).clamp_min(0.0)


def contrastive_loss(squared_distance: Tensor, similar: Tensor, *, margin: float) -> Tensor:
    """Pull similar pairs together, push others apart until they are `margin` away.

    Choose it to follow the paper. Every similar pair counts however close it is; a pair of different labels counts
    only inside the margin.

    Args:
        squared_distance: D², any shape.
        similar: Y, same shape: True where the pair shares a label; numbers between 0 and 1 where it does in part.
        margin: m > 0, in units of distance.
    Returns:
        The loss of each pair, same shape.

    Source: Manocha et al. (2018), Eq. 2, after Hadsell, Chopra and LeCun (2006).
    """
    # The root has no finite slope at 0; two equal embeddings of different labels get no push instead of a NaN.
    tiny = torch.finfo(squared_distance.dtype).tiny
    distance = squared_distance.clamp_min(tiny).sqrt()
    push = (margin - distance).clamp_min(0.0) ** 2
    shared = similar.to(squared_distance.dtype)
    return 0.5 * (shared * squared_distance + (1.0 - shared) * push)


class ContrastiveLoss(Loss):
    """Eq. 2 over pairs of clips, each as often as it counts.

    Args:
        margin: see `contrastive_loss`.
    """

    def __init__(self, *, margin: float) -> None:
        super().__init__()
        self.margin = margin

    def forward(self, embeddings: Tensor, shares: Tensor, counts: Tensor | None = None) -> Tensor:
        """The mean over the pairs that count; 0 where none does."""
        if counts is None:
            counts = torch.ones(len(embeddings), len(embeddings), device=embeddings.device).triu(1)
        losses = contrastive_loss(
            squared_distances(embeddings, embeddings), shares @ shares.T, margin=self.margin
        )
        return (losses * counts).sum() / counts.sum().clamp_min(1.0)
