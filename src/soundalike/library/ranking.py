"""Windows of a gallery, nearest first, as many as are asked for."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from soundalike.config import Distance
from soundalike.library.gallery import Gallery
from soundalike.library.query import Query
from soundalike.library.scores import RoughScores, exact_scores, rough_scores
from soundalike.library.spans import Span
from soundalike.library.timeline import Timeline
from soundalike.store import NumberedWindows

# So few windows are compared one by one even where there is an index.
NARROW = 20_000
# So many wanted are found faster by comparing all.
MOST_FROM_INDEX = 5_000
GROWTH = 8


class Ranking:
    """Windows by their score for one query. Of equal scores, the earlier path and the earlier start come first.

    Attributes:
        exact: whether all windows that were allowed have been compared so far.
    """

    def __init__(
        self,
        gallery: Gallery,
        query: Query,
        distance: Distance,
        *,
        mask: NDArray[np.bool_] | None = None,
        exact: bool = False,
        first: int = 64,
    ) -> None:
        """Prepare a ranking; nothing is compared yet.

        Args:
            gallery: where to look.
            query: what is asked for.
            distance: "euclidean" or "cosine".
            mask: bool [window of the gallery], which windows may be found; None for all that count.
            exact: compare all windows, whatever their number.
            first: how many windows to look for at first; more follow when iteration goes on.
        """
        self._gallery = gallery
        self._query = query
        self._distance = distance
        alive = gallery.alive
        self._mask = alive if mask is None else mask if alive is None else mask & alive
        self._num_allowed = len(gallery) if self._mask is None else int(self._mask.sum())
        self._first = first
        self._rough: tuple[NDArray[np.int64] | None, RoughScores] | None = None
        self._nearest: list[Span] = []
        self._seen: set[int] = set()
        self._asked = 0
        self.exact = exact or not self._has_shortcut()

    def num_recordings(self) -> int:
        """How many recordings have windows that may be found."""
        recordings = self._gallery.recordings
        allowed = recordings if self._mask is None else recordings[self._mask]
        return int(np.count_nonzero(np.bincount(allowed)))

    def __iter__(self) -> Iterator[Span]:
        position = 0
        while True:
            while position < len(self._nearest):
                yield self._nearest[position]
                position += 1
            if self._asked >= self._num_allowed:
                return
            self._ask(self._asked * GROWTH or self._first)

    def _ask(self, n: int) -> None:
        self._asked = n
        numbers, scores, windows = self.nearest(n)
        columns = (numbers, windows.recordings, windows.start_s, windows.end_s, scores)
        for number, recording, start_s, end_s, score in zip(*(one.tolist() for one in columns), strict=True):
            # An index may find a window only when it is asked for more.
            if number not in self._seen:
                self._seen.add(number)
                self._nearest.append(Span(recording, start_s, end_s, score))

    def timeline(self, recording: int) -> Timeline:
        """The windows of a recording that may be found."""
        numbers = self._gallery.numbers_of(recording)
        if self._mask is not None:
            numbers = numbers[self._mask[numbers]]
        start_s, end_s = self._gallery.times_s(numbers)

        def distances(some: slice) -> NDArray[np.float32]:
            return exact_scores(self._query, self._gallery.take(numbers[some]).embeddings, self._distance)

        return Timeline(start_s, end_s, distances)

    def typical_distance(self) -> float:
        """The median over windows from all over the library, whatever the filter and the number of hits."""
        sample = self._gallery.sample
        return float(np.median(exact_scores(self._query, sample, self._distance))) if len(sample) else 0.0

    def nearest(self, n: int) -> tuple[NDArray[np.int64], NDArray[np.float32], NumberedWindows]:
        """The n nearest windows.

        Returns:
            Their numbers in the gallery, int64 [window]; their scores, float32 [window]; the windows.
        """
        numbers = self._candidates(n)
        windows = self._gallery.take(numbers)
        scores = exact_scores(self._query, windows.embeddings, self._distance)
        order = np.lexsort((windows.start_s, windows.recordings, scores))[:n]
        return numbers[order], scores[order], windows.take(order)

    def _candidates(self, n: int) -> NDArray[np.int64]:
        """Numbers of windows among which are the n nearest."""
        if n < self._num_allowed:
            if not self.exact and n <= MOST_FROM_INDEX:
                found = self._candidates_of_index(n)
                if found is not None:
                    return found
            return self._candidates_of_all(n)
        return np.arange(len(self._gallery)) if self._mask is None else np.flatnonzero(self._mask)

    def _has_shortcut(self) -> bool:
        index = self._gallery.index
        if index is None or len(self._query.plus) > 1 or self._query.minus:
            return False
        if not index.serves(self._distance) or self._num_allowed <= NARROW:
            return False
        # A vector of length 0 has cosine distance 1 to everything: nothing is nearer than the rest.
        return self._distance == "euclidean" or bool(self._query.plus[0].embeddings.any(axis=1).all())

    def _candidates_of_index(self, n: int) -> NDArray[np.int64] | None:
        index, split = self._gallery.index, self._gallery.num_indexed
        assert index is not None
        allowed = None if self._mask is None else index.allowed(self._mask[:split], self._distance)
        found = []
        for window in self._query.plus[0].embeddings:
            some = index.nearest(window, n, self._distance, allowed)
            if some is None:
                self.exact = True
                return None
            found.append(some)
        if len(self._gallery.loaded):
            found.append(split + self._candidates_of_loaded(n))
        return np.unique(np.concatenate(found)) if len(found) > 1 else found[0]

    def _candidates_of_loaded(self, n: int) -> NDArray[np.int64]:
        allowed = None if self._mask is None else np.flatnonzero(self._mask[self._gallery.num_indexed :])
        loaded, lengths = self._gallery.loaded.embeddings, self._gallery.loaded_lengths_squared
        if allowed is not None:
            loaded, lengths = loaded[allowed], lengths[allowed]
        chosen = rough_scores(self._query, loaded, self._distance, lengths).candidates(n)
        return chosen if allowed is None else allowed[chosen]

    def _candidates_of_all(self, n: int) -> NDArray[np.int64]:
        if self._rough is None:
            self._rough = self._compare_all()
        numbers, rough = self._rough
        chosen = rough.candidates(n)
        return chosen if numbers is None else numbers[chosen]

    def _compare_all(self) -> tuple[NDArray[np.int64] | None, RoughScores]:
        """Rough scores of all that is allowed, with their numbers; None for the numbers from 0 on."""
        gallery, mask = self._gallery, self._mask
        numbers = None if mask is None else np.flatnonzero(mask)
        if numbers is not None and self._num_allowed <= NARROW:
            return numbers, rough_scores(self._query, gallery.take(numbers).embeddings, self._distance)
        scores, errors = [], []
        for start, embeddings, lengths_squared in gallery.blocks():
            if mask is not None:
                chosen = mask[start : start + len(embeddings)]
                embeddings, lengths_squared = embeddings[chosen], lengths_squared[chosen]
            rough = rough_scores(self._query, embeddings, self._distance, lengths_squared)
            scores.append(rough.scores)
            errors.append(rough.errors)
        return numbers, RoughScores(np.concatenate(scores), np.concatenate(errors))
