"""Eq. 2 of the paper, one pair and one dimension at a time: the twin of `soundalike.losses.contrastive`."""

from __future__ import annotations

import math
from collections.abc import Sequence


def distance(left: Sequence[float], right: Sequence[float]) -> float:
    total = 0.0
    for a, b in zip(left, right, strict=True):
        total += (a - b) ** 2
    return math.sqrt(total)


def pair_loss(left: Sequence[float], right: Sequence[float], *, similar: bool, margin: float) -> float:
    d = distance(left, right)
    y = 1.0 if similar else 0.0
    return 0.5 * y * d**2 + 0.5 * (1 - y) * max(0.0, margin - d) ** 2


def summed_loss(embeddings: Sequence[Sequence[float]], labels: Sequence[int], *, margin: float) -> float:
    """Over every pair of clips once."""
    total = 0.0
    for i in range(len(embeddings)):
        for j in range(i + 1, len(embeddings)):
            total += pair_loss(embeddings[i], embeddings[j], similar=labels[i] == labels[j], margin=margin)
    return total
