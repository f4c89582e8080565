"""The log-mel spectrogram, one frame and one band at a time: the twin of `soundalike.features.logmel`."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE_HZ = 16_000
WINDOW_SAMPLES = 512
HOP_SAMPLES = 320
NUM_MELS = 64


def mel(frequency_hz: float) -> float:
    return 2595.0 * math.log10(1.0 + frequency_hz / 700.0)


def hz(mels: float) -> float:
    return 700.0 * (10.0 ** (mels / 2595.0) - 1.0)


def band_weights(k: int) -> list[float]:
    """How much every FFT bin gives to band k: the mean of a triangle over the width of the bin."""
    step = (mel(8000.0) - mel(50.0)) / (NUM_MELS + 1)
    low, centre, high = (hz(mel(50.0) + (k + corner) * step) for corner in range(3))
    bin_hz = SAMPLE_RATE_HZ / WINDOW_SAMPLES
    weights = []
    for j in range(WINDOW_SAMPLES // 2 + 1):
        heights = []
        for point in range(32):
            f = (j - 0.5 + (point + 0.5) / 32) * bin_hz
            heights.append(max(0.0, min((f - low) / (centre - low), (high - f) / (high - centre))))
        weights.append(sum(heights) / 32)
    return weights


def mel_power(waveform: NDArray[np.floating]) -> NDArray[np.float64]:
    """Power [64, frame] of one waveform."""
    window = [0.5 - 0.5 * math.cos(2 * math.pi * n / WINDOW_SAMPLES) for n in range(WINDOW_SAMPLES)]
    rows = [np.array(band_weights(k)) for k in range(NUM_MELS)]
    frames = []
    start = 0
    while start + WINDOW_SAMPLES <= len(waveform):
        frame = waveform[start : start + WINDOW_SAMPLES].astype(np.float64) * window
        power = np.abs(np.fft.fft(frame)[: WINDOW_SAMPLES // 2 + 1]) ** 2
        frames.append([float(np.sum(row * power)) for row in rows])
        start += HOP_SAMPLES
    return np.array(frames).T


def log_mel(waveform: NDArray[np.floating]) -> NDArray[np.float64]:
    """Relative log power [64, 99] of one waveform [32000]."""
    power = mel_power(waveform)
    return np.log(power / (power.mean() + 1e-7) + 1e-5)
