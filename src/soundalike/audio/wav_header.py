"""The headers of WAV, RF64, BW64 and W64, which recorders that lose power leave unfinished.

The length of the audio stands before the audio, so a recorder writes it last. Without power the file says 0 bytes, or
0xFFFFFFFF, or what was there at the last checkpoint; a copy that stopped says more than there is; and past 4 GB the 32
bits of a WAV wrap around. `WaveHeader.repaired` shows the file with the header it should have; the file itself stays
as it is.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from soundalike.audio.decoder import seconds, truncated
from soundalike.audio.source import Source, View
from soundalike.audio.wave_chunks import MAX_CHUNKS, UNKNOWN_32, UNKNOWN_64, find_chunks, read_chunk

_WRAP = 1 << 32

# Streaming programs that cannot go back write the largest length a signed 32-bit number allows, rounded down.
_STREAMED = 0x7FFFF000

# What lies behind the audio is audio too only if it is longer than the odds and ends that programs leave there.
_MIN_FORGOTTEN_BYTES = 4096

# PCM, float, A-law, mu-law, and the extensible format, which is one of them in practice.
_PLAIN_CODECS = (0x0001, 0x0003, 0x0006, 0x0007, 0xFFFE)


@dataclass(frozen=True, kw_only=True)
class WaveHeader:
    """What the header says, and what is true.

    Attributes:
        container: "WAV", "RF64", "BW64" or "W64".
        fmt: the content of the format chunk, the same in all four.
        fact: the content of the fact chunk, which some codecs need; may be empty.
        audio_start: position of the first byte of audio.
        promised_bytes: length of the audio as the header gives it; None where it was never written.
        held_bytes: length of the audio in the file.
    """

    container: str
    fmt: bytes
    fact: bytes
    audio_start: int
    promised_bytes: int | None
    held_bytes: int

    @property
    def needs_repair(self) -> bool:
        """Whether libsndfile needs another header: the length is wrong, or it is BW64, which it does not know."""
        return self.promised_bytes != self.held_bytes or self.container == "BW64"

    @property
    def warnings(self) -> list[str]:
        """What to tell the user about the length."""
        held_s = self.held_bytes / self._bytes_per_s
        if self.promised_bytes is None:
            return [f"unfinished header: it gives no length, the file holds {held_s:.1f} s"]
        promised_s = self.promised_bytes / self._bytes_per_s
        if self.promised_bytes > self.held_bytes:
            return [truncated(promised_s, held_s)]
        if self.promised_bytes < self.held_bytes:
            promised, held = seconds(promised_s, held_s)
            return [f"wrong header: it promises {promised}, the file holds {held}"]
        return []

    def repaired(self, source: Source) -> View:
        """Show the audio behind a header that tells the truth."""
        length = self.held_bytes - self.held_bytes % self._block_bytes
        body = _chunk(b"fmt ", self.fmt) + (_chunk(b"fact", self.fact) if self.fact else b"")
        if length + len(body) + 64 < UNKNOWN_32:
            riff_bytes = 4 + len(body) + 8 + length
            prefix = (
                struct.pack("<4sI4s", b"RIFF", riff_bytes, b"WAVE")
                + body
                + struct.pack("<4sI", b"data", length)
            )
        else:
            riff_bytes = 4 + 36 + len(body) + 8 + length
            ds64 = _chunk(b"ds64", struct.pack("<QQQI", riff_bytes, length, length // self._block_bytes, 0))
            prefix = struct.pack("<4sI4s", b"RF64", UNKNOWN_32, b"WAVE") + ds64 + body
            prefix += struct.pack("<4sI", b"data", UNKNOWN_32)
        return source.view(prefix=prefix, start=self.audio_start, end=self.audio_start + length)

    @property
    def _fields(self) -> tuple[int, int, int, int, int, int]:
        """Codec, channels, sample rate, bytes a second, bytes a block and bits a sample, as the header has them."""
        codec, channels, rate_hz, bytes_per_s, block_bytes, bits = struct.unpack_from("<HHIIHH", self.fmt)
        return codec, channels, rate_hz, bytes_per_s, block_bytes, bits

    @property
    def _block_bytes(self) -> int:
        """Bytes that cannot be divided: a sample of every channel, or a codec's packet."""
        codec, channels, _, _, block_bytes, bits = self._fields
        if codec not in _PLAIN_CODECS:
            return max(1, block_bytes)
        smallest = channels * -(-bits // 8)
        # The field is wrong in some files; right ones have up to eight bytes a sample.
        return max(1, block_bytes if smallest <= block_bytes <= 8 * channels else smallest)

    @property
    def _bytes_per_s(self) -> int:
        codec, _, rate_hz, bytes_per_s, _, _ = self._fields
        return max(1, rate_hz * self._block_bytes if codec in _PLAIN_CODECS else bytes_per_s)


def read_wave_header(view: View) -> WaveHeader | None:
    """Read the header of a WAV, RF64, BW64 or W64 file; None if it is something else, or has no audio chunk."""
    container, position = find_chunks(view)
    if container is None:
        return None
    contents: dict[bytes, bytes] = {}
    for _ in range(MAX_CHUNKS):
        chunk = read_chunk(view, position, container)
        if chunk is None:
            return None
        name, start, length, following = chunk
        if name == b"data":
            break
        if name in (b"fmt ", b"fact", b"ds64"):
            view.seek(start)
            contents[name] = view.read(min(length, 1024))
        position = following
    else:
        return None
    if len(contents.get(b"fmt ", b"")) < 16:
        return None
    promised = length
    if length == UNKNOWN_32 and len(contents.get(b"ds64", b"")) >= 16:
        promised = struct.unpack_from("<Q", contents[b"ds64"], 8)[0]
    written, held = _held_bytes(view, container, start, promised)
    return WaveHeader(
        container=container,
        fmt=contents[b"fmt "],
        fact=contents.get(b"fact", b""),
        audio_start=start,
        promised_bytes=written,
        held_bytes=held,
    )


def _held_bytes(view: View, container: str, start: int, promised: int) -> tuple[int | None, int]:
    """Return the promised length, None if it was never written, and the length of the audio in the file."""
    rest = view.size - start
    if promised in (UNKNOWN_32, UNKNOWN_64) or (promised >= _STREAMED > rest):
        return None, rest
    if promised > rest:
        return promised, rest
    if container == "WAV" and rest - promised >= _WRAP:
        return promised, promised + (rest - promised) // _WRAP * _WRAP
    behind = start + promised + promised % (8 if container == "W64" else 2)
    if promised == 0:
        return (0, 0) if rest == 0 or _is_chunk(view, start, container) else (None, rest)
    if view.size - behind >= _MIN_FORGOTTEN_BYTES and not _is_chunk(view, behind, container):
        return promised, rest
    return promised, promised


def _is_chunk(view: View, position: int, container: str) -> bool:
    """Tell whether something other than audio stands here: a chunk, a tag, or padding."""
    view.seek(position)
    beginning = view.read(_MIN_FORGOTTEN_BYTES)
    if beginning[:3] in (b"TAG", b"ID3") or beginning[:8] == b"APETAGEX" or not any(beginning):
        return True
    chunk = read_chunk(view, position, container)
    return (
        chunk is not None and all(32 <= byte < 127 for byte in chunk[0]) and chunk[1] + chunk[2] <= view.size
    )


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack("<4sI", name, len(content)) + content + b"\0" * (len(content) % 2)
