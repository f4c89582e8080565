"""Load a whole recording into memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundalike.audio.decode import AudioInfo, open_audio
from soundalike.audio.source import OpenFile
from soundalike.locations import Location


@dataclass(frozen=True, kw_only=True)
class Audio:
    """A recording in memory: mono float32 [time] at `sample_rate_hz`; `info` describes the file it came from."""

    waveform: NDArray[np.float32]
    sample_rate_hz: int
    info: AudioInfo
    warnings: tuple[str, ...]


def load(
    source: Location | str | bytes | OpenFile,
    *,
    sample_rate_hz: int,
    start_s: float = 0.0,
    end_s: float | None = None,
) -> Audio:
    """Load a recording, or a part of it, as mono float32. Arguments and errors are those of `open_audio`."""
    with open_audio(source, sample_rate_hz=sample_rate_hz, start_s=start_s, end_s=end_s) as stream:
        waveform = np.concatenate(list(stream.blocks()))
        return Audio(
            waveform=waveform,
            sample_rate_hz=sample_rate_hz,
            info=stream.info,
            warnings=tuple(stream.warnings),
        )
