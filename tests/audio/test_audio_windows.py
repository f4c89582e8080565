"""Windows against their slow twins, and the laws they keep."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference.windows import slow_loudest_start, slow_windows
from soundalike.audio import Window, cut_windows, is_silent, loudest_window, stream_windows
from soundalike.audio import windows as windows_module
from soundalike.errors import AudioEmptyError, UsageError

RATE_HZ = 10


def noise(num_samples: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(num_samples).astype(np.float32)


@given(time=st.integers(1, 200), n=st.integers(1, 40), hop=st.integers(1, 60))
def test_cut_windows_equals_its_slow_twin(time: int, n: int, hop: int) -> None:
    waveform = noise(time)
    windows = cut_windows(waveform, sample_rate_hz=RATE_HZ, window_s=n / RATE_HZ, hop_s=hop / RATE_HZ)
    slow = slow_windows(waveform, n, hop)
    assert windows.dtype == np.float32
    np.testing.assert_array_equal(windows, np.stack([samples for _, _, samples in slow]))


@given(
    sizes=st.lists(st.integers(0, 70), min_size=1, max_size=20).filter(any),
    n=st.integers(1, 40),
    hop=st.integers(1, 60),
)
def test_stream_windows_equals_the_slow_twin_for_every_partition(sizes: list[int], n: int, hop: int) -> None:
    waveform = noise(sum(sizes))
    blocks = np.split(waveform, np.cumsum(sizes)[:-1])
    streamed = list(stream_windows(blocks, sample_rate_hz=RATE_HZ, window_s=n / RATE_HZ, hop_s=hop / RATE_HZ))
    slow = slow_windows(waveform, n, hop)
    assert [where for where, _ in streamed] == [
        Window(start_s=start / RATE_HZ, end_s=end / RATE_HZ) for start, end, _ in slow
    ]
    np.testing.assert_array_equal(np.stack([x for _, x in streamed]), np.stack([x for _, _, x in slow]))


def test_stream_windows_holds_no_more_than_it_needs() -> None:
    held = 0

    def blocks():
        nonlocal held
        for _ in range(1000):
            held += 1
            yield np.ones(100, dtype=np.float32)

    for index, (_, samples) in enumerate(
        stream_windows(blocks(), sample_rate_hz=100, window_s=2.0, hop_s=1.0)
    ):
        assert held == min(1000, index + 2)  # as soon as a window is complete it comes out
        assert samples.base is None  # a window is its own memory and keeps no block alive


def test_streaming_nothing_gives_no_window() -> None:
    assert list(stream_windows([], sample_rate_hz=10, window_s=1, hop_s=1)) == []
    assert list(stream_windows([np.zeros(0, np.float32)], sample_rate_hz=10, window_s=1, hop_s=1)) == []


def test_an_empty_waveform_is_refused() -> None:
    nothing = np.zeros(0, dtype=np.float32)
    with pytest.raises(AudioEmptyError, match="no windows"):
        cut_windows(nothing, sample_rate_hz=10, window_s=1.0, hop_s=1.0)
    with pytest.raises(AudioEmptyError, match="no loudest window"):
        loudest_window(nothing, sample_rate_hz=10, window_s=1.0)


@pytest.mark.parametrize("length_s", [0.0, -1.0, 0.01, float("nan"), float("inf")])
def test_lengths_of_less_than_a_sample_are_refused(length_s: float) -> None:
    waveform = noise(10)
    with pytest.raises(UsageError, match="window_s"):
        cut_windows(waveform, sample_rate_hz=10, window_s=length_s, hop_s=1.0)
    with pytest.raises(UsageError, match="hop_s"):
        cut_windows(waveform, sample_rate_hz=10, window_s=1.0, hop_s=length_s)
    with pytest.raises(UsageError, match="hop_s"):
        stream_windows(
            [waveform], sample_rate_hz=10, window_s=1.0, hop_s=length_s
        )  # refused before the first block


@given(time=st.integers(1, 300), n=st.integers(1, 80), seed=st.integers(0, 1000), chunk=st.integers(1, 50))
def test_loudest_window_has_the_energy_of_its_slow_twin(time: int, n: int, seed: int, chunk: int) -> None:
    waveform = noise(time, seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(windows_module, "_POSITIONS_PER_CHUNK", chunk)
        where, samples = loudest_window(waveform, sample_rate_hz=RATE_HZ, window_s=n / RATE_HZ)
    start = slow_loudest_start(waveform, n)
    assert where == Window(start_s=start / RATE_HZ, end_s=min(start + n, time) / RATE_HZ)
    np.testing.assert_array_equal(samples, slow_windows(waveform[start:], n, n)[0][2])


@pytest.mark.parametrize("value", [0.0, 0.1, 1.0, 1e-20])
def test_the_first_of_equally_loud_windows_wins(value: float) -> None:
    waveform = np.full(5000, value, dtype=np.float32)
    where, _ = loudest_window(waveform, sample_rate_hz=1000, window_s=0.5)
    assert where == Window(start_s=0.0, end_s=0.5)


def test_a_quiet_event_is_found_beside_a_long_silence() -> None:
    waveform = np.zeros(3_000_000, dtype=np.float32)
    waveform[2_900_000:2_900_100] = 1e-6
    where, _ = loudest_window(waveform, sample_rate_hz=1000, window_s=0.1)
    assert where == Window(start_s=2900.0, end_s=2900.1)


def test_silence_is_a_peak_under_the_threshold() -> None:
    at_threshold = np.array([0.0, -(10.0 ** (-90 / 20))])
    assert not is_silent((at_threshold * 1.001).astype(np.float32))
    assert is_silent((at_threshold * 0.999).astype(np.float32))
    assert is_silent(np.zeros(0, dtype=np.float32))
    assert is_silent(np.full(4, 0.4, dtype=np.float32), threshold_db=-6.0)
    assert not is_silent(np.full(4, 0.6, dtype=np.float32), threshold_db=-6.0)
