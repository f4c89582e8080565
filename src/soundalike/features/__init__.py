"""Front ends: from a waveform to what a network looks at.

The torch modules (`features.logfreq`, `features.logmel`) are imported only where networks are built; what stands here
needs no torch.
"""

from soundalike.features.graphs import (
    LOGFREQ_CENTRES_HZ,
    LOGFREQ_LOG,
    LOGFREQ_NUM_SAMPLES,
    LOGFREQ_SAMPLE_RATE_HZ,
    MEL_FRAMES_A_SECOND,
    graph_bytes,
    log_mel_spectrogram,
    logfreq_spectrogram,
    mel_power_frames,
)

__all__ = [
    "LOGFREQ_CENTRES_HZ",
    "LOGFREQ_LOG",
    "LOGFREQ_NUM_SAMPLES",
    "LOGFREQ_SAMPLE_RATE_HZ",
    "MEL_FRAMES_A_SECOND",
    "graph_bytes",
    "log_mel_spectrogram",
    "logfreq_spectrogram",
    "mel_power_frames",
]
