"""A recording as it is stored: all channels, at its own sample rate."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from soundalike.audio.choose import start_decoder
from soundalike.audio.decoder import DecoderError
from soundalike.audio.source import OpenFile, Source
from soundalike.errors import AudioDecodeError
from soundalike.locations import Location


def pcm_blocks(source: Location | bytes | OpenFile, *, start_s: float = 0.0) -> Iterator[NDArray[np.float32]]:
    """Yield float32 [frame, channel], full scale 1; a block is valid until the next one is asked for.

    Args:
        source: the recording; it is streamed.
        start_s: where to begin.
    Raises:
        AudioError: it cannot be read from there on.
    """
    opened = Source(source)
    try:
        started = start_decoder(opened, start_s=start_s, warnings=[])
        try:
            yield started.first
            yield from started.rest
        finally:
            started.decoder.close()
    except DecoderError as exc:
        raise AudioDecodeError(f"cannot decode '{opened.name}': {exc}. {exc.advice}") from exc
    finally:
        opened.close()
