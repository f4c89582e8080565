"""Pictures of sound: spectrograms as PNG, and the outline of a waveform."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundalike.audio import OpenFile, load, open_audio
from soundalike.errors import AudioEmptyError
from soundalike.features import MEL_FRAMES_A_SECOND, mel_power_frames
from soundalike.store import Recording

RATE_HZ = 16_000
RANGE_DB = 70.0
# The loudness that a recording's pictures are drawn for is taken from so many places in it.
NUM_PROBES = 12
PROBE_S = 2.0
_LEAST_POWER = 1e-10
_LOUD_SHARE = 99.5
# Magma (van der Walt and Smith, CC0): even in lightness, so that colour-blind eyes and grey prints show the same.
# The page draws the query with the same 17 steps, page/src/sound/magma.ts.
_MAGMA = bytes.fromhex(
    "000004 0a0822 1d1147 36106b 51127c 6a1c81 832681 9c2e7f b73779 "
    "d0416f e75263 f56b5c fc8961 fea772 fec488 fde2a3 fcfdbf"
)


@dataclass(frozen=True, kw_only=True)
class Span:
    """A part of a recording, in seconds."""

    start_s: float
    end_s: float


def loud_db(source: OpenFile, row: Recording) -> float:
    """How loud the louder parts of a recording are, as power in a band of the spectrogram.

    All pictures of a recording take it for white, so they fit together side by side.
    """
    starts_s = np.linspace(0.0, max(0.0, row.duration_s - PROBE_S), NUM_PROBES)
    if row.duration_s <= NUM_PROBES * PROBE_S:
        starts_s = np.arange(0.0, max(row.duration_s, 1e-3), PROBE_S)
    probes = [
        _power(source, Span(start_s=start_s, end_s=start_s + PROBE_S)).ravel()
        for start_s in starts_s.tolist()
    ]
    return float(np.percentile(_decibels(np.concatenate(probes)), _LOUD_SHARE))


def spectrogram_png(source: OpenFile, span: Span, *, width: int, height: int, white_db: float) -> bytes:
    """A picture of a part of a recording: time to the right, 50 to 8,000 Hz upwards on the mel scale.

    Args:
        source: the recording.
        span: the part.
        width: of the picture, in pixels.
        height: likewise.
        white_db: power that is drawn brightest; what lies 70 dB below is drawn darkest.
    """
    from PIL import Image

    levels = _decibels(_power(source, span)) - (white_db - RANGE_DB)
    grey = (levels / RANGE_DB * 255).clip(0, 255).astype(np.uint8)
    image = Image.fromarray(np.ascontiguousarray(grey[::-1])).resize((width, height), Image.Resampling.BOX)
    image.putpalette(_palette().tobytes())
    out = io.BytesIO()
    image.save(out, "PNG", optimize=False, compress_level=6)
    return out.getvalue()


def outline(source: OpenFile, row: Recording, span: Span, *, num_points: int) -> dict[str, object]:
    """The lowest and the highest sample in equal stretches: {"minima", "maxima", "duration_s"}, samples in [-1, 1].

    Args:
        source: the recording.
        row: what the library knows of it.
        span: the part.
        num_points: stretches.
    """
    rate_hz = row.sample_rate_hz
    num_frames = max(1, round((span.end_s - span.start_s) * rate_hz))
    num_points = min(num_points, num_frames)
    edges = np.linspace(0, num_frames, num_points + 1).astype(np.int64)
    lowest, highest = np.zeros(num_points), np.zeros(num_points)
    position = 0
    with open_audio(source, sample_rate_hz=rate_hz, start_s=span.start_s, end_s=span.end_s) as stream:
        for block in stream.blocks():
            block = block[: num_frames - position]
            if not len(block):
                break
            first = int(np.searchsorted(edges, position, side="right")) - 1
            last = int(np.searchsorted(edges, position + len(block), side="left"))
            starts = np.maximum(edges[first:last] - position, 0)
            lowest[first:last] = np.minimum(lowest[first:last], np.minimum.reduceat(block, starts))
            highest[first:last] = np.maximum(highest[first:last], np.maximum.reduceat(block, starts))
            position += len(block)
    return {
        "minima": [round(one, 4) for one in lowest.clip(-1, 1).tolist()],
        "maxima": [round(one, 4) for one in highest.clip(-1, 1).tolist()],
        "duration_s": round(span.end_s - span.start_s, 6),
    }


def _power(source: OpenFile, span: Span) -> NDArray[np.float32]:
    """Power in mel bands of a part, [64, frame]; silence where there is no sound any more."""
    num_samples = max(1, math.ceil((span.end_s - span.start_s) * RATE_HZ))
    try:
        waveform = load(source, sample_rate_hz=RATE_HZ, start_s=span.start_s, end_s=span.end_s).waveform
    except AudioEmptyError:
        waveform = np.zeros(0, np.float32)
    waveform = np.pad(waveform[:num_samples], (0, max(0, num_samples - len(waveform))))
    num_frames = max(1, round((span.end_s - span.start_s) * MEL_FRAMES_A_SECOND))
    return mel_power_frames(waveform)[:, :num_frames]


def _decibels(power: NDArray[np.float32]) -> NDArray[np.float32]:
    decibels: NDArray[np.float32] = np.float32(10.0) * np.log10(np.maximum(power, np.float32(_LEAST_POWER)))
    return decibels


def _palette() -> NDArray[np.uint8]:
    anchors = np.frombuffer(_MAGMA, np.uint8).reshape(-1, 3).astype(np.float64)
    places = np.linspace(0, len(anchors) - 1, 256)
    colours = [np.interp(places, np.arange(len(anchors)), anchors[:, channel]) for channel in range(3)]
    return np.stack(colours, axis=1).round().astype(np.uint8)
