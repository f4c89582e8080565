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
    num_bins = take.num_samples // 2 + 1
    frequency_hz = np.maximum(np.fft.rfftfreq(take.num_samples, 1.0 / take.sample_rate_hz), 1e-3)
    # Amplitudes in dB: 0 inside the band, falling outside.
    octaves_outside = np.maximum(np.log2(low_hz / frequency_hz), np.log2(frequency_hz / high_hz))
    gain_db = tilt_db * np.log2(frequency_hz / low_hz) - 24.0 * np.maximum(octaves_outside, 0.0)
    gain_db[0] = -np.inf
    gain = 10.0 ** ((gain_db - gain_db.max()) / 20.0) if take.num_samples > 1 else np.zeros(1)
    spectrum = take.rng.standard_normal((2, num_bins)).T.copy().view(np.complex128)[:, 0] * gain
    return unit_power(np.fft.irfft(spectrum, take.num_samples))


def tone(take: Take, frequency_hz: float | Signal, partials: Sequence[float] = (1.0,)) -> Signal:
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
    for number, amplitude in enumerate(partials, start=1):
        if amplitude and number * frequency.min() < highest_hz:
            sound += amplitude * (number * frequency < highest_hz) * np.sin(number * phase)
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
    return sound * attack(take, 0.0005)


def burst(take: Take, low_hz: float, high_hz: float, *, decay_s: float) -> Signal:
    """A noise that starts at once and decays: a click, a thump, a splash."""
    return noise(take, low_hz, high_hz) * np.exp(-take.time_s / decay_s) * attack(take, 0.0005)


def attack(take: Take, rise_s: float) -> Signal:
    """float64 [time]: 0 to 1 within `rise_s`, then 1."""
    return np.minimum(take.time_s / rise_s, 1.0)


def swell(take: Take) -> Signal:
    """float64 [time]: from 0 up to 1 and back to 0, as one note or one breath."""
    return np.sin(np.pi * (np.arange(take.num_samples) + 0.5) / take.num_samples)


def wander(take: Take, low: float, high: float, *, rate_hz: float) -> Signal:
    """float64 [time]: a smooth random curve between two values, with about `rate_hz` turns a second."""
    num_knots = max(2, round(take.duration_s * rate_hz) + 2)
    knots = take.rng.uniform(0.0, 1.0, num_knots)
    position = np.linspace(0.0, num_knots - 1.0, take.num_samples)
    left = np.minimum(position.astype(np.int64), num_knots - 2)
    blend = 0.5 - 0.5 * np.cos(np.pi * (position - left))
    return low + (high - low) * (knots[left] * (1.0 - blend) + knots[left + 1] * blend)


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
    size = take.num_samples + len(grain) - 1
    size += size % 2
    return np.fft.irfft(np.fft.rfft(impulses, size) * np.fft.rfft(grain, size), size)[: take.num_samples]


def room(take: Take, sound: Signal, *, decay_s: float, amount: float) -> Signal:
    """The sound and its echo in a room: a tail of decaying noise."""
    tail = burst(take.part(3.0 * decay_s), 200.0, 5000.0, decay_s=decay_s)
    size = len(sound) + len(tail)
    wet = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(tail, size), size)[: len(sound)]
    return sound + amount * wet / max(1e-9, float(np.sqrt(np.sum(tail**2))))


def unit_power(sound: Signal) -> Signal:
    """The sound at a root mean square of 1; silence stays silence."""
    rms = float(np.sqrt(np.mean(sound**2)))
    return sound / rms if rms > 0.0 else sound
