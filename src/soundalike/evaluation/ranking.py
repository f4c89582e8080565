"""Ranks the gallery for every query, a block of queries at a time, and keeps only what the metrics need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundalike.config import Distance
from soundalike.evaluation import metrics
from soundalike.store.exact import pairwise_distances

QUERY_BLOCK = 256
NO_NEIGHBOUR = -1

BlockMask = Callable[[slice], NDArray[np.bool_]]


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """What the whole ranking of each query gave; the order of queries is that of the embeddings.

    Attributes:
        average_precision: float64 [query], NaN if unanswerable.
        reciprocal_rank: float64 [query], NaN if unanswerable.
        precision: float64 [query, k_max], precision at K = 1..k_max, NaN rows if unanswerable.
        num_relevant: int64 [query], relevant items among those ranked.
        num_ranked: int64 [query], items of the gallery that took part.
        neighbours: int64 [query, k_max], gallery indices, nearest first; `NO_NEIGHBOUR` past the end.
        neighbour_distances: float32 [query, k_max], infinite past the end.
        neighbour_hits: bool [query, k_max], whether each neighbour is relevant.
    """

    average_precision: NDArray[np.float64]
    reciprocal_rank: NDArray[np.float64]
    precision: NDArray[np.float64]
    num_relevant: NDArray[np.int64]
    num_ranked: NDArray[np.int64]
    neighbours: NDArray[np.int64]
    neighbour_distances: NDArray[np.float32]
    neighbour_hits: NDArray[np.bool_]


def order_by_distance(distances: NDArray[np.floating], excluded: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Gallery indices of every query by distance, equal distances by index, excluded items last.

    Args:
        distances: [query, item].
        excluded: bool [query, item], the items that do not take part.
    Returns:
        int64 [query, item].
    """
    return np.argsort(np.where(excluded, np.inf, distances), axis=1, kind="stable")


def rank(
    queries: NDArray[np.floating],
    gallery: NDArray[np.floating],
    *,
    distance: Distance,
    relevant: BlockMask,
    excluded: BlockMask,
    k_max: int,
) -> Ranking:
    """Rank the whole gallery for every query.

    Memory is that of 256 queries against the gallery, however many queries there are.

    Args:
        queries: [query, dim].
        gallery: [item, dim].
        distance: "euclidean" or "cosine".
        relevant: gives bool [query of the slice, item], the items that are right answers.
        excluded: gives bool [query of the slice, item], the items that do not take part.
        k_max: how many precisions and neighbours to keep, >= 1.
    """
    blocks = [
        _rank_block(
            pairwise_distances(queries[block], gallery, distance),
            relevant(block),
            excluded(block),
            k_max=k_max,
        )
        for start in range(0, max(len(queries), 1), QUERY_BLOCK)
        for block in [slice(start, min(start + QUERY_BLOCK, len(queries)))]
    ]
    return Ranking(**{name: np.concatenate([getattr(block, name) for block in blocks]) for name in _FIELDS})


_FIELDS = tuple(Ranking.__dataclass_fields__)


def _rank_block(
    distances: NDArray[np.float32], relevant: NDArray[np.bool_], excluded: NDArray[np.bool_], *, k_max: int
) -> Ranking:
    order = order_by_distance(distances, excluded)
    hits = np.take_along_axis(relevant & ~excluded, order, axis=1)
    num_ranked = np.sum(~excluded, axis=1)

    num_kept = min(k_max, order.shape[1])
    shape = (len(order), k_max)
    neighbours = np.full(shape, NO_NEIGHBOUR, dtype=np.int64)
    neighbour_distances = np.full(shape, np.inf, dtype=np.float32)
    neighbour_hits = np.zeros(shape, dtype=np.bool_)
    kept = order[:, :num_kept]
    takes_part = np.arange(num_kept) < num_ranked[:, None]
    neighbours[:, :num_kept] = np.where(takes_part, kept, NO_NEIGHBOUR)
    neighbour_distances[:, :num_kept] = np.where(
        takes_part, np.take_along_axis(distances, kept, axis=1), np.inf
    )
    neighbour_hits[:, :num_kept] = hits[:, :num_kept]
    return Ranking(
        average_precision=metrics.average_precision(hits),
        reciprocal_rank=metrics.reciprocal_rank(hits),
        precision=metrics.precision_at(hits, k_max),
        num_relevant=hits.sum(axis=1),
        num_ranked=num_ranked,
        neighbours=neighbours,
        neighbour_distances=neighbour_distances,
        neighbour_hits=neighbour_hits,
    )
