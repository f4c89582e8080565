"""Decode with FFmpeg, through PyAV: MP3, AAC, WMA and whatever libsndfile does not know, video files included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import cast

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.packet import Packet
from numpy.typing import NDArray

from soundalike.audio.decoder import DecoderError
from soundalike.audio.header_length import length_in_header_s
from soundalike.audio.source import View

# FFmpeg's frames are short (about 1,000 samples); this many samples a channel are joined before anybody sees them.
_FRAMES_PER_BLOCK = 1 << 15

# Text that looks like a playlist makes FFmpeg open what it lists, files and web addresses alike. No protocol has this
# name, so only the given bytes are ever read.
_OPTIONS = {"protocol_whitelist": "none"}

# Containers whose header gives FFmpeg the length. Elsewhere it estimates from the size of the file.
_TELLS_DURATION = ("mov", "matroska", "asf", "flac", "wv", "tta", "ape", "tak", "caf", "w64", "wav", "aiff")

# Codecs whose every packet becomes as many samples as its duration says, so that packets far before the start need no
# decoding; and how long before the start decoding begins, for what a packet borrows from those before it.
_COUNTABLE = ("mp3", "mp3float", "aac")
_RUN_UP_S = 1.0

# How much less than its header says a whole recording may hold.
_ROUNDED_S = 0.25

# Kinds of file that FFmpeg takes for moving pictures though nobody would call them a video.
_NOT_VIDEO = ("tty", "image2", "_pipe", "gif")

_INTEGER_SCALE = {"uint8": 2.0**7, "int16": 2.0**15, "int32": 2.0**31, "int64": 2.0**63}


class FfmpegDecoder:
    """One recording, or the sound of one video, decoded by FFmpeg.

    Args:
        view: the bytes of the file.

    Raises:
        DecoderError: FFmpeg finds no audio.
    """

    def __init__(self, view: View) -> None:
        self.duration_s = length_in_header_s(view)
        view.seek(0)
        try:
            self._container = av.open(view, mode="r", options=_OPTIONS, metadata_errors="replace")
        except (av.FFmpegError, ValueError) as exc:
            view.seek(4)
            if view.read(4) == b"ftyp":
                reason = "its table of contents is missing, as if the recording or the copy had stopped early"
                raise DecoderError(
                    reason, advice="Copy it again, or repair it with the program that wrote it."
                ) from exc
            raise DecoderError("no decoder finds audio in it") from exc
        self.format: str = self._container.format.name
        if not self._container.streams.audio:
            is_video = self._container.streams.video and not self.format.endswith(_NOT_VIDEO)
            self._container.close()
            if is_video:
                raise DecoderError("it is a video without an audio track", advice="Leave it out.")
            raise DecoderError("it holds no audio")
        # FFmpeg's own choice where a video has several: the one marked as default, else the best.
        best = self._container.streams.best("audio")
        self._stream = best if isinstance(best, AudioStream) else self._container.streams.audio[0]
        codec = cast("AudioCodecContext | None", self._stream.codec_context)  # the stub promises one always
        if codec is None:
            self._container.close()
            raise DecoderError("its audio has a codec that no decoder knows")
        self._codec = codec
        self.sample_rate_hz: int = codec.sample_rate or 0
        self.channels: int = codec.channels
        if self.duration_s is None and self.format.startswith(_TELLS_DURATION) and self._container.duration:
            self.duration_s = self._container.duration / av.time_base
        self._to_drop = 0  # samples still to come before the start; known once the first frame is there
        self._reached_s = 0.0  # the end of what was read in any stream: a video may be longer than its sound
        self.warnings: list[str] = []

    def blocks(self, start_s: float) -> Iterator[NDArray[np.float32]]:
        """See `Decoder`: what lies before the start is decoded and dropped, except where packets can be counted."""
        gathered: list[NDArray[np.float32]] = []
        num_gathered = 0
        for frame in self._frames(start_s):
            samples = _samples(frame)
            dropped = min(self._to_drop, len(samples))
            self._to_drop -= dropped
            if dropped < len(samples):
                gathered.append(samples[dropped:])
                num_gathered += len(samples) - dropped
            if num_gathered >= _FRAMES_PER_BLOCK:
                yield np.concatenate(gathered)
                gathered.clear()
                num_gathered = 0
        if gathered:
            yield np.concatenate(gathered)

    def tags(self) -> Mapping[str, str]:
        """See `Decoder`: those of the file, and of the audio in it where the file has none of that name."""
        both = (*self._stream.metadata.items(), *self._container.metadata.items())
        return {name.lower(): text for name, text in both}

    def broken_promise_s(self, num_frames: int) -> float | None:
        """See `Decoder`: headers are rounded, a quarter of a second is no broken promise."""
        if self.duration_s is None:
            return None
        held_s = max(self._reached_s, num_frames / self.sample_rate_hz)
        return self.duration_s if held_s < self.duration_s - _ROUNDED_S else None

    def close(self) -> None:
        """Free the decoder."""
        self._container.close()

    def _frames(self, start_s: float) -> Iterator[AudioFrame]:
        """Yield all frames with the channels and the sample rate of the first one."""
        like: AudioFrame | None = None
        converter: av.AudioResampler | None = None
        for frame in self._decoded():
            if like is None:
                like = frame
                self.sample_rate_hz, self.channels = frame.sample_rate, frame.layout.nb_channels
                self._to_drop = round(start_s * self.sample_rate_hz)
            if frame.sample_rate == like.sample_rate and frame.layout.nb_channels == like.layout.nb_channels:
                yield frame
                continue
            if converter is None:
                self.warnings.append("the sample rate or the number of channels changes inside the file")
            converter = av.AudioResampler(format="flt", layout=like.layout, rate=like.sample_rate)
            yield from converter.resample(frame)
            yield from converter.resample(None)

    def _decoded(self) -> Iterator[AudioFrame]:
        """Yield the frames that can be decoded, whatever lies between them."""
        num_damaged = 0
        for packet in self._packets():
            if self._passes_over(packet):
                continue
            try:
                for frame in self._codec.decode(packet):
                    if frame.samples > 0:
                        yield frame
            except (av.FFmpegError, ValueError):
                num_damaged += 1
        if num_damaged:
            self.warnings.append(f"damaged packets: {num_damaged} could not be decoded")

    def _packets(self) -> Iterator[Packet[AudioStream]]:
        """Yield the packets of the audio, and note how far the file goes."""
        packets = self._container.demux()
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except (av.FFmpegError, ValueError) as exc:
                self.warnings.append(f"damaged: reading stopped early ({_reason(exc)})")
                return
            if packet.pts is not None and packet.time_base is not None:
                end_s = float((packet.pts + (packet.duration or 0)) * packet.time_base)
                self._reached_s = max(self._reached_s, end_s)
            if packet.stream.index == self._stream.index:
                yield cast("Packet[AudioStream]", packet)

    def _passes_over(self, packet: Packet[AudioStream]) -> bool:
        """Drop a packet that lies well before the start, where it surely decodes to as many samples as it says."""
        if self._codec.name not in _COUNTABLE or not packet.duration or packet.time_base is None:
            return False
        num_samples = Fraction(packet.duration) * packet.time_base * self.sample_rate_hz
        if num_samples.denominator != 1 or self._to_drop - num_samples < _RUN_UP_S * self.sample_rate_hz:
            return False
        self._to_drop -= num_samples.numerator
        return True


def _samples(frame: AudioFrame) -> NDArray[np.float32]:
    """Return a frame as float32 [frame, channel], full scale 1."""
    values = frame.to_ndarray()
    if frame.format.is_planar:
        values = values.T
    else:
        values = values.reshape(-1, frame.layout.nb_channels)
    scale = _INTEGER_SCALE.get(values.dtype.name)
    if scale is None:
        return values.astype(np.float32)
    if values.dtype == np.uint8:
        values = values.astype(np.int16) - 128
    return (values / np.float64(scale)).astype(np.float32)


def _reason(exc: Exception) -> str:
    return str(getattr(exc, "strerror", None) or "FFmpeg cannot read it").rstrip(". ")
