"""What the training loop knows of a loss: a torch module, called with embeddings, labels and counts.

loss(embeddings, shares, counts) -> a number to make small
`shares` [clip, label] says how much of each label is in a clip, `counts` [clip, clip] how often a pair counts.
What a loss learns for itself (class weights, proxies) are its parameters: trained along, dropped at export.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn


class Loss(nn.Module, ABC):
    """A loss on the embeddings of a batch of clips."""

    @abstractmethod
    def forward(self, embeddings: Tensor, shares: Tensor, counts: Tensor | None = None) -> Tensor:
        """The mean loss.

        Args:
            embeddings: float32 [clip, dim].
            shares: float32 [clip, label], rows add up to 1; one-hot where nothing was mixed.
            counts: float32 [clip, clip], above the diagonal how often each pair counts; None: every pair once.
        """


class CrossEntropy(Loss):
    """Classify by the nearest direction: each label has one, learned along, and cosines with them are the logits.

    Choose it alone to gather every label around one point, or beside another loss, as an auxiliary task.

    Args:
        num_labels: of the training clips.
        dim: numbers in an embedding.
        scale: factor on the cosines, over 0; small ones are content with less.
        generator: draws the first directions.
    """

    def __init__(self, num_labels: int, dim: int, *, scale: float, generator: torch.Generator) -> None:
        super().__init__()
        self.scale = scale
        self.directions = nn.Parameter(torch.randn(num_labels, dim, generator=generator))

    def forward(self, embeddings: Tensor, shares: Tensor, counts: Tensor | None = None) -> Tensor:
        """The mean over the clips; `counts` is about pairs and not looked at."""
        cosines = (
            nn.functional.normalize(embeddings, dim=1) @ nn.functional.normalize(self.directions, dim=1).T
        )
        return nn.functional.cross_entropy(self.scale * cosines, shares)


class Sum(Loss):
    """One loss plus another, the second one weighted."""

    def __init__(self, first: Loss, second: Loss, *, weight: float) -> None:
        super().__init__()
        self.first, self.second, self.weight = first, second, weight

    def forward(self, embeddings: Tensor, shares: Tensor, counts: Tensor | None = None) -> Tensor:
        """The weighted sum."""
        total: Tensor = self.first(embeddings, shares, counts) + self.weight * self.second(
            embeddings, shares, counts
        )
        return total
