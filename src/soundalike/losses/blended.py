"""A loss for a head beside frozen embeddings: learn the labels, and keep how alike the frozen space finds sounds."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from soundalike.losses.interface import Loss


class KeepSimilarities(Loss):
    """A loss on the head's part of an embedding, plus how far its cosines are from those of the frozen part.

        loss(head) + weight * mean over pairs of (cosine of the head - cosine of the frozen part)^2

    The second term is what keeps sounds of labels that training never saw apart: on them the first says nothing.

    Args:
        loss: sees the head's part alone.
        num_frozen: numbers of the frozen part, which comes first.
        weight: of the second term; 0 leaves it out.
    """

    def __init__(self, loss: Loss, *, num_frozen: int, weight: float) -> None:
        super().__init__()
        self.loss = loss
        self.num_frozen = num_frozen
        self.weight = weight

    def forward(self, embeddings: Tensor, shares: Tensor, counts: Tensor | None = None) -> Tensor:
        """The sum of both."""
        frozen, head = (
            nn.functional.normalize(part, dim=1)
            for part in (embeddings[:, : self.num_frozen], embeddings[:, self.num_frozen :])
        )
        total: Tensor = self.loss(head, shares, counts)
        if self.weight:
            total = total + self.weight * torch.square(head @ head.T - frozen @ frozen.T).mean()
        return total
