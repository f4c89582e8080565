"""From any number of channels to one, without a sample that would poison what follows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Full scale is 1. A larger sample is damage, not sound: the energy of a few of them overflows float32.
LARGEST_SAMPLE = 1e15


def to_mono(block: NDArray[np.float32]) -> tuple[NDArray[np.float32], int]:
    """Return the mean of the channels, with NaN, infinite and absurdly large samples replaced by 0.

    Args:
        block: float32 [frame, channel]; not changed.

    Returns:
        float32 [frame] of its own memory, and how many samples were replaced.
    """
    usable = np.abs(block) <= LARGEST_SAMPLE  # False for NaN too
    num_replaced = int(usable.size - np.count_nonzero(usable))
    if num_replaced:
        block = np.where(usable, block, np.float32(0.0))
    mono = block[:, 0].copy()
    # Channel by channel: numpy's mean over so short an axis takes as long as decoding FLAC does.
    for channel in range(1, block.shape[1]):
        mono += block[:, channel]
    if block.shape[1] > 1:
        mono /= np.float32(block.shape[1])
    return mono, num_replaced
