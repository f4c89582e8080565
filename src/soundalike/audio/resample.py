"""Change the sample rate of a mono waveform, whole or block by block."""

from __future__ import annotations

import numpy as np
import soxr
from numpy.typing import NDArray


class Resampler:
    """Resample consecutive blocks of one mono waveform with soxr, quality HQ.

    The blocks that come out, joined, have round(time * to_hz / from_hz) samples, and at least one if one went in.
    Equal rates pass every sample through unchanged.

    Args:
        from_hz: sample rate of the blocks that go in.
        to_hz: sample rate of the blocks that come out.
    """

    def __init__(self, *, from_hz: int, to_hz: int) -> None:
        self._from_hz = from_hz
        self._to_hz = to_hz
        self._stream = None if from_hz == to_hz else soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32")
        self._num_in = 0
        self._num_out = 0

    def push(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take the next float32 [time] and return what is ready, perhaps nothing."""
        if self._stream is None or len(block) == 0:
            return block
        self._num_in += len(block)
        out: NDArray[np.float32] = self._stream.resample_chunk(np.ascontiguousarray(block))
        self._num_out += len(out)
        return out

    def finish(self) -> NDArray[np.float32]:
        """Return the rest after the last block. The resampler cannot be used afterwards."""
        nothing = np.zeros(0, dtype=np.float32)
        if self._stream is None or self._num_in == 0:
            return nothing
        rest: NDArray[np.float32] = self._stream.resample_chunk(nothing, last=True)
        # soxr rounds the total its own way; it may be a sample off.
        wanted = max(1, round(self._num_in * self._to_hz / self._from_hz)) - self._num_out
        return np.pad(rest, (0, max(0, wanted - len(rest))))[: max(0, wanted)]


def resample(waveform: NDArray[np.float32], *, from_hz: int, to_hz: int) -> NDArray[np.float32]:
    """Resample a whole mono waveform.

    Args:
        waveform: float32 [time].
        from_hz: its sample rate.
        to_hz: the sample rate wanted.

    Returns:
        float32 [round(time * to_hz / from_hz)].
    """
    resampler = Resampler(from_hz=from_hz, to_hz=to_hz)
    return np.concatenate([resampler.push(waveform), resampler.finish()])
