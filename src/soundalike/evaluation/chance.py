"""What a random ranking scores: exact expectations, given how many items are relevant.

A ranking of n items of which m are relevant, all n! orders equally likely.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def expected_average_precision(
    num_relevant: NDArray[np.int64], num_ranked: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Expected average precision of a random ranking.

    A given relevant item stands at rank i with probability 1/n; above it there are on average (i - 1)(m -
    1)/(n - 1) others, so its precision is (1 + (i - 1)(m - 1)/(n - 1)) / i. The mean over i is
    (H_n + (m - 1)/(n - 1) (n - H_n)) / n, with H_n = 1 + 1/2 + ... + 1/n.

    Args:
        num_relevant: m, int [query].
        num_ranked: n, int [query].
    Returns:
        float64 [query]; NaN where m = 0.
    """
    m, n = num_relevant.astype(np.float64), np.maximum(num_ranked, 1).astype(np.float64)
    harmonic = np.concatenate([[0.0], np.cumsum(1.0 / np.arange(1, n.max(initial=1.0) + 1))])[
        n.astype(np.int64)
    ]
    others_above = (m - 1) / np.maximum(n - 1, 1)
    return np.where(m > 0, (harmonic + others_above * (n - harmonic)) / n, np.nan)


def expected_reciprocal_rank(
    num_relevant: NDArray[np.int64], num_ranked: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Expected reciprocal rank of the first relevant item of a random ranking.

    The first r ranks hold nothing relevant with the probability P(R > r) = (n-m)/n · (n-m-1)/(n-1) · ... (r
    factors); the expectation sums (P(R > r-1) - P(R > r)) / r.

    Args:
        num_relevant: m, int [query].
        num_ranked: n, int [query].
    Returns:
        float64 [query]; NaN where m = 0.
    """
    sizes, size_of_query = np.unique(
        np.stack([num_relevant, num_ranked], axis=1), axis=0, return_inverse=True
    )
    expected = np.full(len(sizes), np.nan)
    for index, (m, n) in enumerate(sizes):
        if m > 0:
            first_ranks = np.arange(n - m + 1)
            survival = np.concatenate([[1.0], np.cumprod((n - m - first_ranks) / (n - first_ranks))])
            expected[index] = np.sum(-np.diff(survival) / (first_ranks + 1))
    return expected[size_of_query.reshape(-1)]


def expected_precision_at(
    num_relevant: NDArray[np.int64], num_ranked: NDArray[np.int64], k_max: int
) -> NDArray[np.float64]:
    """Expected precision at K of a random ranking, K = 1..k_max, divided by K even where fewer items are
    ranked.

    Args:
        num_relevant: m, int [query].
        num_ranked: n, int [query].
        k_max: largest K, >= 1.
    Returns:
        float64 [query, k_max], column K - 1 for K; NaN rows where m = 0.
    """
    m, n = num_relevant[:, None].astype(np.float64), np.maximum(num_ranked, 1)[:, None].astype(np.float64)
    k = np.arange(1, k_max + 1)
    return np.where(m > 0, m / n * np.minimum(k, n) / k, np.nan)
