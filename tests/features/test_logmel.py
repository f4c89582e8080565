"""The log-mel front end, as torch modules and as a shipped graph, against its slow twin."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from reference import logmel as reference
from soundalike.features import MEL_FRAMES_A_SECOND, log_mel_spectrogram, mel_power_frames
from soundalike.features.logmel import (
    HOP_SAMPLES,
    NUM_FRAMES,
    NUM_MELS,
    NUM_SAMPLES,
    RELATIVE_FLOOR,
    SAMPLE_RATE_HZ,
    LogMel,
    MelPower,
    mel_edges_hz,
    mel_weights,
)

TIME_S = np.arange(NUM_SAMPLES) / SAMPLE_RATE_HZ


def tone(frequency_hz: float, amplitude: float = 0.5) -> NDArray[np.float32]:
    return (amplitude * np.sin(2 * np.pi * frequency_hz * TIME_S)).astype(np.float32)


def noise(seed: int, amplitude: float = 0.1) -> NDArray[np.float32]:
    return (amplitude * np.random.default_rng(seed).normal(size=NUM_SAMPLES)).astype(np.float32)


SOUNDS = {
    "noise": noise(0),
    "faint noise": noise(1, 1e-4),
    "loud tone": tone(1000.0, 1.0),
    "silence": np.zeros(NUM_SAMPLES, np.float32),
    "a click in silence": np.eye(1, NUM_SAMPLES, 9000, dtype=np.float32)[0],
    "a tone that fades into noise": (tone(440.0) * np.exp(-5 * TIME_S) + noise(2, 0.001)).astype(np.float32),
}


@pytest.mark.parametrize("sound", SOUNDS)
def test_both_carriers_match_the_slow_twin(sound: str) -> None:
    waveform = SOUNDS[sound]
    expected = reference.log_mel(waveform)
    module = LogMel()(torch.from_numpy(waveform)[None])[0].numpy()
    np.testing.assert_allclose(module, expected, rtol=0, atol=1e-4)
    np.testing.assert_allclose(log_mel_spectrogram(waveform[None])[0], expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("num_samples", [0, 1, 319, 320, 321, 31_680, 31_681, 32_000, 70_001])
def test_the_graph_of_power_takes_any_length(num_samples: int) -> None:
    waveform = np.resize(noise(4), num_samples).astype(np.float32)
    graph = mel_power_frames(waveform)
    num_frames = max(1, -(-num_samples // HOP_SAMPLES))
    assert graph.shape == (NUM_MELS, num_frames)
    assert MEL_FRAMES_A_SECOND * HOP_SAMPLES == SAMPLE_RATE_HZ
    padded = np.pad(waveform, (0, num_frames * HOP_SAMPLES + 512 - num_samples))
    module = MelPower()(torch.from_numpy(padded)[None])[0].numpy()[:, :num_frames]
    np.testing.assert_allclose(graph, module, rtol=1e-3, atol=1e-6)


def test_power_matches_the_slow_twin_for_any_length() -> None:
    waveform = noise(3)[:5000]
    module = MelPower()(torch.from_numpy(waveform)[None])[0].numpy()
    assert module.shape == (NUM_MELS, 15)
    np.testing.assert_allclose(module, reference.mel_power(waveform), rtol=1e-4)


@pytest.mark.parametrize("batch", [0, 1, 65])
def test_shape_and_batch_independence(batch: int) -> None:
    waveforms = (
        np.stack([noise(seed) for seed in range(batch)]) if batch else np.zeros((0, NUM_SAMPLES), "f4")
    )
    spectrograms = log_mel_spectrogram(waveforms)
    assert spectrograms.shape == (batch, NUM_MELS, NUM_FRAMES)
    assert spectrograms.dtype == np.float32
    for index in range(0, batch, 32):
        alone = log_mel_spectrogram(waveforms[index : index + 1])[0]
        np.testing.assert_allclose(spectrograms[index], alone, rtol=0, atol=1e-5)


def test_frames_of_a_part_are_frames_of_the_whole() -> None:
    # Training draws its windows from the frames of a whole recording.
    waveform = torch.from_numpy(np.concatenate([noise(4), noise(5)]))[None]
    whole = MelPower()(waveform)
    start = 37
    part = MelPower()(waveform[:, start * HOP_SAMPLES : start * HOP_SAMPLES + NUM_SAMPLES])
    torch.testing.assert_close(part, whole[..., start : start + NUM_FRAMES], rtol=1e-4, atol=1e-6)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), gain_db=st.floats(-50, 20))
def test_level_does_not_matter(seed: int, gain_db: float) -> None:
    waveform = noise(seed)[None]
    quieter = (10 ** (gain_db / 20) * waveform).astype(np.float32)
    np.testing.assert_allclose(log_mel_spectrogram(quieter), log_mel_spectrogram(waveform), atol=0.01)


def test_silence_is_the_floor_everywhere() -> None:
    silence = log_mel_spectrogram(np.zeros((1, NUM_SAMPLES), np.float32))
    np.testing.assert_allclose(silence, np.log(RELATIVE_FLOOR), rtol=1e-6)


@pytest.mark.parametrize("k", range(2, NUM_MELS, 7))
def test_pure_tone_is_loudest_in_its_band(k: int) -> None:
    levels = log_mel_spectrogram(tone(mel_edges_hz()[k + 1])[None])[0].mean(axis=1)
    assert abs(int(levels.argmax()) - k) <= (
        1 if k < 12 else 0
    )  # the lowest bands are narrower than an FFT bin


def test_every_bin_between_the_ends_is_heard_and_no_band_is_empty() -> None:
    weights = mel_weights()
    assert weights.shape == (NUM_MELS, 257)
    assert (weights.sum(axis=1) > 0.5).all()
    # Neighbouring triangles add up to 1 between the first and the last centre.
    np.testing.assert_allclose(weights.sum(axis=0)[4:240], 1.0, atol=1e-3)
