"""Tell whether two recordings hold one waveform, which copies do and takes of the same tone do not.

Two sirens of one pattern, or two strokes of one bell, change from band to band and from frame to frame alike; sample by
sample they have little in common. What a codec leaves of a waveform has, at any rate that people use.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from soundalike.audio.load import load
from soundalike.locations import Location

RATE_HZ = 16_000
# How far the place where they agree may be from where fingerprints say.
_SLACK_S = 0.08
# Codecs keep this range at the lowest rates; inside it, higher tones count more: half a sample less and they differ.
_LOWEST_HZ, _HIGHEST_HZ = 200.0, 3_500.0
_NUM_PARTS = 4
# A quarter with less of the energy tells nothing.
_LEAST_SHARE = 0.025


def agreement_of_waveforms(
    first: Location, second: Location, *, start_s: float, length_s: float, offset_s: float
) -> float:
    """How much a stretch of one recording agrees with the same stretch of another, sample by sample.

    Args:
        first: a recording.
        second: another.
        start_s: where the stretch begins in the first.
        length_s: how long it is.
        offset_s: where the first begins in the second, to a few hundredths of a second.
    Returns:
        The correlation at the small shift where it is highest, whatever the loudness and the sign, in that quarter of
        the stretch where it is lowest: 1 for one waveform, 0 for nothing in common or too little to tell.
    Raises:
        AudioError: one of them cannot be read.
    """
    slack_s = min(_SLACK_S, length_s / 4)
    begin_s = start_s + slack_s
    short = load(first, sample_rate_hz=RATE_HZ, start_s=begin_s, end_s=start_s + length_s - slack_s).waveform
    begin_s = max(0.0, start_s + offset_s)
    long = load(second, sample_rate_hz=RATE_HZ, start_s=begin_s, end_s=begin_s + length_s).waveform
    one, other = _within_band(short), _within_band(long)
    shift = best_shift(one, other)
    return 0.0 if shift is None else weakest_correlation(one, other[shift : shift + len(one)])


def best_shift(short: NDArray[np.float64], long: NDArray[np.float64]) -> int | None:
    """Where a signal lies in a longer one by the highest absolute correlation; None if it is longer, or silent."""
    num_shifts = len(long) - len(short) + 1
    energy = float(np.sum(short**2))
    if len(short) == 0 or num_shifts < 1 or energy == 0:
        return None
    size = 1 << int(np.ceil(np.log2(len(short) + len(long))))
    products = np.fft.irfft(np.fft.rfft(long, size) * np.conj(np.fft.rfft(short, size)), size)[:num_shifts]
    running = np.concatenate([[0.0], np.cumsum(long**2)])
    energies = running[len(short) :] - running[: -len(short)]
    # Where next to nothing sounds, rounding would decide.
    scales = np.sqrt(energy * np.maximum(energies, 1e-9 * running[-1] + 1e-30))
    return int(np.argmax(np.abs(products) / scales))


def weakest_correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """The lowest absolute correlation over those quarters of two equally long signals that carry their share."""
    quarters = [np.array_split(signal, _NUM_PARTS) for signal in (one, other)]
    energies = np.array([[float(np.sum(part**2)) for part in parts] for parts in quarters])
    if not energies.any(axis=1).all():
        return 0.0
    products = np.array([abs(float(first @ second)) for first, second in zip(*quarters, strict=True)])
    shares = energies / energies.sum(axis=1, keepdims=True)
    telling = shares.max(axis=0) >= _LEAST_SHARE
    scales = np.sqrt(np.prod(energies, axis=0))
    return float(np.min(products[telling] / np.maximum(scales[telling], 1e-30)))


def _within_band(waveform: NDArray[np.float32]) -> NDArray[np.float64]:
    """The part of a sound that every copy has, higher tones louder."""
    spectrum = np.fft.rfft(waveform.astype(np.float64))
    frequencies_hz = np.arange(len(spectrum)) * RATE_HZ / max(1, len(waveform))
    spectrum *= np.where((frequencies_hz >= _LOWEST_HZ) & (frequencies_hz <= _HIGHEST_HZ), frequencies_hz, 0)
    return np.asarray(np.fft.irfft(spectrum, len(waveform)))
