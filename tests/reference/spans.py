"""Spans of a small library in the plainest way: every window and every span is looked at for every question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

TOUCH_S = 1e-3

# recording, start_s, end_s, distance
Window = tuple[int, float, float, float]


def spans(windows: Sequence[Window], typical: float) -> Iterator[Window]:
    """All hits of a library, nearest first; `windows` in the order in which they are ranked."""
    found: list[Window] = []
    for peak in windows:
        if any(overlap(peak, hit) for hit in found):
            continue
        limit = peak[3] + max(0.0, typical - peak[3]) / 2
        group = [peak]
        while True:
            more = [
                one
                for one in windows
                if one not in group
                and one[3] <= limit
                and any(touch(one, other) for other in group)
                and not any(overlap(one, hit) for hit in found)
            ]
            if not more:
                break
            group += more
        found.append((peak[0], min(one[1] for one in group), max(one[2] for one in group), peak[3]))
        yield found[-1]


def touch(one: Window, other: Window) -> bool:
    """Whether two stretches of one recording overlap or meet."""
    return one[0] == other[0] and one[1] <= other[2] + TOUCH_S and other[1] <= one[2] + TOUCH_S


def overlap(one: Window, other: Window) -> bool:
    """Whether two stretches of one recording have more in common than where they meet."""
    return one[0] == other[0] and one[1] < other[2] - TOUCH_S and other[1] < one[2] - TOUCH_S
