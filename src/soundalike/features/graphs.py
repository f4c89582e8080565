"""The front ends where torch is not installed: the same modules, shipped as ONNX graphs.

`scripts/build_graphs.py` exports them from `logfreq.py`; a test holds the two carriers together.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import onnxruntime

LOGFREQ_CENTRES_HZ: NDArray[np.float64] = 80.0 * 2.0 ** (np.arange(79) / 12)
LOGFREQ_SAMPLE_RATE_HZ = 16_000
LOGFREQ_NUM_SAMPLES = 32_000

# Frames and FFT work arrays of one batch are a few megabytes a clip: a bound on memory.
_BATCH = 64


@cache
def _session(name: str) -> onnxruntime.InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    graph = resources.files("soundalike.features").joinpath("onnx", f"{name}.onnx").read_bytes()
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


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
    session = _session(f"logfreq-{time_axis}")
    parts = [
        session.run(None, {"waveform": np.ascontiguousarray(waveforms[start : start + _BATCH])})[0]
        for start in range(0, len(waveforms), _BATCH)
    ]
    if not parts:
        return np.zeros((0, len(LOGFREQ_CENTRES_HZ), 171), np.float32)
    return np.concatenate(parts)
