"""A tiny encoder and tiny sounds for the tests of the library."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from soundalike.config import ClipMode, Distance
from soundalike.encoders import Calibration, Card

RATE_HZ = 4000
WINDOW_S = 0.5


class BandEncoder:
    """Energies of frequency bands, in decibels over -100 dB."""

    def __init__(
        self,
        *,
        fingerprint: str = "bands-1",
        calibration: Calibration | None = None,
        pause_s: float = 0.0,
        num_bands: int = 8,
    ) -> None:
        self.card = Card(
            name="bands",
            sample_rate_hz=RATE_HZ,
            window_s=WINDOW_S,
            dim=num_bands,
            distance="euclidean",
            clip="loudest",
            fingerprint=fingerprint,
            calibration=calibration,
        )
        self.num_embedded = 0
        self._pause_s = pause_s

    name = property(lambda self: self.card.name)
    fingerprint = property(lambda self: self.card.fingerprint)
    sample_rate_hz: int = RATE_HZ
    window_s: float = WINDOW_S
    dim = property(lambda self: self.card.dim)
    distance: Distance = "euclidean"
    clip: ClipMode = "loudest"

    def embed(self, waveforms: NDArray[np.float32]) -> NDArray[np.float32]:
        assert waveforms.ndim == 2
        assert 0 < len(waveforms) <= 64
        self.num_embedded += len(waveforms)
        time.sleep(self._pause_s)
        power = np.abs(np.fft.rfft(waveforms, axis=1))[:, 1:] ** 2
        bands = np.stack([band.mean(axis=1) for band in np.array_split(power, self.dim, axis=1)], axis=1)
        return (10 * np.log10(bands + 1e-10) + 100).astype(np.float32)


def sound(seed: int, *, duration_s: float | None = None) -> NDArray[np.float32]:
    """A tone in noise; every seed sounds and lasts differently, unless the duration is given."""
    rng = np.random.default_rng(seed)
    duration_s = 0.4 + 0.17 * (seed % 9) if duration_s is None else duration_s
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    tone = 0.4 * np.sin(2 * np.pi * rng.uniform(100, 1800) * time_s)
    return (tone * rng.uniform(0.2, 1) + 0.02 * rng.normal(size=len(time_s))).astype(np.float32)


def write_sound(path: Path, seed: int, *, duration_s: float | None = None) -> Path:
    """Write `sound(seed)` as a WAV file of 16-bit samples."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, sound(seed, duration_s=duration_s), RATE_HZ, format="WAV")
    return path
