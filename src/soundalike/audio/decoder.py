"""What every decoder gives: blocks of samples, and what the file promised."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class DecoderError(Exception):
    """One decoder cannot go on; another may. The message is a reason without file name or full stop."""


class Decoder(Protocol):
    """One opened recording.

    Attributes:
        sample_rate_hz: certain once the first block is there.
        channels: certain once the first block is there.
        format: the container, in the decoder's words.
        duration_s: what the header says, or None.
        warnings: what went wrong so far without ending the work.
    """

    sample_rate_hz: int
    channels: int
    format: str
    duration_s: float | None
    warnings: list[str]

    def blocks(self, start_s: float) -> Iterator[NDArray[np.float32]]:
        """Yield float32 [frame, channel], full scale 1, from frame round(start_s * sample_rate_hz) on.

        A block is valid until the next one is asked for.

        Raises:
            DecoderError: the data is damaged from here on.
        """
        ...

    def broken_promise_s(self, num_frames: int) -> float | None:
        """Return the length that the header promised, if the file ended after fewer frames; else None."""
        ...

    def close(self) -> None:
        """Free the decoder."""
        ...
