"""Pairs of recordings that may hold the same sound: those that are near each other somewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

# A copy may be cut elsewhere or have lost a part: a few of its places are enough to find it by.
NUM_PROBES = 6
NUM_NEIGHBOURS = 12
# The matrix of products has 256 x 65,536 numbers at most: 64 MB.
_PROBE_BLOCK = 256
_GALLERY_BLOCK = 65_536


def candidate_pairs(
    vectors_of: Mapping[str, NDArray[np.float32]],
    *,
    least: float = -1.0,
    progress: Callable[[int, int], None] | None = None,
) -> set[tuple[str, str]]:
    """For the first vectors of every recording, the recordings with the most similar ones.

    Args:
        vectors_of: `recording_id` -> float32 [place, dim], of unit length, those to look with first.
        least: smallest dot product of a pair.
        progress: called with the number of places done and the number of all.
    Returns:
        Pairs of `recording_id`, each pair once, its smaller id first.
    """
    ids = np.array([one for one, own in vectors_of.items() if len(own)], dtype=np.str_)
    if len(ids) < 2:
        return set()
    counts = np.array([len(vectors_of[one]) for one in ids.tolist()])
    starts = np.cumsum(counts) - counts
    vectors = np.concatenate([vectors_of[one] for one in ids.tolist()])
    probes = np.concatenate(
        [start + np.arange(min(count, NUM_PROBES)) for start, count in zip(starts, counts, strict=True)]
    )
    owners = np.searchsorted(starts, probes, side="right") - 1
    pairs: set[tuple[str, str]] = set()
    for first in range(0, len(probes), _PROBE_BLOCK):
        block = slice(first, first + _PROBE_BLOCK)
        found, products = _nearest(vectors[probes[block]], vectors, starts, owners[block])
        for owner, near in zip(owners[block], np.where(products >= least, found, -1), strict=True):
            mine = str(ids[owner])
            pairs.update((min(mine, other), max(mine, other)) for other in ids[near[near >= 0]].tolist())
        if progress is not None:
            progress(min(first + _PROBE_BLOCK, len(probes)), len(probes))
    return pairs


def _nearest(
    probes: NDArray[np.float32],
    vectors: NDArray[np.float32],
    starts: NDArray[np.int64],
    owners: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The recordings most similar to each probe but for its own, and how similar; [probe, neighbour], in no order."""
    best = np.full((len(probes), len(starts)), -np.inf, dtype=np.float32)
    for begin in range(0, len(vectors), _GALLERY_BLOCK):
        products = probes @ vectors[begin : begin + _GALLERY_BLOCK].T
        first = np.searchsorted(starts, begin, side="right") - 1
        last = np.searchsorted(starts, begin + products.shape[1], side="left")
        bounds = np.maximum(starts[first:last] - begin, 0)
        found = np.maximum.reduceat(products, bounds, axis=1)
        best[:, first:last] = np.maximum(best[:, first:last], found)
    best[np.arange(len(probes)), owners] = -np.inf
    num_neighbours = min(NUM_NEIGHBOURS, len(starts) - 1)
    found = np.argpartition(-best, num_neighbours - 1, axis=1)[:, :num_neighbours]
    return found, np.take_along_axis(best, found, axis=1)
