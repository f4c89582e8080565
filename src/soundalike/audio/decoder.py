"""What every decoder gives: blocks of samples, and what the file promised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class DecoderError(Exception):
    """One decoder cannot go on; another may. The message is a reason without file name or full stop.

    Args:
        reason: the message.
        advice: what the user can do, a sentence.
    """

    def __init__(
        self,
        reason: str,
        *,
        advice: str = "Check that it plays elsewhere, then export it again as WAV or FLAC.",
    ) -> None:
        super().__init__(reason)
        self.advice = advice


def truncated(promised_s: float, held_s: float) -> str:
    """Return the warning about a file that ends before its header says."""
    promised, held = seconds(promised_s, held_s)
    return f"truncated: the header promises {promised}, the file holds {held}"


def seconds(one_s: float, other_s: float) -> tuple[str, str]:
    """Return two lengths as text, with as many digits as it takes to tell them apart."""
    digits = 1 if abs(one_s - other_s) >= 0.1 and min(one_s, other_s) >= 0.1 else 3
    return f"{one_s:.{digits}f} s", f"{other_s:.{digits}f} s"


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

    def tags(self) -> Mapping[str, str]:
        """Return the texts that describe the recording, such as "title", by their lower-case names."""
        ...

    def broken_promise_s(self, num_frames: int) -> float | None:
        """Return the length that the header promised, if the file ended after fewer frames; else None."""
        ...

    def close(self) -> None:
        """Free the decoder."""
        ...
