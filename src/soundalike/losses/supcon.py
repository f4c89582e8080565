"""Supervised contrastive loss, for clips of one label and for mixtures of several."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from soundalike.losses.interface import Loss


def supervised_contrastive_loss(embeddings: Tensor, shares: Tensor, *, temperature: float) -> Tensor:
    """Every clip picks its fellows out of the batch by nearness; the loss is how wrongly it picks.

    Choose it for batches with several clips of each label. It ranks: all that counts is that fellows come before
    others. Clips may be mixtures: two are fellows to the degree that their shares of labels overlap.

        picks[i, j] = softmax over j != i of cosine(i, j) / temperature
        fellows[i, j] = shares[i] . shares[j], over j != i made to add up to 1
        loss = mean over i of  - sum over j of  fellows[i, j] * log picks[i, j]

    A clip without a fellow in the batch does not count.

    Args:
        embeddings: [clip, dim], of any length over 0.
        shares: [clip, label], how much of each label is in a clip; rows add up to 1.
        temperature: small ones look at the nearest clips alone; over 0.
    Returns:
        A number; 0 where no clip has a fellow.

    Source: Khosla et al. (2020), Eq. 2 (`L_out`), with the positives weighted.
    """
    directions = nn.functional.normalize(embeddings, dim=1)
    own = torch.eye(len(embeddings), dtype=torch.bool, device=embeddings.device)
    log_picks = (directions @ directions.T / temperature).masked_fill(own, -torch.inf).log_softmax(dim=1)
    overlap = (shares @ shares.T).masked_fill(own, 0.0)
    total = overlap.sum(dim=1, keepdim=True)
    fellows = overlap / total.clamp_min(torch.finfo(overlap.dtype).tiny)
    losses = -(fellows * log_picks.masked_fill(own, 0.0)).sum(dim=1)
    counted = total[:, 0] > 0
    return losses[counted].sum() / counted.sum().clamp_min(1)


class SupervisedContrastiveLoss(Loss):
    """`supervised_contrastive_loss` of a whole batch.

    Args:
        temperature: see `supervised_contrastive_loss`.
    """

    def __init__(self, *, temperature: float) -> None:
        super().__init__()
        self.temperature = temperature

    def forward(self, embeddings: Tensor, shares: Tensor, counts: Tensor | None = None) -> Tensor:
        """The mean over the clips that have a fellow; every pair of the batch counts once, whatever `counts` says."""
        return supervised_contrastive_loss(embeddings, shares, temperature=self.temperature)
