"""The convolutional encoders' input: a log-mel spectrogram of 2 seconds, 64 x 99 numbers, that does not know loudness.

The one definition of this front end, in two torch modules: `MelPower` from a waveform to power, and `RelativeLog` from
power to what a network sees. Training keeps the power of whole recordings in memory and changes it before the
logarithm is taken; the exported encoder runs both; `graphs.py` runs them where torch is not installed.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

SAMPLE_RATE_HZ = 16_000
NUM_SAMPLES = 32_000
WINDOW_SAMPLES = 512
HOP_SAMPLES = 320
NUM_FRAMES = 1 + (NUM_SAMPLES - WINDOW_SAMPLES) // HOP_SAMPLES
FRAMES_A_SECOND = SAMPLE_RATE_HZ // HOP_SAMPLES
NUM_MELS = 64
LOWEST_HZ = 50.0
HIGHEST_HZ = 8_000.0
# What lies 50 dB under the mean power of the window is heard as silence.
RELATIVE_FLOOR = 1e-5
# A waveform of 16 bits whose only sound is its last bit lies above this; digital silence lies below.
SILENT_POWER = 1e-7
_PIECE = math.gcd(WINDOW_SAMPLES, HOP_SAMPLES)
# Points at which a triangle is read within one FFT bin.
_POINTS_A_BIN = 32


def mel_of_hz(frequency_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mel scale, nearly linear below 700 Hz and logarithmic above (O'Shaughnessy, 1987)."""
    return 1127.0 * np.log1p(frequency_hz / 700.0)


def mel_edges_hz() -> NDArray[np.float64]:
    """The 66 corners of the 64 triangles: band k rises from corner k to k + 1 and falls to k + 2."""
    lowest, highest = mel_of_hz(np.array([LOWEST_HZ, HIGHEST_HZ])).tolist()
    edges: NDArray[np.float64] = 700.0 * np.expm1(np.linspace(lowest, highest, NUM_MELS + 2) / 1127.0)
    return edges


def mel_weights() -> NDArray[np.float64]:
    """Weights that map a power spectrum to mel bands: [64, 257].

    Triangles of height 1 over frequency, each averaged over the width of an FFT bin: the lowest bands are narrower than
    a bin, and reading them at its centre alone would miss some of them.
    """
    bin_hz = SAMPLE_RATE_HZ / WINDOW_SAMPLES
    offsets = (np.arange(_POINTS_A_BIN) + 0.5) / _POINTS_A_BIN - 0.5
    points_hz = (np.arange(WINDOW_SAMPLES // 2 + 1)[:, None] + offsets) * bin_hz
    edges = mel_edges_hz()[:, None, None]
    rising = (points_hz - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - points_hz) / (edges[2:] - edges[1:-1])
    weights: NDArray[np.float64] = np.minimum(rising, falling).clip(min=0.0).mean(axis=-1)
    return weights


class MelPower(nn.Module):
    """Waveforms [batch, samples] at 16 kHz -> power in mel bands [batch, 64, frames], frames 20 ms apart.

    Hann windows of 32 ms without padding: frame t looks at samples 320 t to 320 t + 511, and 2 seconds have 99 frames.
    The Fourier transform is two matrix products. A Hann window is its own mirror image, and so are the cosines (the
    sines up to their sign): the halves of a frame are folded onto each other first, which halves the products.
    """

    cosines: Tensor
    sines: Tensor
    to_mels: Tensor

    def __init__(self) -> None:
        super().__init__()
        half = WINDOW_SAMPLES // 2
        hann = np.sin(np.pi * np.arange(half + 1) / WINDOW_SAMPLES) ** 2
        angles = 2.0 * np.pi * np.outer(np.arange(half + 1), np.arange(half + 1)) / WINDOW_SAMPLES
        # Constants of the definition, not state: kept out of checkpoints. The window is 0 at sample 0.
        for name, constant in (
            ("cosines", (hann[:, None] * np.cos(angles))[1:]),
            ("sines", (hann[:, None] * np.sin(angles))[1:half]),
            ("to_mels", mel_weights().T),
        ):
            self.register_buffer(name, torch.from_numpy(constant.copy()).float(), persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        """Power of each band in each frame."""
        half = WINDOW_SAMPLES // 2
        batch, num_samples = waveform.shape
        num_frames = 1 + (num_samples - WINDOW_SAMPLES) // HOP_SAMPLES
        # Frames overlap, but begin and end at multiples of a piece: whole pieces are copied, not samples one by one.
        pieces = waveform[:, : num_samples // _PIECE * _PIECE].reshape(batch, -1, _PIECE)
        first = torch.arange(num_frames, device=waveform.device) * (HOP_SAMPLES // _PIECE)
        own = torch.arange(WINDOW_SAMPLES // _PIECE, device=waveform.device)
        frames = pieces.index_select(1, (first[:, None] + own).flatten()).reshape(batch, num_frames, -1)
        left, middle, right = (
            frames[..., 1:half],
            frames[..., half : half + 1],
            frames[..., half + 1 :].flip(-1),
        )
        real = torch.cat([left + right, middle], dim=-1) @ self.cosines
        imaginary = (left - right) @ self.sines
        power: Tensor = (real**2 + imaginary**2) @ self.to_mels
        return power.transpose(-1, -2)


class RelativeLog(nn.Module):
    """Power [batch, 64, frames] -> its logarithm relative to the mean power of the window, same shape.

    Twice the amplitude gives the same numbers: a recording level says nothing about what is heard. Silence is
    log(1e-5) everywhere.
    """

    def forward(self, power: Tensor) -> Tensor:
        """Natural logarithm, never below log(1e-5)."""
        level = power.mean(dim=(-2, -1), keepdim=True) + SILENT_POWER
        return (power / level + RELATIVE_FLOOR).log()


class LogMel(nn.Sequential):
    """Waveforms [batch, 32000] at 16 kHz -> relative log power [batch, 64, 99]."""

    def __init__(self) -> None:
        super().__init__(MelPower(), RelativeLog())
