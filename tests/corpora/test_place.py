"""Where clips lie: the loudest, a random and the most eventful part."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundalike.corpora.place import onset_strength, place_clip

RATE_HZ = 8000


def place(waveform: np.ndarray, placing: str, **changes: object) -> tuple[float, float]:
    arguments = {"sample_rate_hz": RATE_HZ, "window_s": 2.0, "placing": placing, **changes}
    return place_clip(waveform.astype(np.float32), **arguments)  # type: ignore[arg-type]


def clicks(at_s: list[float], *, length_s: float, noise: float = 0.001) -> np.ndarray:
    waveform = np.random.default_rng(0).normal(scale=noise, size=round(length_s * RATE_HZ))
    for one in at_s:
        start = round(one * RATE_HZ)
        waveform[start : start + 200] += np.hanning(200) * np.sin(np.arange(200))
    return waveform


def test_onsets_equal_the_loop_over_frames() -> None:
    waveform = clicks([0.3, 0.9], length_s=1.5).astype(np.float32)
    window = np.hanning(512)
    levels = []
    for start in range(0, len(waveform) - 511, 256):
        power = np.abs(np.fft.rfft(waveform[start : start + 512] * window)) ** 2
        levels.append(10 * np.log10(np.maximum(power, 1e-12)))
    floor = max(level.max() for level in levels) - 60
    expected = [0.0]
    for before, after in pairwise(levels):
        rise = np.maximum(after, floor) - np.maximum(before, floor)
        expected.append(sum(one for one in rise if one > 0))
    np.testing.assert_allclose(onset_strength(waveform), expected, rtol=1e-3, atol=0.05)


def test_the_most_eventful_part_has_the_most_onsets() -> None:
    # A loud tone that goes on is no event; four clicks are more than one.
    waveform = clicks([1.0, 7.0, 7.4, 7.9, 8.3], length_s=12.0)
    waveform[16_000:40_000] += 0.9 * np.sin(np.arange(24_000) / 5)
    start_s, end_s = place(waveform, "event")
    assert end_s - start_s == pytest.approx(2.0)
    assert start_s < 7.0
    assert end_s > 8.3
    loudest_s, _ = place(waveform, "loudest")
    assert 2.0 <= loudest_s <= 3.1


@pytest.mark.parametrize("placing", ["loudest", "random", "event"])
def test_short_recordings_are_taken_whole(placing: str) -> None:
    waveform = clicks([0.2], length_s=1.3)
    assert place(waveform, placing) == (0.0, 1.3)
    assert place(waveform[:100], placing) == (0.0, 100 / RATE_HZ)


@given(
    length=st.integers(1, 6 * RATE_HZ),
    placing=st.sampled_from(["loudest", "random", "event"]),
    seed=st.integers(0, 2**40),
)
@settings(max_examples=40, deadline=None)
def test_every_clip_lies_in_its_recording(length: int, placing: str, seed: int) -> None:
    waveform = np.random.default_rng(length).normal(size=length)
    start_s, end_s = place(waveform, placing, seed=seed)
    assert 0 <= start_s < end_s <= length / RATE_HZ + 1e-9
    assert end_s - start_s == pytest.approx(min(2.0, length / RATE_HZ))


def test_random_parts_depend_on_seed_and_recording_and_are_not_silent() -> None:
    waveform = np.zeros(60 * RATE_HZ)
    waveform[20 * RATE_HZ : 40 * RATE_HZ] = 0.3
    places = {place(waveform, "random", seed=seed, name=name) for seed in range(3) for name in "ab"}
    assert len(places) == 6
    assert all(18 < start_s < 40 for start_s, _ in places)
    assert place(waveform, "random", seed=1, name="a") == place(waveform, "random", seed=1, name="a")
    # Where all is silent, any part will do.
    place(np.zeros(10 * RATE_HZ), "random")
    assert place(np.zeros(10 * RATE_HZ), "event")[0] >= 0
