"""Textbook metrics, one query at a time in plain loops: the twin of `soundalike.evaluation.metrics`."""

from __future__ import annotations

from collections.abc import Sequence


def ranked(distances: Sequence[float], excluded: Sequence[bool]) -> list[int]:
    """Items that take part, nearest first, equal distances by index."""
    items = [item for item in range(len(distances)) if not excluded[item]]
    return sorted(items, key=lambda item: (distances[item], item))


def average_precision(hits: Sequence[bool]) -> float | None:
    precisions = []
    for rank in range(1, len(hits) + 1):
        if hits[rank - 1]:
            precisions.append(sum(hits[:rank]) / rank)
    return sum(precisions) / len(precisions) if precisions else None


def reciprocal_rank(hits: Sequence[bool]) -> float | None:
    for rank in range(1, len(hits) + 1):
        if hits[rank - 1]:
            return 1 / rank
    return None


def precision_at(hits: Sequence[bool], k: int) -> float | None:
    if not any(hits):
        return None
    return sum(1 for hit in hits[:k] if hit) / k
