"""Resampling: laws of length and sound, and block by block the same as at once."""

from __future__ import annotations

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from reference.audio_files import main_frequency_hz, tone
from soundalike.audio import Resampler, resample

RATES_HZ = st.sampled_from([8000, 11025, 16000, 22050, 32000, 44100, 48000, 96000, 192000])


@settings(deadline=None, max_examples=60)
@given(
    sizes=st.lists(st.integers(0, 5000), min_size=1, max_size=12).filter(any),
    from_hz=RATES_HZ,
    to_hz=RATES_HZ,
)
def test_block_by_block_equals_at_once(sizes: list[int], from_hz: int, to_hz: int) -> None:
    waveform = np.random.default_rng(1).uniform(-1, 1, sum(sizes)).astype(np.float32)
    resampler = Resampler(from_hz=from_hz, to_hz=to_hz)
    pieces = [resampler.push(block) for block in np.split(waveform, np.cumsum(sizes)[:-1])]
    streamed = np.concatenate([*pieces, resampler.finish()])
    assert streamed.dtype == np.float32
    assert len(streamed) == max(1, round(len(waveform) * to_hz / from_hz))
    np.testing.assert_allclose(streamed, resample(waveform, from_hz=from_hz, to_hz=to_hz), rtol=0, atol=1e-6)


@settings(deadline=None, max_examples=40)
@given(from_hz=RATES_HZ, to_hz=RATES_HZ, share=st.floats(0.05, 0.4))
def test_a_tone_under_both_cutoffs_keeps_frequency_and_level(from_hz: int, to_hz: int, share: float) -> None:
    frequency_hz = round(share * min(from_hz, to_hz))
    out = resample(tone(frequency_hz=frequency_hz, sample_rate_hz=from_hz), from_hz=from_hz, to_hz=to_hz)
    assert main_frequency_hz(out, to_hz) == pytest.approx(frequency_hz, abs=2)
    middle = out[len(out) // 4 : -len(out) // 4]
    assert float(np.sqrt(np.mean(middle**2))) == pytest.approx(0.5 / np.sqrt(2), rel=0.01)


@pytest.mark.parametrize(
    ("from_hz", "to_hz"), [(44100, 16000), (8000, 48000), (192000, 16000), (16000, 44100)]
)
def test_a_constant_stays_constant(from_hz: int, to_hz: int) -> None:
    out = resample(np.full(from_hz, 0.25, dtype=np.float32), from_hz=from_hz, to_hz=to_hz)
    # The ends ring: before and after the recording there is silence.
    np.testing.assert_allclose(out[to_hz // 10 : -to_hz // 10], 0.25, atol=1e-4, rtol=0)


def test_equals_soxr_at_once() -> None:
    waveform = np.random.default_rng(2).uniform(-1, 1, 44100).astype(np.float32)
    expected = soxr.resample(waveform, 44100, 16000, quality="HQ")
    np.testing.assert_allclose(resample(waveform, from_hz=44100, to_hz=16000), expected, rtol=0, atol=1e-6)


def test_equal_rates_change_nothing() -> None:
    waveform = np.random.default_rng(3).uniform(-1, 1, 999).astype(np.float32)
    np.testing.assert_array_equal(resample(waveform, from_hz=44100, to_hz=44100), waveform)


def test_one_sample_stays_one_sample_at_least() -> None:
    assert len(resample(np.ones(1, dtype=np.float32), from_hz=192000, to_hz=8000)) == 1
    assert len(resample(np.zeros(0, dtype=np.float32), from_hz=192000, to_hz=8000)) == 0
