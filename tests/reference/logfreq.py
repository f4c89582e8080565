"""The log-frequency spectrogram, one frame and one bin at a time: the twin of `soundalike.features.logfreq`."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

NUM_BINS = 79
NUM_TIME_BINS = 171
SAMPLE_RATE_HZ = 16_000


def centre_hz(k: int) -> float:
    return 80.0 * 2.0 ** (k / 12)


def bin_weights(k: int, window_samples: int) -> list[float]:
    """How much every FFT bin gives to log-spaced bin k."""
    fft_bin_hz = SAMPLE_RATE_HZ / window_samples
    centre = centre_hz(k)
    width = max(centre * (2 ** (1 / 12) - 1), fft_bin_hz)
    weights = []
    for j in range(window_samples // 2 + 1):
        weights.append(math.exp(-0.5 * ((j * fft_bin_hz - centre) / (0.5475 * width)) ** 2))
    norm = math.sqrt(2 * sum(weight**2 for weight in weights))
    return [weight / norm for weight in weights]


def frame_log_power(
    waveform: NDArray[np.float64], window_samples: int, hop_samples: int
) -> list[list[float]]:
    """Log power [frame][bin]."""
    window = [
        0.5 - 0.5 * math.cos(2 * math.pi * n / window_samples) for n in range(window_samples)
    ]  # a period of the cosine, not closed: the window of a spectral analysis
    rows = [np.array(bin_weights(k, window_samples)) for k in range(NUM_BINS)]
    frames = []
    start = 0
    while start + window_samples <= len(waveform):
        spectrum = np.fft.fft(waveform[start : start + window_samples] * window)[: window_samples // 2 + 1]
        power = np.abs(spectrum) ** 2
        frames.append([math.log(max(float(np.sum(row * power)), 1e-10)) for row in rows])
        start += hop_samples
    return frames


def time_positions(num_frames: int, time_axis: str) -> list[float]:
    """Where in the row of frames each time bin looks; 0 is the first frame."""
    positions = []
    for t in range(NUM_TIME_BINS):
        share = t / (NUM_TIME_BINS - 1)
        if time_axis == "log":
            positions.append(num_frames**share - 1.0)
        else:
            positions.append(share * (num_frames - 1))
    return positions


def logfreq_spectrogram(
    waveform: NDArray[np.floating],
    *,
    time_axis: str,
    window_samples: int = 1024,
    hop_samples: int = 512,
) -> NDArray[np.float64]:
    """Log power [79, 171] of one waveform [32000]."""
    frames = frame_log_power(waveform.astype(np.float64), window_samples, hop_samples)
    spectrogram = np.zeros((NUM_BINS, NUM_TIME_BINS))
    for t, position in enumerate(time_positions(len(frames), time_axis)):
        before = min(math.floor(position), len(frames) - 1)
        after = min(before + 1, len(frames) - 1)
        share = position - before
        for k in range(NUM_BINS):
            spectrogram[k, t] = (1 - share) * frames[before][k] + share * frames[after][k]
    return spectrogram
