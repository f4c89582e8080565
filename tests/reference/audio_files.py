"""Make audio files of many kinds, healthy and broken, for tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import soundfile
from numpy.typing import NDArray


def tone(
    *,
    frequency_hz: float = 440.0,
    duration_s: float = 1.0,
    sample_rate_hz: int = 16000,
    amplitude: float = 0.5,
) -> NDArray[np.float32]:
    """Return a sine as float32 [time]."""
    time_s = np.arange(round(duration_s * sample_rate_hz)) / sample_rate_hz
    return (amplitude * np.sin(2 * np.pi * frequency_hz * time_s)).astype(np.float32)


def main_frequency_hz(waveform: NDArray[np.float32], sample_rate_hz: int) -> float:
    """Return the frequency of the strongest FFT bin."""
    spectrum = np.abs(np.fft.rfft(waveform * np.hanning(len(waveform))))
    return float(np.argmax(spectrum) * sample_rate_hz / len(waveform))


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A pair of container and codec.

    Attributes:
        suffix: the usual end of the file name.
        container: the name of soundfile's format or FFmpeg's muxer.
        codec: the name of soundfile's subtype or FFmpeg's encoder.
        error: the largest difference between what went in and what comes out; None for codecs that change phases.
        video: whether the file has moving pictures too.
        sample_rate_hz: a rate that the codec knows.
        options: for FFmpeg's muxer.
    """

    suffix: str
    container: str
    codec: str
    error: float | None = None
    video: bool = False
    sample_rate_hz: int = 44100
    options: tuple[tuple[str, str], ...] = ()


SNDFILE_KINDS: dict[str, Kind] = {
    "wav-u8": Kind(suffix=".wav", container="WAV", codec="PCM_U8", error=2**-7),
    "wav-16": Kind(suffix=".wav", container="WAV", codec="PCM_16", error=2**-15),
    "wav-24": Kind(suffix=".wav", container="WAV", codec="PCM_24", error=2**-23),
    "wav-32": Kind(suffix=".wav", container="WAV", codec="PCM_32", error=2**-24),
    "wav-float": Kind(suffix=".wav", container="WAV", codec="FLOAT", error=0.0),
    "wav-double": Kind(suffix=".wav", container="WAV", codec="DOUBLE", error=0.0),
    "wav-ulaw": Kind(suffix=".wav", container="WAV", codec="ULAW", error=0.03),
    "wav-adpcm": Kind(suffix=".wav", container="WAV", codec="IMA_ADPCM", error=0.05),
    "wavex-24": Kind(suffix=".wav", container="WAVEX", codec="PCM_24", error=2**-23),
    "w64-16": Kind(suffix=".w64", container="W64", codec="PCM_16", error=2**-15),
    "rf64-24": Kind(suffix=".rf64", container="RF64", codec="PCM_24", error=2**-23),
    "flac-16": Kind(suffix=".flac", container="FLAC", codec="PCM_16", error=2**-15),
    "flac-24": Kind(suffix=".flac", container="FLAC", codec="PCM_24", error=2**-23),
    "ogg-vorbis": Kind(suffix=".ogg", container="OGG", codec="VORBIS", error=0.05),
    "ogg-opus": Kind(suffix=".opus", container="OGG", codec="OPUS", error=0.05, sample_rate_hz=48000),
    "aiff-16": Kind(suffix=".aiff", container="AIFF", codec="PCM_16", error=2**-15),
    "aiff-float": Kind(suffix=".aifc", container="AIFF", codec="FLOAT", error=0.0),
    "caf-24": Kind(suffix=".caf", container="CAF", codec="PCM_24", error=2**-23),
    "caf-alac": Kind(suffix=".caf", container="CAF", codec="ALAC_16", error=2**-15),
    "au-16": Kind(suffix=".au", container="AU", codec="PCM_16", error=2**-15),
    "voc-16": Kind(suffix=".voc", container="VOC", codec="PCM_16", error=2**-15),
    "mp3": Kind(suffix=".mp3", container="MP3", codec="MPEG_LAYER_III", error=0.05),
}

