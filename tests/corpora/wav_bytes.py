"""A sound as the bytes of a WAV file."""

from __future__ import annotations

import io

import numpy as np
import soundfile


def wav(waveform: np.ndarray, rate_hz: int = 16_000, *, subtype: str = "PCM_16") -> bytes:
    """A waveform, [time] or [time, channel]."""
    file = io.BytesIO()
    soundfile.write(file, waveform, rate_hz, format="WAV", subtype=subtype)
    return file.getvalue()


def tone(
    *, rate_hz: int = 44_100, channels: int = 1, subtype: str = "PCM_16", samples: int = 22_050
) -> bytes:
    """A steady tone in each channel."""
    return wav(
        np.tile(np.sin(np.arange(samples) / 7)[:, None] * 0.4, (1, channels)), rate_hz, subtype=subtype
    )
