"""The supervised contrastive loss, one clip at a time: the twin of `soundalike.losses.supcon`."""

from __future__ import annotations

import math
from collections.abc import Sequence


def cosine(left: Sequence[float], right: Sequence[float]) -> float:
    dot = sum(a * b for a, b in zip(left, right, strict=True))
    return dot / math.hypot(*left) / math.hypot(*right)


def loss(
    embeddings: Sequence[Sequence[float]], shares: Sequence[Sequence[float]], *, temperature: float
) -> float:
    total, counted = 0.0, 0
    for i, anchor in enumerate(embeddings):
        others = [j for j in range(len(embeddings)) if j != i]
        overlap = {j: sum(a * b for a, b in zip(shares[i], shares[j], strict=True)) for j in others}
        if sum(overlap.values()) == 0:
            continue
        picks = {j: math.exp(cosine(anchor, embeddings[j]) / temperature) for j in others}
        for j in others:
            total -= overlap[j] / sum(overlap.values()) * math.log(picks[j] / sum(picks.values()))
        counted += 1
    return total / counted if counted else 0.0
