"""Windows cut one by one, as one would explain them on a blackboard."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def slow_windows(
    waveform: NDArray[np.float32], n: int, hop: int
) -> list[tuple[int, int, NDArray[np.float32]]]:
    """Return (start, end of the sound, samples) of every window, in samples."""
    count = 1 + math.ceil(max(0, len(waveform) - n) / hop)
    windows = []
    for index in range(count):
        start = index * hop
        samples = [float(waveform[t]) if t < len(waveform) else 0.0 for t in range(start, start + n)]
        windows.append(
            (start, max(start, min(start + n, len(waveform))), np.array(samples, dtype=np.float32))
        )
    return windows


def slow_loudest_start(waveform: NDArray[np.float32], n: int) -> int:
    """Return the first start of the loudest window, in samples, every energy summed exactly."""
    energies = [
        math.fsum(float(x) ** 2 for x in waveform[start : start + n])
        for start in range(max(1, len(waveform) - n + 1))
    ]
    return energies.index(max(energies))
