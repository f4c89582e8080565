"""From ranked windows to hits: spans of sound, recordings, or the windows themselves."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Literal, NamedTuple

import numpy as np

from soundalike.errors import UsageError
from soundalike.library.timeline import Timeline

Per = Literal["span", "recording", "window"]

# Windows whose ends differ by less than this touch and do not overlap: times are rounded to samples.
TOUCH_S = 1e-3
# Neighbours of a peak that are looked at together.
WINDOWS_AT_ONCE = 16
# A span reaches as far as windows lie in the nearer half of the way from its nearest one to a typical window.
SHARE_OF_WAY = 0.5


class Span(NamedTuple):
    """A stretch of one recording, which has a number here; `distance` is that of its nearest window."""

    recording: int
    start_s: float
    end_s: float
    distance: float


def select(
    ranked: Iterable[Span],
    *,
    k: int,
    per: Per,
    timeline_of: Callable[[int], Timeline],
    typical_distance: Callable[[], float],
) -> list[Span]:
    """The k best hits.

    Windows are taken nearest first. One that overlaps no better hit is the peak of a new one, which reaches over the
    windows beside it as long as they overlap or touch and are near enough to the query. How near depends on the peak
    and on the library, not on k: the first hits among many are the hits among few.

    Args:
        ranked: windows of the library, nearest first.
        k: hits wanted, > 0.
        per: what counts as a hit: "span"; "recording", with its best span only; "window".
        timeline_of: all windows that may be found of a recording, by its number.
        typical_distance: of windows of the library, whatever they sound like; asked only for spans.
    Returns:
        At most k spans, nearest first; no two overlap.
    Raises:
        UsageError: `k` or `per` cannot be used.
    """
    if k < 1:
        raise UsageError(f"k is {k}; ask for at least one hit.")
    if per == "window":
        return list(islice(ranked, k))
    if per not in ("span", "recording"):
        raise UsageError(f"per is {per!r}; it can be 'span', 'recording' or 'window'.")
    typical = typical_distance()
    hits: list[Span] = []
    recordings: dict[int, _Recording] = {}
    for window in ranked:
        own = recordings.get(window.recording)
        if own is None:
            own = recordings[window.recording] = _Recording(timeline_of(window.recording))
        elif per == "recording" or own.overlaps(window):
            continue
        hits.append(own.grow(window, window.distance + SHARE_OF_WAY * max(0.0, typical - window.distance)))
        if len(hits) == k:
            break
    # An index may find a near window late.
    return sorted(hits, key=lambda hit: hit.distance)


class _Recording:
    """The spans of one recording; no two overlap."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._spans: list[Span] = []

    def overlaps(self, window: Span) -> bool:
        """Whether a window overlaps a span."""
        after = self._place(window)
        return after < len(self._spans) and self._spans[after].start_s < window.end_s - TOUCH_S

    def grow(self, peak: Span, limit: float) -> Span:
        """Add the span around a window that overlaps none, over windows whose distance is at most `limit`."""
        timeline, place = self._timeline, self._place(peak)
        # Between its neighbours, every window is free.
        first, last = 0, len(timeline)
        if place > 0:
            first = int(np.searchsorted(timeline.start_s, self._spans[place - 1].end_s - TOUCH_S))
        if place < len(self._spans):
            last = int(np.searchsorted(timeline.end_s, self._spans[place].start_s + TOUCH_S, side="right"))
        at = int(np.searchsorted(timeline.start_s, peak.start_s))
        start_s, end_s, distance = peak.start_s, peak.end_s, peak.distance
        for window in _walk(timeline, range(at + 1, last)):
            if window.start_s > end_s + TOUCH_S:
                break
            if window.distance <= limit:
                end_s, distance = window.end_s, min(distance, window.distance)
        for window in _walk(timeline, range(at - 1, first - 1, -1)):
            if window.end_s < start_s - TOUCH_S:
                break
            if window.distance <= limit:
                start_s, distance = window.start_s, min(distance, window.distance)
        span = Span(peak.recording, start_s, end_s, distance)
        insort(self._spans, span, key=lambda one: one.start_s)
        return span

    def _place(self, window: Span) -> int:
        """The number of the first span that does not end before a window begins."""
        return bisect_left(self._spans, True, key=lambda span: span.end_s > window.start_s + TOUCH_S)


class _Window(NamedTuple):
    start_s: float
    end_s: float
    distance: float


def _walk(timeline: Timeline, places: range) -> Iterator[_Window]:
    """The windows at some places, one after another; those are looked at by the dozen."""
    for first in range(0, len(places), WINDOWS_AT_ONCE):
        some = places[first : first + WINDOWS_AT_ONCE]
        block = slice(min(some), max(some) + 1)
        columns = (
            timeline.start_s[block].tolist(),
            timeline.end_s[block].tolist(),
            timeline.distances(block.start, block.stop),
        )
        yield from map(_Window, *(column[:: some.step] for column in columns))
