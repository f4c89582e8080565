"""Confidence intervals by a bootstrap over source recordings.

Clips cut from one recording succeed and fail together. Drawing whole recordings with replacement keeps them
together, so the interval says how the numbers would move with other recordings, not with other cuts of the
same ones.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from soundalike.evaluation.metrics import mean

NUM_DRAWS = 1000
COVERAGE = 0.95
DRAW_BLOCK = 100


def bootstrap_interval(
    values: NDArray[np.float64], recordings: Sequence[str], *, seed: int, num_draws: int = NUM_DRAWS
) -> NDArray[np.float64]:
    """95 % percentile interval of the mean of each column, drawing recordings with replacement.

    Drawing c of c recordings is one multinomial count per recording, so a draw is a weighted mean and all
    draws are one matrix product.

    Args:
        values: float64 [query, metric]; rows with NaN are unanswerable queries and left out.
        recordings: [query], the source recording of each query.
        seed: of the draws.
        num_draws: how many bootstrap samples, > 0.
    Returns:
        float64 [metric, 2], lower and upper end. NaN where fewer than two recordings are left: one recording
        says nothing about the next.
    """
    answerable = ~np.isnan(values).any(axis=1)
    _, cluster_of_query = np.unique(np.asarray(recordings)[answerable], return_inverse=True)
    num_clusters = int(cluster_of_query.max(initial=-1)) + 1
    if num_clusters < 2:
        return np.full((values.shape[1], 2), np.nan)

    centre = mean(values)
    sums = np.zeros((num_clusters, values.shape[1]))
    # Deviations from the mean keep a constant metric exactly constant.
    np.add.at(sums, cluster_of_query, values[answerable] - centre)
    sizes = np.bincount(cluster_of_query, minlength=num_clusters).astype(np.float64)

    generator = np.random.default_rng(seed)
    shares = np.full(num_clusters, 1.0 / num_clusters)
    draws = []
    for start in range(0, num_draws, DRAW_BLOCK):
        counts = generator.multinomial(num_clusters, shares, size=min(DRAW_BLOCK, num_draws - start))
        draws.append(counts @ sums / (counts @ sizes)[:, None])
    tail = (1 - COVERAGE) / 2
    ends = np.quantile(np.concatenate(draws), [tail, 1 - tail], axis=0)
    return np.asarray(centre[:, None] + ends.T)
