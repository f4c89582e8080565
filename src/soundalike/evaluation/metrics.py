"""Retrieval metrics of the paper, vectorised over queries.

Every function takes `hits`, bool [query, rank]: whether the gallery item at each rank of a query's whole
ranking is relevant, best rank first. Items that do not take part in a query's ranking (its own recording)
stand behind all others and are no hits, which leaves every metric as if they were absent. A query without a
hit is unanswerable: its values are NaN and `mean` leaves it out.

Source: P. Manocha et al., "Content-based Representations of Audio using Siamese Neural Networks", 2018,
    section 4.1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def average_precision(hits: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Mean of the precisions at every hit of the ranking.

    Args:
        hits: bool [query, rank], whole rankings.
    Returns:
        float64 [query] in (0, 1]; NaN for unanswerable queries.
    Source:
        Eq. 3.
    """
    ranks = np.arange(1, hits.shape[1] + 1)
    precision_at_hits = np.where(hits, np.cumsum(hits, axis=1) / ranks, 0.0)
    return _over_answerable(precision_at_hits.sum(axis=1) / np.maximum(hits.sum(axis=1), 1), hits)


def reciprocal_rank(hits: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Precision at the first hit, which is one over its rank; its mean is the paper's MP¹.

    Args:
        hits: bool [query, rank], whole rankings.
    Returns:
        float64 [query] in (0, 1]; NaN for unanswerable queries.
    """
    if hits.shape[1] == 0:
        return np.full(len(hits), np.nan)
    return _over_answerable(1.0 / (np.argmax(hits, axis=1) + 1), hits)


def precision_at(hits: NDArray[np.bool_], k_max: int) -> NDArray[np.float64]:
    """Share of hits among the top K, for K = 1..k_max.

    The divisor is K even where the gallery holds fewer items, so that queries are comparable.

    Args:
        hits: bool [query, rank], whole rankings.
        k_max: largest K, >= 1.
    Returns:
        float64 [query, k_max] in [0, 1], column K - 1 for K; NaN rows for unanswerable queries.
    """
    top = np.zeros((len(hits), k_max), dtype=np.bool_)
    top[:, : hits.shape[1]] = hits[:, :k_max]
    return _over_answerable(np.cumsum(top, axis=1) / np.arange(1, k_max + 1), hits)


def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over the answerable queries.

    Args:
        values: float64 [query, ...], NaN where a query is unanswerable.
    Returns:
        float64 [...]; NaN if no query is answerable.
    """
    answerable = ~np.isnan(values.reshape(len(values), -1)).any(axis=1)
    if not answerable.any():
        return np.full(values.shape[1:], np.nan)
    return np.asarray(values[answerable].mean(axis=0))


def _over_answerable(values: NDArray[np.float64], hits: NDArray[np.bool_]) -> NDArray[np.float64]:
    answerable = hits.any(axis=1).reshape(-1, *[1] * (values.ndim - 1))
    return np.where(answerable, values, np.nan)
