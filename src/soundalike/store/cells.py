"""Vectors in cells around centroids, one byte a number: few cells are looked at for one query.

Which cells matter depends on the query, and under a filter on the windows that are allowed. For a cell with centroid c
whose vectors lie r from it (root mean square), a vector of the cell is about

    |q - c|² + r² - t · |q - c| · r

away from q (squared), where t says how far the vector lies towards q; t is near 0 for most vectors of many
dimensions, and 2 at most. A cell is looked at if this is less than the distance of the k-th best vector so far, with
t = `reach`. `reach` is chosen where the library's own vectors ask for vectors near and far, see `needed_reach`. So a
query that is far from everything allowed looks at many cells, one amid its own kind at few.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundalike.errors import LibraryError

# Vectors a centroid learns from; fewer make rough cells, more take longer without better ones.
LEARN_PER_CELL = 32
LEARN_ROUNDS = 6
FIRST_CELLS = 4
MOST_CELLS = 6000
# Vectors that are looked at beyond those wanted: rounding to bytes swaps neighbours.
SPARE = 24
MOST_SPARE = 4096
# Standard deviations of the rounding by which the last one wanted may seem nearer than it is, or another farther.
ROUNDINGS = 6


def num_cells_for(num_vectors: int) -> int:
    """How many cells serve this many vectors: four times the square root, up to `MOST_CELLS`."""
    return int(np.clip(4 * np.sqrt(num_vectors), 1, min(MOST_CELLS, num_vectors)))


@dataclass(frozen=True)
class Allowed:
    """The vectors that a search may return.

    Attributes:
        bits: uint8, one bit a vector, the lowest bit of a byte first.
        cells: bool [cell], whether a cell holds any of them.
    """

    bits: NDArray[np.uint8]
    cells: NDArray[np.bool_]


class Cells:
    """An inverted file of faiss, with what is needed to choose cells for a query."""

    def __init__(self, inverted: Any, spread_squared: NDArray[np.float32], reach: float = 0.0) -> None:
        """Wrap an index.

        Args:
            inverted: `faiss.IndexIVFScalarQuantizer`.
            spread_squared: float32 [cell], mean squared distance of a cell's vectors to its centroid.
            reach: how far towards the query a cell's vectors are looked for, see above.
        """
        self._inverted = inverted
        self.spread_squared = spread_squared
        self.reach = reach
        self.centroids: NDArray[np.float32] = inverted.quantizer.reconstruct_n(0, inverted.nlist)
        self._norms_squared = np.einsum("ij,ij->i", self.centroids, self.centroids)
        self._rounding = _rounding(inverted)

    @classmethod
    def learn(cls, sample: NDArray[np.float32], num_cells: int) -> Cells:
        """Find centroids, and the range of the numbers, from float32 [vector, dim]."""
        import faiss

        dim = sample.shape[1]
        inverted = faiss.IndexIVFScalarQuantizer(
            faiss.IndexFlatL2(dim), dim, num_cells, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_L2
        )
        inverted.cp.niter = LEARN_ROUNDS
        inverted.cp.max_points_per_centroid = LEARN_PER_CELL
        inverted.cp.min_points_per_centroid = 1
        inverted.train(sample)
        return cls(inverted, np.zeros(num_cells, np.float32))

    @classmethod
    def read(cls, path: Path, spread_squared: NDArray[np.float32], reach: float, *, mapped: bool) -> Cells:
        """Read what `write` wrote; `mapped` leaves the vectors on disk until they are looked at.

        Raises:
            LibraryError: the file cannot be read.
        """
        import faiss

        # Where a file cannot be mapped, it is read.
        for flag in (faiss.IO_FLAG_MMAP_IFC, 0) if mapped else (0,):
            try:
                return cls(faiss.read_index(str(path), flag), spread_squared, reach)
            except RuntimeError as exc:
                refused = exc
        raise LibraryError(f"cannot read '{path}'.") from refused

    def write(self, path: Path) -> None:
        """Write the vectors and their cells to a file."""
        import faiss

        faiss.write_index(self._inverted, str(path))

    def __len__(self) -> int:
        return int(self._inverted.ntotal)

    @property
    def num_cells(self) -> int:
        """How many cells there are."""
        return len(self.centroids)

    def add(self, blocks: Iterable[NDArray[np.float32]]) -> NDArray[np.int32]:
        """Put vectors into their nearest cells; they are numbered in the order in which they come.

        Args:
            blocks: float32 [vector, dim], contiguous.
        Returns:
            int32 [vector], the cell of each.
        """
        import faiss

        counts = np.array([self._inverted.invlists.list_size(cell) for cell in range(self.num_cells)])
        totals = self.spread_squared.astype(np.float64) * counts
        assigned = [np.empty(0, np.int32)]
        for block in blocks:
            squared, nearest = self._inverted.quantizer.search(block, 1)
            cells = nearest[:, 0].copy()
            # `add` would look for the nearest centroids a second time.
            self._inverted.add_core(len(block), faiss.swig_ptr(block), None, faiss.swig_ptr(cells))
            totals += np.bincount(cells, weights=np.maximum(squared[:, 0], 0), minlength=self.num_cells)
            counts += np.bincount(cells, minlength=self.num_cells)
            assigned.append(cells.astype(np.int32))
        self.spread_squared = (totals / np.maximum(counts, 1)).astype(np.float32)
        return np.concatenate(assigned)

    def nearest(
        self, query: NDArray[np.float32], n: int, *, allowed: Allowed | None = None
    ) -> NDArray[np.int64] | None:
        """Numbers of vectors among which are the n nearest ones, most likely.

        Args:
            query: float32 [dim].
            n: how many nearest ones are wanted, > 0.
            allowed: which vectors may be returned, None for all.
        Returns:
            Numbers in no promised order, all that may be returned if they are not more than n; None where so many
            vectors are equally far that their bytes do not tell which are nearest.
        """
        optimistic = self._optimistic(self._to_centroids(query))
        if allowed is not None:
            optimistic[~allowed.cells] = np.inf
        depth = n + SPARE
        visited, squared, numbers = self._approach(query, optimistic, n, depth, allowed)
        while len(numbers) == depth and squared.max() < self._certain(squared, n):
            depth *= 8
            if depth > n + MOST_SPARE:
                return None
            squared, numbers = self._look(query, visited, depth, allowed)
        return numbers

    def _approach(
        self,
        query: NDArray[np.float32],
        optimistic: NDArray[np.float32],
        n: int,
        depth: int,
        allowed: Allowed | None,
    ) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64]]:
        """Look at cells, the most promising first, until no other can hold one of the n nearest.

        Returns:
            The cells, and the `depth` nearest vectors in them: rounded squared distances, and numbers.
        """
        squared, numbers = np.empty(0, np.float32), np.empty(0, np.int64)
        visited: list[NDArray[np.int64]] = []
        limit, width = np.inf, FIRST_CELLS
        while len(open_cells := np.flatnonzero(optimistic < limit)):
            if len(open_cells) > width:
                open_cells = open_cells[np.argpartition(optimistic[open_cells], width)[:width]]
            optimistic[open_cells] = np.inf
            visited.append(open_cells)
            found_squared, found = self._look(query, open_cells, depth, allowed)
            squared, numbers = np.concatenate([squared, found_squared]), np.concatenate([numbers, found])
            if len(squared) > depth:
                best = np.argpartition(squared, depth - 1)[:depth]
                squared, numbers = squared[best], numbers[best]
            if len(squared) >= n:
                limit = self._certain(squared, n)
            width *= 4
        return np.concatenate([np.empty(0, np.int64), *visited]), squared, numbers

    def needed_reach(
        self, query: NDArray[np.float32], cells: NDArray[np.int32], farthest_squared: float
    ) -> NDArray[np.float64]:
        """The `reach` with which `nearest` looks at each of some cells.

        Args:
            query: float32 [dim].
            cells: int32 [neighbour], the cells of its true nearest neighbours.
            farthest_squared: the squared distance of the last of them.
        """
        centre_squared = self._to_centroids(query)[cells].astype(np.float64)
        spread_squared = self.spread_squared[cells].astype(np.float64)
        towards = np.sqrt(np.maximum(centre_squared * spread_squared, 1e-30))
        return (centre_squared + spread_squared - farthest_squared) / towards

    def _to_centroids(self, query: NDArray[np.float32]) -> NDArray[np.float32]:
        squared = self._norms_squared - 2 * (self.centroids @ query) + query @ query
        return np.asarray(np.maximum(squared, 0))

    def _optimistic(self, centre_squared: NDArray[np.float32]) -> NDArray[np.float32]:
        spread = self.spread_squared
        return np.asarray(centre_squared + spread - self.reach * np.sqrt(centre_squared * spread))

    def _certain(self, squared: NDArray[np.float32], n: int) -> float:
        """The rounded squared distance up to which a vector may be one of the n nearest."""
        last = float(np.partition(squared, n - 1)[n - 1])
        return last + ROUNDINGS * 2 * self._rounding * float(np.sqrt(max(last, 0.0)))

    def _look(
        self, query: NDArray[np.float32], cells: NDArray[np.int64], depth: int, allowed: Allowed | None
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        import faiss

        selector = None
        if allowed is not None:
            selector = faiss.IDSelectorBitmap(len(allowed.bits), faiss.swig_ptr(allowed.bits))
        chosen = faiss.SearchParametersIVF(nprobe=len(cells), sel=selector)
        squared = np.empty(depth, np.float32)
        numbers = np.empty(depth, np.int64)
        # faiss's own wrapper for Python knows no selector here.
        self._inverted.search_preassigned_c(
            1,
            faiss.swig_ptr(query),
            depth,
            faiss.swig_ptr(cells),
            faiss.swig_ptr(np.zeros(len(cells), np.float32)),
            faiss.swig_ptr(squared),
            faiss.swig_ptr(numbers),
            False,
            chosen,
        )
        found = numbers >= 0
        return squared[found], numbers[found]


def _rounding(inverted: Any) -> float:
    """Standard deviation of the rounding to bytes along any direction, in the unit of the vectors."""
    import faiss

    ranges = faiss.vector_to_array(inverted.sq.trained)
    if not len(ranges):
        return 0.0
    steps = ranges[len(ranges) // 2 :] / 255
    return float(np.sqrt(np.mean(steps**2) / 12))
