"""From windows to hits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reference import spans as plain
from soundalike.errors import UsageError
from soundalike.library.spans import Per, Span, select
from soundalike.library.timeline import Timeline

FAR = 1.0


def window(recording: int, start_s: float, distance: float) -> Span:
    return Span(recording, start_s, start_s + 2, distance)


def hits(windows: list[Span], *, k: int = 10, per: Per = "span", typical: float = FAR) -> list[Span]:
    """What `select` makes of a library that holds these windows."""
    ranked = sorted(windows, key=lambda one: one.distance)

    def timeline_of(recording: int) -> Timeline:
        own = sorted((one for one in windows if one.recording == recording), key=lambda one: one.start_s)
        distances = np.array([one.distance for one in own], np.float32)
        starts_s, ends_s = np.array([one.start_s for one in own]), np.array([one.end_s for one in own])
        return Timeline(starts_s, ends_s, lambda some: distances[some])

    return select(ranked, k=k, per=per, timeline_of=timeline_of, typical_distance=lambda: typical)


def brief(spans: list[Span]) -> list[tuple[int, float, float, float]]:
    return [(span.recording, span.start_s, span.end_s, span.distance) for span in spans]


def test_a_span_reaches_half_way_to_the_typical_distance() -> None:
    windows = [window(0, start_s, 0.5) for start_s in (4, 5, 6)]
    windows += [window(0, 7, 0.75), window(0, 3, 0.8125), window(0, 8, 0.875), window(1, 0, 0.9375)]
    assert brief(hits(windows)) == [(0, 4, 9, 0.5), (1, 0, 2, 0.9375)]
    assert brief(hits(windows, typical=0.5))[0] == (0, 4, 8, 0.5)


def test_windows_that_touch_become_one_and_windows_apart_do_not() -> None:
    windows = [window(0, 0, 0.25), window(0, 2, 0.5), window(0, 4.5, 0.5), window(1, 2, 0.5)]
    assert brief(hits(windows)) == [(0, 0, 4, 0.25), (0, 4.5, 6.5, 0.5), (1, 2, 4, 0.5)]


def test_a_far_window_is_bridged_where_near_ones_touch() -> None:
    windows = [window(0, 0, 0.25), window(0, 1, 0.9375), window(0, 2, 0.5)]
    assert brief(hits(windows)) == [(0, 0, 4, 0.25)]


def test_hits_may_touch_and_never_overlap() -> None:
    windows = [window(0, 0, 0.125), window(0, 1, 0.875), window(0, 2, 0.75), window(0, 3, 0.6875)]
    assert brief(hits(windows)) == [(0, 0, 2, 0.125), (0, 2, 5, 0.6875)]


def test_recordings_come_once_with_their_best_span() -> None:
    windows = [
        window(0, 0, 0.125),
        window(0, 9, 0.25),
        window(0, 1, 0.375),
        window(1, 0, 0.5),
        window(1, 5, 0.625),
    ]
    assert brief(hits(windows, per="recording")) == [(0, 0, 3, 0.125), (1, 0, 2, 0.5)]


def test_arguments_that_make_no_sense() -> None:
    with pytest.raises(UsageError, match="at least one"):
        hits([], k=0)
    with pytest.raises(UsageError, match="'span', 'recording' or 'window'"):
        hits([], per="file")  # type: ignore[arg-type]


# Distances that float32 holds, so that the two roads meet the same ones.
LIBRARIES = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 30).map(lambda n: n / 2), st.floats(0, 2, width=16)),
    unique_by=lambda one: one[:2],
    max_size=60,
).map(lambda rows: [window(*row) for row in rows])


@given(windows=LIBRARIES, k=st.integers(1, 40), typical=st.floats(0, 2, width=16))
@example(windows=[window(0, float(start_s), 0.5) for start_s in range(40)], k=3, typical=1.0)
def test_laws(windows: list[Span], k: int, typical: float) -> None:
    ranked = sorted(windows, key=lambda one: one.distance)
    assert hits(windows, k=k, per="window") == ranked[:k]

    found = hits(windows, k=k, typical=typical)
    everything = list(plain.spans(brief(ranked), typical))
    assert brief(found) == everything[:k]
    assert found == hits(windows, k=2 * k, typical=typical)[:k]
    assert [hit.distance for hit in found] == sorted(hit.distance for hit in found)
    assert not any(
        plain.overlap(one, other) for one in brief(found) for other in brief(found) if one != other
    )

    best = hits(windows, k=k, per="recording", typical=typical)
    first: dict[int, tuple[int, float, float, float]] = {}
    for hit in everything:
        first.setdefault(hit[0], hit)
    assert brief(best) == list(first.values())[:k]
