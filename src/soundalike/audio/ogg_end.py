"""How an Ogg file ends: cut off, or with another recording than the one it began with."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from soundalike.audio.source import View

# An Ogg page is at most 65,307 bytes long, so this much holds the last whole page and a piece of a cut one.
_TAIL_BYTES = 1 << 17

_HEAD_BYTES = 27
_LAST_PAGE = 0x04


@dataclass(frozen=True, kw_only=True)
class OggEnd:
    """What the end of the file tells: `truncated`, and `chained` if recordings follow one another in it."""

    truncated: bool
    chained: bool


def read_ogg_end(view: View) -> OggEnd | None:
    """Look at the first and the last page of an Ogg file; None if it is something else."""
    view.seek(0)
    beginning = view.read(_HEAD_BYTES)
    if beginning[:4] != b"OggS" or len(beginning) < _HEAD_BYTES:
        return None
    (first_serial,) = struct.unpack_from("<I", beginning, 14)
    view.seek(max(0, view.size - _TAIL_BYTES))
    tail = view.read(_TAIL_BYTES)
    at = tail.rfind(b"OggS")
    while at >= 0:
        flags, serial, num_segments = _head(tail, at)
        lengths = tail[at + _HEAD_BYTES : at + _HEAD_BYTES + num_segments]
        if num_segments >= 0 and at + _HEAD_BYTES + num_segments + sum(lengths) <= len(tail):
            return OggEnd(truncated=not flags & _LAST_PAGE, chained=serial != first_serial)
        at = tail.rfind(b"OggS", 0, at)  # this page is cut: the one before it is the last whole one
    return OggEnd(truncated=True, chained=False)


def _head(tail: bytes, at: int) -> tuple[int, int, int]:
    """Return flags, serial number and number of segments of a page; -1 segments if the page is cut inside its head."""
    if at + _HEAD_BYTES > len(tail):
        return 0, 0, -1
    flags, _, serial, _, _, num_segments = struct.unpack_from("<BqIIIB", tail, at + 5)
    return flags, serial, num_segments
