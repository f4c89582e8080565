"""The paper's input: a log-frequency, log-power spectrogram of 2 seconds, 79 x 171 numbers.

The one definition of this front end. It is a torch module, used in training and exported inside every encoder of the
paper's recipes; `graphs.py` runs the same module, shipped as an ONNX graph, where torch is not installed.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

TimeAxis = Literal["log", "linear"]

SAMPLE_RATE_HZ = 16_000
NUM_SAMPLES = 32_000
LOWEST_HZ = 80.0
BINS_AN_OCTAVE = 12
NUM_BINS = 79
NUM_TIME_BINS = 171
POWER_FLOOR = 1e-10


def centres_hz() -> NDArray[np.float64]:
    """Centre frequencies of the 79 bins: 80 Hz and up, 12 an octave, the last one at 7.24 kHz."""
    return LOWEST_HZ * 2.0 ** (np.arange(NUM_BINS) / BINS_AN_OCTAVE)


def frequency_weights(fft_size: int, sample_rate_hz: int) -> NDArray[np.float64]:
    """Weights that map a power spectrum to log-spaced bins: [79, fft_size // 2 + 1].

    Each row is a Gaussian over the FFT bins around its centre, as wide as a semitone but never narrower than one FFT
    bin, divided by sqrt(2 * sum of its squares).

    Source: D. Ellis, logfsgram.m (2004).
    """
    frequencies = np.arange(fft_size // 2 + 1) * (sample_rate_hz / fft_size)
    centres = centres_hz()[:, None]
    widths = np.maximum(centres * (2.0 ** (1 / BINS_AN_OCTAVE) - 1.0), sample_rate_hz / fft_size)
    weights = np.exp(-0.5 * ((frequencies - centres) / (0.5475 * widths)) ** 2)
    scaled: NDArray[np.float64] = weights / np.sqrt(2.0 * (weights**2).sum(axis=1, keepdims=True))
    return scaled


def time_weights(num_frames: int, time_axis: TimeAxis) -> NDArray[np.float64]:
    """Linear interpolation from frames to 171 time bins: [num_frames, 171].

    "log" puts the bins at frame positions geomspace(1, num_frames, 171) - 1, dense at the start of the clip, as the
    paper's "both axis were converted to the log scale" says; "linear" spreads them evenly.
    """
    if time_axis == "log":
        positions = np.geomspace(1.0, num_frames, NUM_TIME_BINS) - 1.0
    else:
        positions = np.linspace(0.0, num_frames - 1.0, NUM_TIME_BINS)
    frames = np.arange(num_frames)[:, None]
    # A triangle of width one frame around each position is linear interpolation.
    weights: NDArray[np.float64] = np.clip(1.0 - np.abs(frames - positions), 0.0, None)
    return weights


class LogFreqFrames(nn.Module):
    """Waveforms [batch, 32000] at 16 kHz -> log power [batch, 79, frames], before the time axis is stretched.

    The spectrum is taken in float64: a float32 transform of a loud tone is wrong by more than the power floor in the
    quiet bins, and the logarithm would show it.

    Args:
        window_samples: length of the Hann window and of the FFT; 1024 is the paper's 64 ms.
        hop_samples: step between frames; 512 is the paper's 32 ms and gives 61 frames.
    """

    hann: Tensor
    to_bins: Tensor

    def __init__(self, *, window_samples: int = 1024, hop_samples: int = 512) -> None:
        super().__init__()
        self.window_samples = window_samples
        self.hop_samples = hop_samples
        self.num_frames = 1 + (NUM_SAMPLES - window_samples) // hop_samples
        # Constants of the definition, not state: kept out of checkpoints.
        self.register_buffer("hann", torch.hann_window(window_samples, dtype=torch.float64), persistent=False)
        self.register_buffer(
            "to_bins",
            torch.from_numpy(frequency_weights(window_samples, SAMPLE_RATE_HZ).T.copy()),
            persistent=False,
        )

    def forward(self, waveform: Tensor) -> Tensor:
        """Log power of each frequency bin in each frame."""
        frames = waveform.double().unfold(-1, self.window_samples, self.hop_samples) * self.hann
        spectrum = torch.view_as_real(torch.fft.rfft(frames))
        power = (spectrum**2).sum(-1) @ self.to_bins
        return power.clamp_min(POWER_FLOOR).log().transpose(-1, -2).float()


class LogFreqSpectrogram(nn.Module):
    """Waveforms [batch, 32000] at 16 kHz -> log power [batch, 79, 171].

    Args:
        time_axis: "log" or "linear", see `time_weights`.
        window_samples: see `LogFreqFrames`.
        hop_samples: see `LogFreqFrames`; 186 with a window of 372 gives 171 frames without interpolation.
    """

    to_times: Tensor

    def __init__(
        self, *, time_axis: TimeAxis = "log", window_samples: int = 1024, hop_samples: int = 512
    ) -> None:
        super().__init__()
        self.frames = LogFreqFrames(window_samples=window_samples, hop_samples=hop_samples)
        weights = time_weights(self.frames.num_frames, time_axis)
        self.register_buffer("to_times", torch.from_numpy(weights).float(), persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        """Log power of each frequency bin over time."""
        stretched: Tensor = self.frames(waveform) @ self.to_times
        return stretched
