"""The few building blocks that every synthetic sound is made of: noise, tones, strikes, and when they happen.

A `Take` is one performance: its length, its rate and its own random numbers. Everything is float64 until the
finished clip is rounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Signal = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Take:
    """One performance of a sound: where its random numbers come from and how long it lasts."""

    rng: np.random.Generator
    sample_rate_hz: int
    num_samples: int

    @cached_property
    def time_s(self) -> Signal:
        """float64 [time]: the time of every sample."""
        return np.arange(self.num_samples) / self.sample_rate_hz

    @property
    def duration_s(self) -> float:
        """Length of the whole take in seconds."""
        return self.num_samples / self.sample_rate_hz

    def part(self, duration_s: float) -> Take:
        """A shorter take on the same random numbers, at least one sample long: a single knock, a single note."""
        num_samples = max(1, round(duration_s * self.sample_rate_hz))
        return Take(rng=self.rng, sample_rate_hz=self.sample_rate_hz, num_samples=num_samples)

    def between(self, low: float, high: float) -> float:
        """A number drawn evenly on a logarithmic scale, as pitches, tempos and decays are perceived."""
        return float(np.exp(self.rng.uniform(np.log(low), np.log(high))))


def noise(take: Take, low_hz: float, high_hz: float, *, tilt_db: float = 0.0) -> Signal:
    """Gaussian noise of unit power between two frequencies, with soft edges.

    Args:
        take: length, rate and random numbers.
        low_hz: where the band begins; it falls by 24 dB an octave below.
        high_hz: where it ends, falling likewise.
        tilt_db: change of power an octave inside the band; -3 is pink, -6 is brown.
    """
    size = _fast_size(take.num_samples)
    bin_hz = take.sample_rate_hz / size
    octave = np.log2(bin_hz * np.arange(1, size // 2 + 1))
    low_octave, high_octave = np.log2(low_hz), np.log2(high_hz)
    gain_db = tilt_db * (octave - low_octave)
    gain_db -= 24.0 * np.maximum(np.maximum(low_octave - octave, octave - high_octave), 0.0)
    spectrum = np.zeros(size // 2 + 1, dtype=np.complex128)
    spectrum[1:] = take.rng.standard_normal(2 * (size // 2)).view(np.complex128)
    spectrum[1:] *= np.exp((gain_db - gain_db.max()) * (np.log(10.0) / 20.0))
    return unit_power(np.fft.irfft(spectrum, size)[: take.num_samples])


def tone(take: Take, frequency_hz: float | Signal, partials: Sequence[float] | Signal = (1.0,)) -> Signal:
    """A harmonic tone; `partials[k]` is the amplitude of the (k + 1)th harmonic.

    Args:
        take: length, rate and random numbers.
        frequency_hz: one pitch, or float64 [time] for a pitch that moves.
        partials: amplitudes; harmonics above the Nyquist frequency are silent.
    """
    frequency = np.broadcast_to(np.asarray(frequency_hz, dtype=np.float64), take.num_samples)
    phase = 2.0 * np.pi * (np.cumsum(frequency) / take.sample_rate_hz + take.rng.uniform())
    highest_hz = 0.48 * take.sample_rate_hz
    sound = np.zeros(take.num_samples)
    # The harmonics are the imaginary parts of the powers of one rotating pointer: a product each, no sine.
    first = np.exp(1j * phase)
    harmonic = np.ones_like(first)
    for number, amplitude in enumerate(partials, start=1):
        harmonic *= first
        if number * frequency.max() < highest_hz:
            sound += amplitude * harmonic.imag
        elif number * frequency.min() < highest_hz:
            sound += amplitude * np.where(number * frequency < highest_hz, harmonic.imag, 0.0)
        else:
            break
    return sound


def strike(
    take: Take, frequencies_hz: Sequence[float], decays_s: Sequence[float], amplitudes: Sequence[float]
) -> Signal:
    """Something solid is hit: decaying sines, one for each mode.

    Args:
        take: length, rate and random numbers.
        frequencies_hz: the modes; those above the Nyquist frequency are silent.
        decays_s: for each mode the time in which it falls to 1/e.
        amplitudes: for each mode its loudness at the start.
    """
    sound = np.zeros(take.num_samples)
    for frequency_hz, decay_s, amplitude in zip(frequencies_hz, decays_s, amplitudes, strict=True):
        if frequency_hz < 0.48 * take.sample_rate_hz:
            ringing = np.sin(2.0 * np.pi * frequency_hz * take.time_s)
            sound += amplitude * ringing * np.exp(-take.time_s / decay_s)
    sound *= attack(take, 0.0005)
    return sound


def burst(take: Take, low_hz: float, high_hz: float, *, decay_s: float) -> Signal:
    """A noise that starts at once and decays: a click, a thump, a splash."""
    return noise(take, low_hz, high_hz) * np.exp(-take.time_s / decay_s) * attack(take, 0.0005)


def attack(take: Take, rise_s: float) -> Signal:
    """float64 [time]: 0 to 1 within `rise_s`, then 1."""
    return np.minimum(take.time_s / rise_s, 1.0)


def swell(take: Take) -> Signal:
    """float64 [time]: from 0 up to 1 and back to 0, as one note or one breath."""
    swelling: Signal = np.sin(np.pi * (np.arange(take.num_samples) + 0.5) / take.num_samples)
    return swelling


def wander(take: Take, low: float, high: float, *, rate_hz: float) -> Signal:
    """float64 [time]: a smooth random curve between two values, with about `rate_hz` turns a second."""
    num_knots = max(2, round(take.duration_s * rate_hz) + 2)
    knots = take.rng.uniform(0.0, 1.0, num_knots)
    position = np.linspace(0.0, num_knots - 1.0, take.num_samples)
    left = np.minimum(position.astype(np.int64), num_knots - 2)
    blend = 0.5 - 0.5 * np.cos(np.pi * (position - left))
    curve: Signal = knots[left] * (1.0 - blend) + knots[left + 1] * blend
    return low + (high - low) * curve


def beats(take: Take, *, period_s: float, jitter: float = 0.0) -> list[float]:
    """Times in seconds of something regular, the first within a period; `jitter` is a share of the period."""
    first_s = take.rng.uniform(0.0, min(period_s, 0.3 * take.duration_s))
    times_s = np.arange(first_s, take.duration_s, period_s)
    times_s += jitter * period_s * take.rng.uniform(-0.5, 0.5, len(times_s))
    return [float(time_s) for time_s in np.maximum(times_s, 0.0)]


def chances(take: Take, *, rate_hz: float) -> list[float]:
    """Times in seconds of something irregular, `rate_hz` a second on average and at least one."""
    num_events = max(1, int(take.rng.poisson(rate_hz * take.duration_s)))
    return [float(time_s) for time_s in np.sort(take.rng.uniform(0.0, 0.95 * take.duration_s, num_events))]


def place(take: Take, track: Signal, sound: Signal, at_s: float) -> None:
    """Add `sound` to `track` from `at_s` on; what reaches beyond the end is cut off."""
    start = round(at_s * take.sample_rate_hz)
    sound = sound[: max(0, len(track) - start)]
    track[start : start + len(sound)] += sound


def shower(take: Take, grain: Signal, times_s: Sequence[float], amplitudes: Signal) -> Signal:
    """The same small sound at many times: the convolution of `grain` with a train of impulses."""
    impulses = np.zeros(take.num_samples)
    indices = (np.asarray(times_s) * take.sample_rate_hz).astype(np.int64)
    np.add.at(impulses, np.minimum(indices, take.num_samples - 1), amplitudes)
    return _convolve(impulses, grain)


def room(take: Take, sound: Signal, *, decay_s: float, amount: float) -> Signal:
    """The sound and its echo in a room: a tail of decaying noise."""
    tail = burst(take.part(3.0 * decay_s), 200.0, 5000.0, decay_s=decay_s)
    return sound + amount * _convolve(sound, tail) / max(1e-9, float(np.sqrt(np.sum(tail**2))))


def _convolve(sound: Signal, response: Signal) -> Signal:
    """The convolution of both, as long as `sound`."""
    size = _fast_size(len(sound) + len(response) - 1)
    spectrum = np.fft.rfft(sound, size) * np.fft.rfft(response, size)
    return np.fft.irfft(spectrum, size)[: len(sound)]


def _fast_size(num_samples: int) -> int:
    """The next size whose Fourier transform is fast: 8 to 16 times a power of two."""
    step = 1 << max(1, num_samples.bit_length() - 4)
    return -(-num_samples // step) * step


def unit_power(sound: Signal) -> Signal:
    """The sound at a root mean square of 1; silence stays silence."""
    rms = float(np.sqrt(np.mean(sound**2)))
    return sound / rms if rms > 0.0 else sound
