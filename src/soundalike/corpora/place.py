"""Where in a recording the clip of a corpus lies: the loudest part, a random one, or the most eventful one."""

from __future__ import annotations

from hashlib import blake2b
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from soundalike.audio import is_silent, loudest_window

Placing = Literal["loudest", "random", "event"]

_FRAME = 512
_HOP = 256
# Quieter parts of the spectrum than this under its loudest are noise that should not count as an event.
_FLOOR_DB = 60.0
_NUM_DRAWS = 20
# An onset rises most among the frames around it, over what the recording does all the time, and not far less than its
# strongest. Frames are 16 ms apart at 16 kHz.
_APART = 4
_OVER_MEDIAN = 3.0
_OF_STRONGEST = 0.1


def place_clip(
    waveform: NDArray[np.float32],
    *,
    sample_rate_hz: int,
    window_s: float,
    placing: Placing,
    seed: int = 0,
    name: str = "",
) -> tuple[float, float]:
    """Choose the part of a recording that becomes a clip.

    Args:
        waveform: float32 [time], mono, not empty.
        sample_rate_hz: its rate.
        window_s: length of the clip in seconds.
        placing: "loudest" for the part with the most energy; "random" for one drawn by `seed` and `name`, a silent one
            only where all are; "event" for the part in which most sounds begin.
        seed: of the random draw.
        name: of the recording; each draws for itself, whatever the others do.
    Returns:
        Start and end in seconds; of the whole recording if it is shorter than the clip.
    """
    length = round(window_s * sample_rate_hz)
    num_starts = len(waveform) - length + 1
    if num_starts <= 1:
        return 0.0, len(waveform) / sample_rate_hz
    if placing == "loudest":
        where, _ = loudest_window(waveform, sample_rate_hz=sample_rate_hz, window_s=window_s)
        return where.start_s, where.end_s
    if placing == "event":
        start = min(_most_eventful(waveform, length), num_starts - 1)
    else:
        start = _drawn(waveform, length, seed=seed, name=name)
    return start / sample_rate_hz, (start + length) / sample_rate_hz


def onset_strength(waveform: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much the spectrum rises from frame to frame, summed over frequencies, in decibels.

    Args:
        waveform: float32 [time].
    Returns:
        float32 [frame], a frame every 256 samples; the first one, which has none before it, is 0.
    """
    if len(waveform) < _FRAME:
        return np.zeros(1, np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(waveform, _FRAME)[::_HOP]
    window = np.hanning(_FRAME).astype(np.float32)
    levels = np.empty((len(frames), _FRAME // 2 + 1), np.float32)
    for first in range(0, len(frames), 4096):
        power = np.abs(np.fft.rfft(frames[first : first + 4096] * window, axis=1)) ** 2
        levels[first : first + 4096] = 10 * np.log10(np.maximum(power, 1e-12))
    np.maximum(levels, levels.max() - _FLOOR_DB, out=levels)
    rises = np.zeros(len(frames), np.float32)
    rises[1:] = np.maximum(np.diff(levels, axis=0), 0.0).sum(axis=1)
    return rises


def _most_eventful(waveform: NDArray[np.float32], length: int) -> int:
    """The first sample of the window with the most onsets; of equally many, those that rise most decide."""
    rises = onset_strength(waveform).astype(np.float64)
    around = np.lib.stride_tricks.sliding_window_view(np.pad(rises, _APART), 2 * _APART + 1)
    # The flutter of a steady noise is no event: only what stands out counts.
    least = max(_OVER_MEDIAN * float(np.median(rises)), _OF_STRONGEST * float(rises.max()), 1e-9)
    is_onset = (rises == around.max(axis=1)) & (rises >= least)
    num_frames = max(1, length // _HOP)
    if len(rises) <= num_frames:
        return 0
    counts = np.where(is_onset, 1.0 + 0.1 * rises / max(float(rises.max()), 1e-9), 0.0)
    running = np.concatenate([[0.0], np.cumsum(counts)])
    sums = running[num_frames:] - running[:-num_frames]
    best = np.flatnonzero(sums >= sums.max() - 1e-9 * max(1.0, float(running[-1])))
    # In the middle of the equally good ones: the event has some time before and after it.
    run = best[: int(np.argmax(np.diff(best, append=best[-1] + 2) > 1)) + 1]
    return int(run[len(run) // 2]) * _HOP


def _drawn(waveform: NDArray[np.float32], length: int, *, seed: int, name: str) -> int:
    digest = blake2b(name.encode("utf-8", "surrogatepass"), key=str(seed).encode(), digest_size=8).digest()
    draws = np.random.default_rng(int.from_bytes(digest)).integers(
        len(waveform) - length + 1, size=_NUM_DRAWS
    )
    for start in draws.tolist():
        if not is_silent(waveform[start : start + length]):
            return int(start)
    return int(draws[0])
