"""What a browser plays: the file itself where it can, else a WAV file that is decoded while it is sent."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from soundalike.audio import OpenFile, pcm_blocks
from soundalike.errors import AudioEmptyError
from soundalike.store import Recording

CHUNK_BYTES = 1 << 18
_HEADER_BYTES = 44
_LARGEST_32 = (1 << 32) - 1
_FULL_SCALE = 32_767
_PCM, _FLOAT, _EXTENSIBLE = 0x0001, 0x0003, 0xFFFE
_WAVE_BITS = (8, 16, 24, 32)


class Sound(Protocol):
    """A sound as bytes, of which any part may be asked for."""

    @property
    def media_type(self) -> str:
        """What kind of bytes they are."""
        ...

    @property
    def num_bytes(self) -> int:
        """How many there are."""
        ...

    def chunks(self, first: int, last: int) -> Iterator[bytes]:
        """The bytes from `first` to `last`, that one included."""
        ...


@dataclass(frozen=True, kw_only=True)
class OriginalSound:
    """The file as it is."""

    file: BinaryIO

    media_type: str
    num_bytes: int

    def chunks(self, first: int, last: int) -> Iterator[bytes]:
        """See `Sound`."""
        with self.file as file:
            file.seek(first)
            left = last + 1 - first
            while left > 0 and (chunk := file.read(min(CHUNK_BYTES, left))):
                left -= len(chunk)
                yield chunk


@dataclass(frozen=True, kw_only=True)
class WaveSound:
    """A part of a recording as 16-bit WAV, one channel or two.

    Its length follows from the times alone: where the recording ends early, silence fills it up. So any part of the
    file can be made without the parts before it.
    """

    source: OpenFile
    sample_rate_hz: int
    num_channels: int
    first_frame: int
    num_frames: int
    media_type: str = field(default="audio/wav", init=False)

    @property
    def num_bytes(self) -> int:
        """Size of the WAV file."""
        return _HEADER_BYTES + self.num_frames * self._frame_bytes

    @property
    def _frame_bytes(self) -> int:
        return 2 * self.num_channels

    def chunks(self, first: int, last: int) -> Iterator[bytes]:
        """See `Sound`."""
        with self.source.file:
            if first < _HEADER_BYTES:
                yield wave_header(self.num_frames, self.num_channels, self.sample_rate_hz)[first : last + 1]
                first = _HEADER_BYTES
            if first > last:
                return
            frame, dropped = divmod(first - _HEADER_BYTES, self._frame_bytes)
            left = last + 1 - first
            for block in self._blocks(frame):
                chunk = block[dropped : dropped + left]
                dropped = max(0, dropped - len(block))
                if chunk:
                    left -= len(chunk)
                    yield chunk
                if not left:
                    return
            while left > 0:
                yield bytes(min(CHUNK_BYTES, left))
                left -= min(CHUNK_BYTES, left)

    def _blocks(self, frame: int) -> Iterator[bytes]:
        start_s = (self.first_frame + frame) / self.sample_rate_hz
        try:
            for block in pcm_blocks(self.source, start_s=start_s):
                yield as_pcm(block, self.num_channels)
        except AudioEmptyError:
            return  # the recording is shorter than it said


def sound_of(source: OpenFile, row: Recording, *, start_s: float | None, end_s: float | None) -> Sound:
    """What to send for a recording, or for a part of it.

    Args:
        source: its file.
        row: what the library knows of it.
        start_s: where the part begins; None for the beginning.
        end_s: where it ends; None for the end.
    """
    if start_s is None and end_s is None:
        media_type = playable_type(source.file)
        if media_type is not None:
            return OriginalSound(file=source.file, media_type=media_type, num_bytes=row.size_bytes)
    rate_hz = row.sample_rate_hz
    first = min(round((start_s or 0.0) * rate_hz), round(row.duration_s * rate_hz))
    end = round(min(row.duration_s, row.duration_s if end_s is None else end_s) * rate_hz)
    return WaveSound(
        source=source,
        sample_rate_hz=rate_hz,
        num_channels=row.channels if row.channels <= 2 else 1,
        first_frame=first,
        num_frames=max(0, end - first),
    )


def as_pcm(block: NDArray[np.float32], num_channels: int) -> bytes:
    """Samples as 16-bit PCM.

    Args:
        block: float32 [frame, channel], full scale 1.
        num_channels: of the result; where the block has others, their mean stands in each.
    """
    if block.shape[1] != num_channels:
        block = np.repeat(block.mean(axis=1, keepdims=True), num_channels, axis=1)
    scaled = np.nan_to_num(block, nan=0.0) * _FULL_SCALE
    pcm: bytes = np.rint(scaled.clip(-_FULL_SCALE, _FULL_SCALE)).astype("<i2").tobytes()
    return pcm


def wave_header(num_frames: int, num_channels: int, sample_rate_hz: int) -> bytes:
    """The 44 bytes before the samples of a 16-bit WAV file; a length beyond 4 GB is written as the largest one."""
    frame_bytes = 2 * num_channels
    num_bytes = num_frames * frame_bytes
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", min(_LARGEST_32, num_bytes + _HEADER_BYTES - 8), b"WAVE", b"fmt ", 16, _PCM, num_channels),
        *(
            sample_rate_hz,
            sample_rate_hz * frame_bytes,
            frame_bytes,
            16,
            b"data",
            min(_LARGEST_32, num_bytes),
        ),
    )


def playable_type(file: BinaryIO) -> str | None:
    """The media type of a file that every current browser plays as it is; None for any other."""
    file.seek(0)
    head = file.read(64)
    file.seek(0)
    if head[:4] == b"RIFF" and head[8:16] == b"WAVEfmt ":
        codec, bits = struct.unpack("<H12xH", head[20:36])
        is_whole = struct.unpack("<I", head[4:8])[0] not in (0, _LARGEST_32)
        return (
            "audio/wav" if codec in (_PCM, _FLOAT, _EXTENSIBLE) and bits in _WAVE_BITS and is_whole else None
        )
    if head[:4] == b"fLaC":
        return "audio/flac"
    if head[:3] == b"ID3" or (head[:1] == b"\xff" and head[1:2] in (b"\xfb", b"\xfa", b"\xf3", b"\xf2")):
        return "audio/mpeg"
    return None
