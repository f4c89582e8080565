"""The distance of a window to a query of several examples, in plain loops."""

from __future__ import annotations

import math
from collections.abc import Sequence

Vector = Sequence[float]


def euclidean(one: Vector, other: Vector) -> float:
    return math.sqrt(sum((a - b) ** 2 for a, b in zip(one, other, strict=True)))


def cosine(one: Vector, other: Vector) -> float:
    product = sum(a * b for a, b in zip(one, other, strict=True))
    lengths = math.sqrt(sum(a * a for a in one)) * math.sqrt(sum(b * b for b in other))
    return 1.0 if lengths == 0 else 1 - product / lengths


def score(
    window: Vector, plus: Sequence[Sequence[Vector]], minus: Sequence[Sequence[Vector]], distance: str
) -> float:
    """Mean over the plus examples of the distance to their nearest window, less half of that over the minus ones."""
    between = {"euclidean": euclidean, "cosine": cosine}[distance]

    def mean(examples: Sequence[Sequence[Vector]]) -> float:
        nearest = [min(between(own, window) for own in example) for example in examples]
        return sum(nearest) / len(nearest) if nearest else 0.0

    return mean(plus) - mean(minus) / 2
