"""From ranked windows to hits: spans of sound, recordings, or the windows themselves."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

from soundalike.errors import UsageError

Per = Literal["span", "recording", "window"]

# Windows whose ends differ by less than this touch: times are rounded to samples.
TOUCH_S = 1e-3


@dataclass
class Span:
    """A stretch of one recording; `distance` is that of its nearest window."""

    recording_id: str
    start_s: float
    end_s: float
    distance: float

    def touches(self, other: Span) -> bool:
        """Whether the two overlap, or one ends where the other begins."""
        return self.start_s <= other.end_s + TOUCH_S and other.start_s <= self.end_s + TOUCH_S

    def absorb(self, other: Span) -> None:
        """Grow over a span that this one touches."""
        self.start_s = min(self.start_s, other.start_s)
        self.end_s = max(self.end_s, other.end_s)
        self.distance = min(self.distance, other.distance)


def select(ranked: Iterable[Span], *, k: int, per: Per) -> list[Span]:
    """The k best hits.

    Windows are taken nearest first, until they make k hits. For spans, windows that overlap or touch become one. Where
    the library is so small that the k-th span never comes, a window that would join two spans is left out instead, so
    that merging never costs a hit.

    Args:
        ranked: windows of the library, nearest first; it is iterated more than once.
        k: hits wanted, > 0.
        per: what counts as a hit: "span"; "recording", with its best span only; "window".
    Returns:
        At most k spans, nearest first.
    Raises:
        UsageError: `k` or `per` cannot be used.
    """
    if k < 1:
        raise UsageError(f"k is {k}; ask for at least one hit.")
    if per == "window":
        return list(islice(ranked, k))
    if per == "recording":
        return _best_of_each(_grow(ranked, k=k, num_hits=_Spans.num_recordings, join=True))
    if per != "span":
        raise UsageError(f"per is {per!r}; it can be 'span', 'recording' or 'window'.")
    spans = _grow(ranked, k=k, num_hits=_Spans.num_spans, join=True)
    if len(spans) < k:
        spans = _grow(ranked, k=k, num_hits=_Spans.num_spans, join=False)
    return sorted(spans, key=lambda span: span.distance)


class _Spans:
    """Spans that grow window by window; no two of one recording touch."""

    def __init__(self, *, join: bool) -> None:
        self._join = join
        self._of: dict[str, list[Span]] = {}
        self._num_spans = 0

    def add(self, window: Span) -> None:
        # Spans of one recording lie apart, in order; those that the window touches stand side by side.
        own = self._of.setdefault(window.recording_id, [])
        first = bisect_left(own, window.start_s - TOUCH_S, key=lambda span: span.end_s)
        last = first
        while last < len(own) and own[last].touches(window):
            last += 1
        if first == last:
            own.insert(first, replace(window))
            self._num_spans += 1
            return
        if last - first > 1 and not self._join:
            return
        own[first].absorb(window)
        for other in own[first + 1 : last]:
            own[first].absorb(other)
        del own[first + 1 : last]
        self._num_spans -= last - first - 1

    def num_spans(self) -> int:
        return self._num_spans

    def num_recordings(self) -> int:
        return len(self._of)

    def all(self) -> list[Span]:
        return [span for own in self._of.values() for span in own]


def _grow(ranked: Iterable[Span], *, k: int, num_hits: Callable[[_Spans], int], join: bool) -> list[Span]:
    """Spans of the shortest beginning of `ranked` that makes k hits, or as many as there ever are.

    What comes after the last new hit would only widen the hits, in the end to whole recordings.
    """
    spans = _Spans(join=join)
    most = length = 0
    for number, window in enumerate(ranked, start=1):
        spans.add(window)
        if num_hits(spans) > most:
            most, length = num_hits(spans), number
            if most == k:
                return spans.all()
    spans = _Spans(join=join)
    for window in islice(ranked, length):
        spans.add(window)
    return spans.all()


def _best_of_each(spans: list[Span]) -> list[Span]:
    best: dict[str, Span] = {}
    for span in sorted(spans, key=lambda one: one.distance):
        best.setdefault(span.recording_id, span)
    return list(best.values())
