"""The chunks that WAV, RF64, BW64 and W64 files are made of."""

from __future__ import annotations

from soundalike.audio.source import View

# What a recorder that lost power, or one that writes the true length elsewhere, leaves as the length of a chunk.
UNKNOWN_32 = 0xFFFFFFFF
UNKNOWN_64 = 0xFFFFFFFFFFFFFFFF

MAX_CHUNKS = 10_000

# W64 names its chunks by GUIDs: four letters, then for all but "riff" the same twelve bytes.
_W64_RIFF = b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"
_W64_TAIL = b"\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"


def find_chunks(view: View) -> tuple[str | None, int]:
    """Return which of the four a file is, "WAV", "RF64", "BW64" or "W64", and where its first chunk begins.

    The name is None for a file of another kind.
    """
    view.seek(0)
    beginning = view.read(40)
    if beginning[:4] in (b"RIFF", b"RF64", b"BW64") and beginning[8:12] == b"WAVE":
        return {b"RIFF": "WAV", b"RF64": "RF64", b"BW64": "BW64"}[beginning[:4]], 12
    if beginning[:16] == _W64_RIFF and beginning[24:40] == b"wave" + _W64_TAIL:
        return "W64", 40
    return None, 0


def read_chunk(view: View, position: int, container: str) -> tuple[bytes, int, int, int] | None:
    """Return name, start and length of the content, and the position of the next chunk; None at the end."""
    view.seek(position)
    if container == "W64":
        head = view.read(24)
        if len(head) < 24:
            return None
        length = int.from_bytes(head[16:24], "little")
        if length < UNKNOWN_64:
            length = max(0, length - 24)  # a W64 length counts the chunk's own head
        start, align = position + 24, 8
        name = head[:4] if head[4:16] == _W64_TAIL else b"\0\0\0\0"
    else:
        head = view.read(8)
        if len(head) < 8:
            return None
        name, length = head[:4], int.from_bytes(head[4:8], "little")
        start, align = position + 8, 2
    return name, start, length, start + length + -length % align
