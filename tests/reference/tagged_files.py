"""Files with tags and chunks as recorders and editors write them, byte by byte or by FFmpeg."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

import av
import numpy as np

RATE_HZ = 8000


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack("<4sI", name, len(content)) + content + b"\0" * (len(content) % 2)


def bext(date: str, time: str, *, description: bytes = b"") -> bytes:
    """A `bext` chunk with an origination date and time."""
    head = struct.pack("<256s32s32s10s8s", description, b"recorder", b"", date.encode(), time.encode())
    return chunk(b"bext", head + bytes(602 - len(head)))


def info(texts: Mapping[str, bytes]) -> bytes:
    """A LIST chunk of the kind INFO."""
    return chunk(
        b"LIST", b"INFO" + b"".join(chunk(name.encode(), text + b"\0") for name, text in texts.items())
    )


def wamd(parts: Sequence[tuple[int, bytes]]) -> bytes:
    """A chunk of Wildlife Acoustics."""
    return chunk(b"wamd", b"".join(struct.pack("<HI", kind, len(text)) + text for kind, text in parts))


def write_wave(
    path: Path,
    *,
    before: bytes = b"",
    after: bytes = b"",
    kind: str = "WAV",
    data_bytes: int | None = None,
    num_samples: int = RATE_HZ,
) -> Path:
    """Write 16-bit noise as WAV, RF64 or BW64, with chunks before and after the audio.

    Args:
        path: where to.
        before: chunks before the audio.
        after: chunks after it.
        kind: "WAV", "RF64" or "BW64".
        data_bytes: what the header says of the length, if not the truth.
        num_samples: length of the audio; every file has other noise, by its name.
    """
    rng = np.random.default_rng(list(path.name.encode()))
    audio = rng.integers(-9000, 9000, num_samples, dtype=np.int16).tobytes()
    fmt = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, RATE_HZ, 2 * RATE_HZ, 2, 16))
    length = len(audio) if data_bytes is None else data_bytes
    if kind == "WAV":
        body = b"WAVE" + fmt + before + struct.pack("<4sI", b"data", length) + audio + after
        path.write_bytes(struct.pack("<4sI", b"RIFF", len(body)) + body)
    else:
        rest = fmt + before + struct.pack("<4sI", b"data", 0xFFFFFFFF) + audio + after
        sizes = struct.pack("<QQQI", 40 + len(rest), length, num_samples, 0)
        path.write_bytes(
            struct.pack("<4sI4s", kind.encode(), 0xFFFFFFFF, b"WAVE") + chunk(b"ds64", sizes) + rest
        )
    return path


def write_tagged(path: Path, tags: Mapping[str, str], *, container: str, codec: str) -> Path:
    """Write a second of noise by FFmpeg, with tags."""
    rng = np.random.default_rng(list(path.name.encode()))
    with av.open(str(path), "w", format=container) as output:
        output.metadata.update(tags)
        stream = output.add_stream(codec, rate=48000, layout="mono")
        stream.bit_rate = 64_000
        noise = rng.uniform(-0.3, 0.3, (1, 48000)).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(noise, format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 48000, 0
        resampler = av.AudioResampler(format=stream.format.name, layout="mono", rate=48000)
        fifo = av.AudioFifo()
        for converted in resampler.resample(frame):
            fifo.write(converted)
        if not stream.codec_context.is_open:
            stream.codec_context.open()
        while (piece := fifo.read(stream.frame_size or 1024, partial=True)) is not None:
            output.mux(stream.encode(piece))
        output.mux(stream.encode())
    return path
