"""The front ends where torch is not installed: the same modules, shipped as ONNX graphs.

`scripts/build_graphs.py` exports them from `logfreq.py` and `logmel.py`; a test holds the two carriers together.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import onnxruntime

LOGFREQ_CENTRES_HZ: NDArray[np.float64] = 80.0 * 2.0 ** (np.arange(79) / 12)
LOGFREQ_SAMPLE_RATE_HZ = 16_000
LOGFREQ_NUM_SAMPLES = 32_000
# Name of the graph that `logfreq_spectrogram` runs for networks.
LOGFREQ_LOG = "logfreq-log"

MEL_FRAMES_A_SECOND = 50
_MEL_SAMPLES, _MEL_HOP, _MEL_FRAMES = 32_000, 320, 99

# Frames and FFT work arrays of one batch are a few megabytes a clip: a bound on memory.
_BATCH = 64


def graph_bytes(name: str) -> bytes:
    """The ONNX graph of a front end."""
    return Path(__file__).with_name("onnx").joinpath(f"{name}.onnx").read_bytes()


@cache
def _session(name: str) -> onnxruntime.InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(graph_bytes(name), options, providers=["CPUExecutionProvider"])


def logfreq_spectrogram(
    waveforms: NDArray[np.float32], *, time_axis: Literal["log", "linear"] = "log"
) -> NDArray[np.float32]:
    """The paper's log-frequency spectrogram.

    Args:
        waveforms: [batch, 32000], 2 seconds at 16 kHz.
        time_axis: "log" as the network sees it, "linear" for pictures.
    Returns:
        [batch, 79, 171], natural logarithm of power; row k is centred at `LOGFREQ_CENTRES_HZ[k]`.
    """
    return _run(f"logfreq-{time_axis}", waveforms, shape=(len(LOGFREQ_CENTRES_HZ), 171))


def log_mel_spectrogram(waveforms: NDArray[np.float32]) -> NDArray[np.float32]:
    """The log-mel spectrogram of the convolutional encoders, relative to the mean power of the waveform.

    Args:
        waveforms: [batch, 32000], 2 seconds at 16 kHz.
    Returns:
        [batch, 64, 99], natural logarithm of power, never below log(1e-5).
    """
    return _run("logmel", waveforms, shape=(64, 99))


def mel_power_frames(waveform: NDArray[np.float32]) -> NDArray[np.float32]:
    """Power in mel bands of a waveform of any length, as the log-mel spectrogram sees it before its level is taken out.

    Args:
        waveform: [time] at 16 kHz.
    Returns:
        [64, frame], `MEL_FRAMES_A_SECOND` of them, as many as cover the waveform; silence follows it.
    """
    num_frames = max(1, -(-len(waveform) // _MEL_HOP))
    num_pieces = -(-num_frames // _MEL_FRAMES)
    # Neighbouring pieces share the samples that their last and first frames look at.
    step = _MEL_FRAMES * _MEL_HOP
    padded = np.zeros((num_pieces - 1) * step + _MEL_SAMPLES, np.float32)
    padded[: len(waveform)] = waveform
    pieces = np.lib.stride_tricks.sliding_window_view(padded, _MEL_SAMPLES)[::step]
    power = _run("mel-power", pieces, shape=(64, _MEL_FRAMES))
    return np.concatenate([*power], axis=1)[:, :num_frames]


def _run(name: str, waveforms: NDArray[np.float32], *, shape: tuple[int, int]) -> NDArray[np.float32]:
    session = _session(name)
    parts = [
        session.run(None, {"waveform": np.ascontiguousarray(waveforms[start : start + _BATCH])})[0]
        for start in range(0, len(waveforms), _BATCH)
    ]
    return np.concatenate([np.zeros((0, *shape), np.float32), *parts])