FFMPEG_KINDS: dict[str, Kind] = {
    "mp4-aac-video": Kind(
        suffix=".mp4", container="mp4", codec="aac", video=True, options=(("movflags", "faststart"),)
    ),
    "m4a-aac": Kind(suffix=".m4a", container="ipod", codec="aac"),
    "m4a-alac": Kind(suffix=".m4a", container="ipod", codec="alac", error=2**-15),
    "aac": Kind(suffix=".aac", container="adts", codec="aac"),
    "mkv-flac-video": Kind(suffix=".mkv", container="matroska", codec="flac", error=2**-15, video=True),
    "webm-opus": Kind(suffix=".webm", container="webm", codec="libopus", sample_rate_hz=48000),
    "avi-pcm-video": Kind(suffix=".avi", container="avi", codec="pcm_s16le", error=2**-15, video=True),
    "avi-mp3-video": Kind(suffix=".avi", container="avi", codec="mp3", video=True),
    "wma": Kind(suffix=".wma", container="asf", codec="wmav2"),
    "wavpack": Kind(suffix=".wv", container="wv", codec="wavpack", error=2**-15),
    "tta": Kind(suffix=".tta", container="tta", codec="tta", error=2**-15),
    "ac3": Kind(suffix=".ac3", container="ac3", codec="ac3"),
    "mpegts-mp2-video": Kind(suffix=".ts", container="mpegts", codec="mp2", video=True),
}

KINDS: dict[str, Kind] = SNDFILE_KINDS | FFMPEG_KINDS


def write_kind(folder: Path, kind: Kind, waveform: NDArray[np.float32], *, name: str = "sound") -> Path:
    """Write float32 [time] or [time, channel] at the kind's sample rate and return the path."""
    path = folder / f"{name}{kind.suffix}"
    if kind in SNDFILE_KINDS.values():
        soundfile.write(path, waveform, kind.sample_rate_hz, format=kind.container, subtype=kind.codec)
    else:
        write_with_ffmpeg(path, kind, waveform)
    return path


def write_with_ffmpeg(path: Path, kind: Kind, waveform: NDArray[np.float32] | None) -> None:
    """Write with PyAV; None makes a video without sound, two seconds long."""
    columns = None if waveform is None else waveform.reshape(len(waveform), -1)
    with av.open(str(path), "w", format=kind.container, options=dict(kind.options)) as container:
        video = container.add_stream("mpeg4", rate=25) if kind.video else None
        if columns is not None:
            layout = "mono" if columns.shape[1] == 1 else f"{columns.shape[1]} channels"
            layout = "stereo" if columns.shape[1] == 2 else layout
            audio = container.add_stream(kind.codec, rate=kind.sample_rate_hz, layout=layout)
            audio.bit_rate = 128_000
            formats = [each.name for each in audio.codec_context.codec.audio_formats or []]
            # Some encoders offer 8 bits first.
            audio.codec_context.format = next((name for name in formats if not name.startswith("u8")), "s16")
        if video is not None:
            video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
            num_pictures = 50 if columns is None else -(-25 * len(columns) // kind.sample_rate_hz)
            for index in range(num_pictures):
                picture = av.VideoFrame(64, 48, "yuv420p")
                for plane in picture.planes:
                    plane.update(bytes(plane.buffer_size))
                picture.pts = index
                container.mux(video.encode(picture))
            container.mux(video.encode())
        if columns is not None:
            _encode(container, audio, columns, layout)


def _encode(
    container: av.container.OutputContainer, audio: av.AudioStream, columns: NDArray[np.float32], layout: str
) -> None:
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(columns.T), format="fltp", layout=layout)
    frame.sample_rate = audio.rate
    frame.time_base = Fraction(1, audio.rate)
    frame.pts = 0
    resampler = av.AudioResampler(format=audio.format.name, layout=layout, rate=audio.rate)
    fifo = av.AudioFifo()
    for converted in resampler.resample(frame):
        fifo.write(converted)
    if not audio.codec_context.is_open:
        audio.codec_context.open()
    while (piece := fifo.read(audio.frame_size or 1024, partial=True)) is not None:
        container.mux(audio.encode(piece))
    container.mux(audio.encode())


def cut(path: Path, *, share: float = 0.5) -> Path:
    """Write the first part of a file's bytes beside it, as a copy that stopped, and return its path."""
    content = path.read_bytes()
    shorter = path.with_name(f"cut {path.name}")
    shorter.write_bytes(content[: int(len(content) * share)])
    return shorter


def changed(path: Path, change: Callable[[bytearray], None]) -> Path:
    """Write a copy of a file with some bytes changed beside it and return its path."""
    content = bytearray(path.read_bytes())
    change(content)
    other = path.with_name(f"changed {path.name}")
    other.write_bytes(content)
    return other
