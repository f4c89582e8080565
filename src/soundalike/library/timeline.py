"""The windows of one recording in the order of their time, with distances computed where somebody looks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

# Windows whose distances are computed at once, to either side of those that are asked for; each time twice as many.
FIRST_REACH = 16


class Timeline:
    """The windows of one recording that may be found, by start.

    Attributes:
        start_s: float64 [window], ascending.
        end_s: float64 [window], ascending.
    """

    def __init__(
        self,
        start_s: NDArray[np.float64],
        end_s: NDArray[np.float64],
        distances: Callable[[slice], NDArray[np.float32]],
    ) -> None:
        """Lay the windows out; nothing is compared yet.

        Args:
            start_s: float64 [window], ascending.
            end_s: float64 [window], ascending.
            distances: computes those of some windows to the query.
        """
        self.start_s = start_s
        self.end_s = end_s
        self._compute = distances
        self._known = np.full(len(start_s), np.nan, np.float32)
        self._reach = FIRST_REACH

    def __len__(self) -> int:
        return len(self.start_s)

    def distances(self, first: int, end: int) -> list[float]:
        """The distances of the windows from `first` to before `end` to the query."""
        if np.isnan(self._known[first:end]).any():
            around = slice(max(0, first - self._reach), end + self._reach)
            self._known[around] = self._compute(around)
            self._reach *= 2
        known: list[float] = self._known[first:end].tolist()
        return known
