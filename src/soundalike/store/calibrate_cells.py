"""How far cells have to look, and what they find: asked with the library's own vectors, answered exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from soundalike.store.cells import Allowed, Cells

NUM_QUERIES = 128
NEIGHBOURS = 10
# Share of true neighbours whose cells are looked at, for every kind of question.
CELLS_FOUND = 0.997
RARE_SHARE = 0.05

Mask = Callable[[NDArray[np.int64]], NDArray[np.bool_]]


def calibrate(
    cells: Cells,
    cell_of: NDArray[np.int32],
    recording: NDArray[np.int32],
    blocks: Callable[[], Iterator[NDArray[np.float32]]],
    vectors: Callable[[NDArray[np.int64]], NDArray[np.float32]],
    random: np.random.Generator,
) -> dict[str, float]:
    """Choose `cells.reach` and measure recall@10.

    Half of the queries choose, the other half measures. Each asks for its neighbours in other recordings three times:
    among all of them ("all"), among a random twentieth ("rare"), and among those in the half of all cells that is
    farther from it ("far"), as a filter would that has to do with the sound.

    Args:
        cells: with all vectors in them.
        cell_of: int32 [vector], the cell of each.
        recording: int32 [vector], the recording of each.
        blocks: reads all vectors from the beginning, in the order of their numbers.
        vectors: reads the vectors with these numbers.
        random: draws queries and filters.
    Returns:
        Recall@10 for "all", "rare" and "far".
    """
    num_queries = min(NUM_QUERIES, len(cell_of))
    chosen = np.sort(random.choice(len(cell_of), num_queries, replace=False))
    queries = vectors(chosen)
    several = bool((recording != recording[0]).any())
    masks = _Masks(cells, cell_of, recording, chosen, queries, random, several=several)
    truth = {kind: _Nearest(num_queries) for kind in masks.kinds}
    start = 0
    for block in blocks():
        numbers = np.arange(start, start + len(block))
        squared = _squared(queries, block)
        for kind, nearest in truth.items():
            nearest.see(np.where(masks.of(kind, numbers), squared, np.inf), numbers)
        start += len(block)

    learning, testing = range(0, num_queries, 2), range(min(1, num_queries - 1), num_queries, 2)
    for nearest in truth.values():
        needed = [
            cells.needed_reach(queries[query], cell_of[found], last)
            for query in learning
            for found, last in [nearest.of(query)]
            if len(found)
        ]
        if needed:
            cells.reach = max(cells.reach, float(np.quantile(np.concatenate(needed), CELLS_FOUND)))

    everything = np.arange(len(cell_of))
    recalls = {}
    for kind, nearest in truth.items():
        num_found = num_true = 0
        for query in testing:
            true, _ = nearest.of(query)
            mask = masks.of(kind, everything, query)[0]
            occupied = np.zeros(cells.num_cells, np.bool_)
            occupied[cell_of[mask]] = True
            allowed = Allowed(bits=np.packbits(mask, bitorder="little"), cells=occupied)
            found = cells.nearest(queries[query], NEIGHBOURS, allowed=allowed)
            # None sends the search over all allowed vectors.
            num_found += len(true) if found is None else len(np.intersect1d(true, found))
            num_true += len(true)
        recalls[kind] = round(num_found / num_true, 4) if num_true else 1.0
    return recalls


class _Masks:
    """Which vectors each query may find, for each kind of question."""

    kinds = ("all", "rare", "far")

    def __init__(
        self,
        cells: Cells,
        cell_of: NDArray[np.int32],
        recording: NDArray[np.int32],
        chosen: NDArray[np.int64],
        queries: NDArray[np.float32],
        random: np.random.Generator,
        *,
        several: bool,
    ) -> None:
        self._cell_of = cell_of
        # In a library of one recording, only the query itself is left out.
        self._owner = recording if several else np.arange(len(recording), dtype=np.int32)
        self._own = self._owner[chosen]
        self._is_rare = random.random(len(cell_of)) < RARE_SHARE
        to_cells = _squared(queries, cells.centroids)
        self._is_far = to_cells >= np.median(to_cells, axis=1, keepdims=True)

    def of(self, kind: str, numbers: NDArray[np.int64], query: int | None = None) -> NDArray[np.bool_]:
        """Bool [query, vector], for one query or all of them."""
        queries = slice(None) if query is None else slice(query, query + 1)
        mask: NDArray[np.bool_] = self._owner[numbers] != self._own[queries, None]
        if kind == "rare":
            mask &= self._is_rare[numbers]
        elif kind == "far":
            mask &= self._is_far[queries][:, self._cell_of[numbers]]
        return mask


class _Nearest:
    """The nearest vectors that each query has seen so far."""

    def __init__(self, num_queries: int) -> None:
        self._squared = np.full((num_queries, NEIGHBOURS), np.inf, np.float32)
        self._numbers = np.full((num_queries, NEIGHBOURS), -1)

    def see(self, squared: NDArray[np.float32], numbers: NDArray[np.int64]) -> None:
        """Take note of a block: squared distances [query, vector], and the numbers of the vectors."""
        width = min(NEIGHBOURS, squared.shape[1])
        best = np.argpartition(squared, width - 1, axis=1)[:, :width]
        squared = np.concatenate([self._squared, np.take_along_axis(squared, best, axis=1)], axis=1)
        seen = np.concatenate([self._numbers, numbers[best]], axis=1)
        order = np.argsort(squared, axis=1)[:, :NEIGHBOURS]
        self._squared = np.take_along_axis(squared, order, axis=1)
        self._numbers = np.take_along_axis(seen, order, axis=1)

    def of(self, query: int) -> tuple[NDArray[np.int64], float]:
        """The neighbours of a query, and the squared distance of the last."""
        is_there = np.isfinite(self._squared[query])
        if not is_there.any():
            return np.empty(0, np.int64), 0.0
        return self._numbers[query][is_there], float(self._squared[query][is_there].max())


def _squared(queries: NDArray[np.float32], vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.einsum("ij,ij->i", queries, queries)[:, None] + np.einsum("ij,ij->i", vectors, vectors)[None]
    return np.asarray(np.maximum(lengths - 2 * queries @ vectors.T, 0), np.float32)
