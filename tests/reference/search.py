"""A search over everything, in NumPy: distances in float64, sorted; no index, no block, no bound."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def distances_to(
    query: NDArray[np.float32], vectors: NDArray[np.float32], distance: str
) -> NDArray[np.float64]:
    """Float64 [vector], from each vector to the nearest window of the query [window, dim]."""
    asked, held = query.astype(np.float64), vectors.astype(np.float64)
    if distance == "euclidean":
        apart = [np.sqrt(np.sum((held - one) ** 2, axis=1)) for one in asked]
    else:
        lengths = np.linalg.norm(held, axis=1)
        safe = np.where(lengths == 0, 1.0, lengths)
        apart = []
        for one in asked:
            length = np.linalg.norm(one)
            cosine = held @ one / safe / length if length else np.zeros(len(held))
            apart.append(1 - cosine)
    return np.min(apart, axis=0)


def nearest(
    query: NDArray[np.float32],
    vectors: NDArray[np.float32],
    n: int,
    *,
    distance: str = "euclidean",
    mask: NDArray[np.bool_] | None = None,
) -> NDArray[np.int64]:
    """The numbers of the n nearest vectors among those allowed."""
    apart = distances_to(query, vectors, distance)
    if mask is not None:
        apart = np.where(mask, apart, np.inf)
    order = np.argsort(apart, kind="stable")
    return order[np.isfinite(apart[order])][:n]
