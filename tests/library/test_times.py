"""Times as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundalike.library.times import seconds_of


@pytest.mark.parametrize(
    ("text", "expected_s"),
    [
        ("62", 62.0),
        ("1:02", 62.0),
        ("1:02.5", 62.5),
        ("0:01:02", 62.0),
        ("90:00", 5400.0),
        ("1:00:00", 3600.0),
    ],
)
def test_ways_to_write_a_time(text: str, expected_s: float) -> None:
    assert seconds_of(text) == expected_s


@pytest.mark.parametrize("text", ["", "a", "1:60", "1:99:00", "1:2:3:4", "1:", ":10", "-1:00:00:00"])
def test_no_times(text: str) -> None:
    with pytest.raises(ValueError):
        seconds_of(text)


@given(st.integers(0, 100_000))
def test_clock_and_seconds_agree(total_s: int) -> None:
    minutes, seconds = divmod(total_s, 60)
    assert seconds_of(f"{minutes}:{seconds:02}") == seconds_of(str(total_s)) == total_s
    assert seconds_of(f"{minutes // 60}:{minutes % 60:02}:{seconds:02}") == total_s
