"""Exact distances and nearest neighbours in NumPy: the reference that every store is compared with.

Both distances come from one squared euclidean distance, because for unit vectors 1 - cos(a, b) = |a - b|² /
2. It is computed in float64 as |a|² + |b|² - 2ab, which loses its digits where a and b nearly coincide; those
pairs are computed again from the difference itself. The result is rounded to float32, the precision that
embeddings have, so equal pairs give equal distances wherever they stand in a matrix product.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from soundalike.config import Distance

QUERY_BLOCK = 256
# Under this share of |a|² + |b|², float64 has fewer than eight digits left in |a|² + |b|² - 2ab.
NEAR_SHARE = 1e-6
NEAR_BLOCK = 4096
# So few differences are taken at once; the way around them pays for many.
FEW_PAIRS = 1024


def pairwise_distances(
    queries: NDArray[np.floating], gallery: NDArray[np.floating], distance: Distance
) -> NDArray[np.float32]:
    """Distance of every query to every gallery vector.

    Args:
        queries: [query, dim].
        gallery: [item, dim].
        distance: "euclidean", or "cosine" for 1 - cosine similarity, in [0, 2]; there a zero vector has
            distance 1 to everything, itself included.
    Returns:
        float32 [query, item], exact to float32 rounding; identical vectors have distance 0.
    """
    left, right = queries.astype(np.float64), gallery.astype(np.float64)
    if distance == "euclidean":
        return np.sqrt(_squared_distances(left, right)).astype(np.float32)
    left, left_is_zero = _unit(left)
    right, right_is_zero = _unit(right)
    cosine = _squared_distances(left, right) / 2
    cosine[left_is_zero[:, None] | right_is_zero[None, :]] = 1.0
    return cosine.astype(np.float32)


def nearest(
    queries: NDArray[np.floating], gallery: NDArray[np.floating], k: int, distance: Distance
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The k nearest gallery vectors of every query, by looking at all of them.

    Args:
        queries: [query, dim].
        gallery: [item, dim].
        k: how many to return, >= 0; all of them if the gallery holds fewer.
        distance: "euclidean" or "cosine".
    Returns:
        Distances and gallery indices, both [query, min(k, item)], nearest first; of equal distances the
        smaller gallery index comes first.
    """
    k = min(k, len(gallery))
    distances = np.empty((len(queries), k), dtype=np.float32)
    indices = np.empty((len(queries), k), dtype=np.int64)
    for start in range(0, len(queries), QUERY_BLOCK):
        block = slice(start, start + QUERY_BLOCK)
        to_all = pairwise_distances(queries[block], gallery, distance)
        indices[block] = np.argsort(to_all, axis=1, kind="stable")[:, :k]
        distances[block] = np.take_along_axis(to_all, indices[block], axis=1)
    return distances, indices


def _squared_distances(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    if len(left) * len(right) <= FEW_PAIRS:
        return np.asarray(np.sum((left[:, None] - right[None]) ** 2, axis=2))
    scale = np.sum(left**2, axis=1)[:, None] + np.sum(right**2, axis=1)[None, :]
    squared = scale - 2 * (left @ right.T)
    rows, columns = np.nonzero(squared <= NEAR_SHARE * scale)
    for start in range(0, len(rows), NEAR_BLOCK):
        near = rows[start : start + NEAR_BLOCK], columns[start : start + NEAR_BLOCK]
        squared[near] = np.sum((left[near[0]] - right[near[1]]) ** 2, axis=1)
    return np.asarray(squared)


def _unit(vectors: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    norms = np.linalg.norm(vectors, axis=1)
    is_zero = norms == 0
    return vectors / np.where(is_zero, 1.0, norms)[:, None], is_zero
