"""Windows of a waveform: cut evenly, streamed from blocks, or the loudest one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundalike.errors import AudioEmptyError, UsageError

# Energies are summed in chunks of this many window positions, so that a long waveform needs no second copy of itself.
_POSITIONS_PER_CHUNK = 1 << 20

# Windows whose energies differ by less than this share of the energy around them count as equally loud:
# running sums carry rounding errors, and a constant tone must give its first window.
_TIE = 1e-12


@dataclass(frozen=True, kw_only=True)
class Window:
    """Where a window lies in its recording; `end_s` is the end of the sound, not of the padding."""

    start_s: float
    end_s: float


def num_samples(length_s: float, sample_rate_hz: int, *, name: str) -> int:
    """Return a length as a number of samples, at least one.

    Args:
        length_s: seconds, > 0.
        sample_rate_hz: samples per second.
        name: what the length is called in the error message.

    Raises:
        UsageError: the length is shorter than half a sample, or no number of samples at all.
    """
    samples = round(length_s * sample_rate_hz) if math.isfinite(length_s * sample_rate_hz) else 0
    if samples < 1:
        raise UsageError(
            f"{name} is {length_s} s; give a length of at least one sample (1/{sample_rate_hz} s)."
        )
    return samples


def cut_windows(
    waveform: NDArray[np.float32], *, sample_rate_hz: int, window_s: float, hop_s: float
) -> NDArray[np.float32]:
    """Cut a waveform into equal windows, the last one zero-padded.

    Args:
        waveform: float32 [time], mono.
        sample_rate_hz: samples per second of `waveform`.
        window_s: window length in seconds, > 0.
        hop_s: step between window starts in seconds, > 0.

    Returns:
        float32 [window, n] with n = round(window_s * sample_rate_hz); 1 + ceil(max(0, time - n) / hop) windows,
        hop = round(hop_s * sample_rate_hz).

    Raises:
        AudioEmptyError: the waveform is empty.
        UsageError: the window or the hop is shorter than a sample.
    """
    n = num_samples(window_s, sample_rate_hz, name="window_s")
    hop = num_samples(hop_s, sample_rate_hz, name="hop_s")
    if len(waveform) == 0:
        raise AudioEmptyError("an empty waveform has no windows; leave the recording out.")
    count = 1 + -(-max(0, len(waveform) - n) // hop)
    windows = np.zeros((count, n), dtype=np.float32)
    for row, start in zip(windows, range(0, count * hop, hop), strict=True):
        sound = waveform[start : start + n]
        row[: len(sound)] = sound
    return windows


def stream_windows(
    blocks: Iterable[NDArray[np.float32]], *, sample_rate_hz: int, window_s: float, hop_s: float
) -> Iterator[tuple[Window, NDArray[np.float32]]]:
    """Cut blocks of a waveform into the windows that `cut_windows` cuts from the whole, in bounded memory.

    Args:
        blocks: consecutive pieces of a mono waveform, float32 [time] each, of any length.
        sample_rate_hz: samples per second of the blocks.
        window_s: window length in seconds, > 0.
        hop_s: step between window starts in seconds, > 0.

    Returns:
        Iterator of (where, float32 [n]), in order of time. No blocks, or only empty ones, give no window.

    Raises:
        UsageError: the window or the hop is shorter than a sample.
    """
    n = num_samples(window_s, sample_rate_hz, name="window_s")
    hop = num_samples(hop_s, sample_rate_hz, name="hop_s")
    return _stream(blocks, sample_rate_hz, n, hop)


def _stream(
    blocks: Iterable[NDArray[np.float32]], sample_rate_hz: int, n: int, hop: int
) -> Iterator[tuple[Window, NDArray[np.float32]]]:
    def window(start: int, end: int) -> Window:
        return Window(start_s=start / sample_rate_hz, end_s=end / sample_rate_hz)

    start = 0  # of the next window
    time = 0  # samples seen so far
    held = np.zeros(0, dtype=np.float32)  # samples from `held_start` on, all that later windows need
    held_start = 0
    arrived: list[
        NDArray[np.float32]
    ] = []  # joined to `held` only when a window is complete: blocks may be tiny
    for block in blocks:
        arrived.append(block)
        time += len(block)
        if time < start + n:
            continue
        held = np.concatenate([held, *arrived])
        arrived.clear()
        while start + n <= time:
            yield window(start, start + n), held[start - held_start : start - held_start + n].copy()
            start += hop
        drop = min(start, time) - held_start
        held = held[drop:].copy()
        held_start += drop
    # The window before this one ends at start - hop + n; there is one more only if sound goes on after it.
    if time > 0 and (start == 0 or time > start - hop + n):
        sound = np.concatenate([held, *arrived])[start - held_start :]
        padded = np.zeros(n, dtype=np.float32)
        padded[: len(sound)] = sound
        yield window(start, max(start, time)), padded


def loudest_window(
    waveform: NDArray[np.float32], *, sample_rate_hz: int, window_s: float
) -> tuple[Window, NDArray[np.float32]]:
    """Return the window with the most energy; the first one where several are equally loud.

    Args:
        waveform: float32 [time], mono.
        sample_rate_hz: samples per second of `waveform`.
        window_s: window length in seconds, > 0.

    Returns:
        Where the window lies, and float32 [n] with n = round(window_s * sample_rate_hz), zero-padded at the end
        where the waveform is shorter.

    Raises:
        AudioEmptyError: the waveform is empty.
        UsageError: the window is shorter than a sample.
    """
    n = num_samples(window_s, sample_rate_hz, name="window_s")
    if len(waveform) == 0:
        raise AudioEmptyError("an empty waveform has no loudest window; leave the recording out.")
    start = _loudest_start(waveform, n)
    sound = waveform[start : start + n]
    padded = np.zeros(n, dtype=np.float32)
    padded[: len(sound)] = sound
    where = Window(start_s=start / sample_rate_hz, end_s=(start + len(sound)) / sample_rate_hz)
    return where, padded


def _loudest_start(waveform: NDArray[np.float32], n: int) -> int:
    num_positions = len(waveform) - n + 1
    best_start, best_energy = 0, 0.0
    for first in range(0, num_positions, _POSITIONS_PER_CHUNK):
        positions = min(_POSITIONS_PER_CHUNK, num_positions - first)
        squares = np.square(waveform[first : first + positions + n - 1], dtype=np.float64)
        running = np.concatenate([[0.0], np.cumsum(squares)])
        energies = running[n:] - running[:-n]
        tie = _TIE * float(running[-1])
        loudest = float(energies.max())
        if loudest > best_energy + tie:
            best_energy = loudest
            best_start = first + int(np.argmax(energies >= loudest - tie))
    return best_start


def is_silent(waveform: NDArray[np.float32], *, threshold_db: float = -90.0) -> bool:
    """Tell whether the peak lies under a threshold.

    Args:
        waveform: float32, any shape; full scale is 1. An empty one is silent.
        threshold_db: dB relative to full scale.
    """
    if waveform.size == 0:
        return True
    peak = max(float(waveform.max()), -float(waveform.min()))
    return bool(peak < 10.0 ** (threshold_db / 20.0))
