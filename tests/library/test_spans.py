"""Merging windows into hits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundalike.errors import UsageError
from soundalike.library.spans import Per, Span, select


def window(recording: str, start_s: float, distance: float) -> Span:
    return Span(recording, start_s, start_s + 2, distance)


def brief(spans: list[Span]) -> list[tuple[str, float, float, float]]:
    return [(span.recording_id, span.start_s, span.end_s, span.distance) for span in spans]


def test_windows_that_overlap_or_touch_become_one_with_the_best_distance() -> None:
    ranked = [window("a", 4, 0.1), window("a", 2, 0.2), window("a", 5, 0.3), window("b", 0, 0.4)]
    assert brief(select(ranked, k=2, per="span")) == [("a", 2, 7, 0.1), ("b", 0, 2, 0.4)]


def test_a_window_between_two_spans_joins_them() -> None:
    ranked = [
        window("a", 0, 0.1),
        window("a", 3, 0.2),
        window("a", 1.5, 0.3),
        window("b", 0, 0.4),
        window("c", 0, 0.5),
    ]
    assert brief(select(ranked, k=3, per="span")) == [("a", 0, 5, 0.1), ("b", 0, 2, 0.4), ("c", 0, 2, 0.5)]


def test_joining_costs_no_hit_where_the_library_is_small() -> None:
    ranked = [window("a", 0, 0.1), window("a", 3, 0.2), window("a", 1.5, 0.3), window("b", 0, 0.4)]
    assert brief(select(ranked, k=3, per="span")) == [("a", 0, 2, 0.1), ("a", 3, 5, 0.2), ("b", 0, 2, 0.4)]


def test_what_comes_after_the_last_hit_widens_nothing() -> None:
    ranked = [window("a", 0, 0.1), window("a", 1, 0.2), window("a", 2, 0.3)]
    assert brief(select(ranked, k=1, per="span")) == [("a", 0, 2, 0.1)]
    assert brief(select(ranked, k=5, per="span")) == [("a", 0, 2, 0.1)]
    assert brief(select(ranked, k=5, per="recording")) == [("a", 0, 2, 0.1)]


def test_recordings_come_once_with_their_best_span() -> None:
    ranked = [
        window("a", 0, 0.1),
        window("a", 9, 0.2),
        window("a", 1, 0.3),
        window("b", 0, 0.4),
        window("b", 5, 0.5),
    ]
    assert brief(select(ranked, k=9, per="recording")) == [("a", 0, 3, 0.1), ("b", 0, 2, 0.4)]


def test_arguments_that_make_no_sense() -> None:
    with pytest.raises(UsageError, match="at least one"):
        select([], k=0, per="span")
    with pytest.raises(UsageError, match="'span', 'recording' or 'window'"):
        select([], k=1, per="file")  # type: ignore[arg-type]


LIBRARIES = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 12), st.floats(0, 1, width=16)),
    unique_by=lambda one: one[:2],
    max_size=25,
).map(lambda rows: sorted((window(*row) for row in rows), key=lambda span: span.distance))


@given(ranked=LIBRARIES, k=st.integers(1, 12))
def test_laws(ranked: list[Span], k: int) -> None:
    pers: tuple[Per, ...] = ("span", "recording", "window")
    for per in pers:
        hits = select(ranked, k=k, per=per)
        assert [hit.distance for hit in hits] == sorted(hit.distance for hit in hits)
        assert hits == [] if not ranked else hits[0].distance == ranked[0].distance
        assert len(hits) <= k
        inside = [
            [
                one
                for one in ranked
                if one.recording_id == hit.recording_id
                and hit.start_s <= one.start_s <= one.end_s <= hit.end_s
            ]
            for hit in hits
        ]
        assert all(
            min(one.distance for one in own) == hit.distance for hit, own in zip(hits, inside, strict=True)
        )
    assert select(ranked, k=k, per="window") == ranked[:k]
    recordings = {one.recording_id for one in ranked}
    assert len(select(ranked, k=k, per="recording")) == min(k, len(recordings))

    spans = select(ranked, k=k, per="span")
    assert len(spans) >= min(k, max(num_components(ranked[:n]) for n in range(len(ranked) + 1)))
    for one in spans:
        for other in spans:
            if one is not other and one.recording_id == other.recording_id:
                assert not one.touches(other)


def num_components(windows: list[Span]) -> int:
    """Spans that a set of windows makes, counted in the plainest way."""
    count = 0
    for recording in {one.recording_id for one in windows}:
        reach = -1.0
        for one in sorted(
            (one for one in windows if one.recording_id == recording), key=lambda one: one.start_s
        ):
            count += one.start_s > reach
            reach = max(reach, one.end_s)
    return count
