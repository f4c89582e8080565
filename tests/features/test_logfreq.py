"""The front end, as a torch module and as shipped graphs, against its slow twin."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from reference import logfreq as reference
from soundalike.features import LOGFREQ_CENTRES_HZ, LOGFREQ_NUM_SAMPLES, LOGFREQ_SAMPLE_RATE_HZ, graphs
from soundalike.features.logfreq import (
    NUM_SAMPLES,
    SAMPLE_RATE_HZ,
    LogFreqSpectrogram,
    TimeAxis,
    centres_hz,
    frequency_weights,
    time_weights,
)

TIME_AXES = get_args(TimeAxis)
TIME_S = np.arange(NUM_SAMPLES) / SAMPLE_RATE_HZ


def tone(frequency_hz: float, amplitude: float = 0.5) -> NDArray[np.float32]:
    return (amplitude * np.sin(2 * np.pi * frequency_hz * TIME_S)).astype(np.float32)


def noise(seed: int, amplitude: float = 0.1) -> NDArray[np.float32]:
    return (amplitude * np.random.default_rng(seed).normal(size=NUM_SAMPLES)).astype(np.float32)


def mixture() -> NDArray[np.float32]:
    """Decaying strokes of a harmonic sound over noise that swells, with a silent start."""
    strokes = sum(
        np.exp(-12 * (TIME_S % 0.45)) * np.sin(2 * np.pi * 330 * harmonic * TIME_S) / harmonic
        for harmonic in range(1, 12)
    )
    sound = 0.2 * strokes + TIME_S * noise(3, 0.01)
    sound[:3000] = 0.0
    return sound.astype(np.float32)


SOUNDS = {
    "noise": noise(0),
    "loud tone": tone(1000.0, 1.0),
    "silence": np.zeros(NUM_SAMPLES, np.float32),
    "mixture": mixture(),
}


@pytest.mark.parametrize("time_axis", TIME_AXES)
@pytest.mark.parametrize("sound", SOUNDS)
def test_both_carriers_match_the_slow_twin(sound: str, time_axis: TimeAxis) -> None:
    waveform = SOUNDS[sound]
    expected = reference.logfreq_spectrogram(waveform, time_axis=time_axis)
    module = LogFreqSpectrogram(time_axis=time_axis)(torch.from_numpy(waveform)[None])[0].numpy()
    graph = graphs.logfreq_spectrogram(waveform[None], time_axis=time_axis)[0]
    np.testing.assert_allclose(module, expected, rtol=0, atol=1e-4)
    np.testing.assert_allclose(graph, expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("sound", SOUNDS)
def test_window_that_gives_171_frames_matches_the_slow_twin(sound: str) -> None:
    waveform = SOUNDS[sound]
    sizes = {"window_samples": 372, "hop_samples": 186}
    module = LogFreqSpectrogram(time_axis="linear", **sizes)(torch.from_numpy(waveform)[None])[0].numpy()
    expected = reference.logfreq_spectrogram(waveform, time_axis="linear", **sizes)
    np.testing.assert_allclose(module, expected, rtol=0, atol=1e-4)
    frames = reference.frame_log_power(waveform.astype(np.float64), **sizes)
    np.testing.assert_allclose(module.T, frames, rtol=0, atol=1e-4)


@pytest.mark.parametrize("batch", [0, 1, 3, 65])
def test_shape_and_batch_independence(batch: int) -> None:
    waveforms = (
        np.stack([noise(seed) for seed in range(batch)]) if batch else np.zeros((0, NUM_SAMPLES), np.float32)
    )
    spectrograms = graphs.logfreq_spectrogram(waveforms)
    assert spectrograms.shape == (batch, 79, 171)
    assert spectrograms.dtype == np.float32
    for index in range(0, batch, 16):
        alone = graphs.logfreq_spectrogram(waveforms[index : index + 1])[0]
        np.testing.assert_allclose(spectrograms[index], alone, rtol=0, atol=1e-6)


def test_both_carriers_agree_on_their_constants() -> None:
    np.testing.assert_array_equal(LOGFREQ_CENTRES_HZ, centres_hz())
    assert (LOGFREQ_SAMPLE_RATE_HZ, LOGFREQ_NUM_SAMPLES) == (SAMPLE_RATE_HZ, NUM_SAMPLES)
    assert LOGFREQ_CENTRES_HZ[0] == 80
    assert LOGFREQ_CENTRES_HZ[12] == pytest.approx(160)
    assert LOGFREQ_CENTRES_HZ[-1] == pytest.approx(7241, abs=1)


def test_weights_are_scaled_as_in_the_source() -> None:
    weights = frequency_weights(1024, SAMPLE_RATE_HZ)
    assert weights.shape == (79, 513)
    np.testing.assert_allclose((weights**2).sum(axis=1), 0.5)


@pytest.mark.parametrize("octave", range(7))
def test_pure_tone_of_an_octave_is_loudest_in_its_bin(octave: int) -> None:
    # The lowest bins lie closer together than FFT bins: there a neighbour may be as loud.
    tolerance = {0: 2, 1: 1}.get(octave, 0)
    levels = graphs.logfreq_spectrogram(tone(80.0 * 2**octave)[None], time_axis="linear")[0].mean(axis=1)
    assert abs(int(levels.argmax()) - 12 * octave) <= tolerance


@pytest.mark.parametrize("k", range(26, 79, 5))
def test_pure_tone_between_octaves_is_loudest_in_its_bin(k: int) -> None:
    levels = graphs.logfreq_spectrogram(tone(LOGFREQ_CENTRES_HZ[k])[None], time_axis="linear")[0].mean(axis=1)
    assert int(levels.argmax()) == k


def test_tone_half_way_between_two_bins_is_loudest_in_one_of_them() -> None:
    for k in range(30, 78, 6):
        frequency_hz = np.sqrt(LOGFREQ_CENTRES_HZ[k] * LOGFREQ_CENTRES_HZ[k + 1])
        levels = graphs.logfreq_spectrogram(tone(frequency_hz)[None], time_axis="linear")[0].mean(axis=1)
        assert int(levels.argmax()) in (k, k + 1)


def test_log_time_axis_gives_more_room_to_the_start() -> None:
    weights = time_weights(61, "log")
    np.testing.assert_allclose(weights.sum(axis=0), 1.0)
    positions = (weights * np.arange(61)[:, None]).sum(axis=0)
    np.testing.assert_allclose(positions, np.geomspace(1, 61, 171) - 1, atol=1e-9)
    assert positions[0] == 0
    assert positions[-1] == pytest.approx(60)
    assert (positions < 30).mean() > 0.8


def test_silence_is_the_floor_everywhere() -> None:
    silence = graphs.logfreq_spectrogram(np.zeros((1, NUM_SAMPLES), np.float32))
    np.testing.assert_allclose(silence, np.log(1e-10), rtol=1e-6)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), level_db=st.floats(-40, 0), time_axis=st.sampled_from(TIME_AXES))
def test_twice_the_amplitude_adds_log_4(seed: int, level_db: float, time_axis: TimeAxis) -> None:
    waveform = noise(seed, 10 ** (level_db / 20))[None]
    quiet = graphs.logfreq_spectrogram(waveform, time_axis=time_axis)
    loud = graphs.logfreq_spectrogram(2 * waveform, time_axis=time_axis)
    above_floor = quiet > np.log(1e-10) + 1
    assert above_floor.mean() > 0.99
    np.testing.assert_allclose((loud - quiet)[above_floor], np.log(4), atol=1e-5)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_sign_of_the_waveform_does_not_matter(seed: int) -> None:
    waveform = noise(seed)[None]
    np.testing.assert_array_equal(graphs.logfreq_spectrogram(waveform), graphs.logfreq_spectrogram(-waveform))
