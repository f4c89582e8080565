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
    """What the end of the file tells.

    Attributes:
        truncated: the last page is missing, or a piece of it.
        chained: recordings follow one another in the file.
        granule: the number of the last sample, in the codec's count; -1 if the last page ends none.
        is_opus: Opus counts in 48 kHz whatever its sample rate.
    """

    truncated: bool
    chained: bool
    granule: int = -1
    is_opus: bool = False

    def is_longer_than(self, duration_s: float | None, sample_rate_hz: int) -> bool:
        """Tell whether the last page lies clearly behind a duration: a decoder stopped at damage before it."""
        if duration_s is None or self.granule < 0:
            return False
        return self.granule / (48_000 if self.is_opus else sample_rate_hz) > duration_s + 0.5


def read_ogg_end(view: View) -> OggEnd | None:
    """Look at the first and the last page of an Ogg file; None if it is something else."""
    view.seek(0)
    beginning = view.read(_HEAD_BYTES + 32)
    if beginning[:4] != b"OggS" or len(beginning) < _HEAD_BYTES:
        return None
    (first_serial,) = struct.unpack_from("<I", beginning, 14)
    view.seek(max(0, view.size - _TAIL_BYTES))
    tail = view.read(_TAIL_BYTES)
    at = tail.rfind(b"OggS")
    while at >= 0:
        flags, granule, serial, num_segments = _head(tail, at)
        lengths = tail[at + _HEAD_BYTES : at + _HEAD_BYTES + num_segments]
        if num_segments >= 0 and at + _HEAD_BYTES + num_segments + sum(lengths) <= len(tail):
            return OggEnd(
                truncated=not flags & _LAST_PAGE,
                chained=serial != first_serial,
                granule=granule,
                is_opus=b"OpusHead" in beginning,
            )
        at = tail.rfind(b"OggS", 0, at)  # this page is cut: the one before it is the last whole one
    return OggEnd(truncated=True, chained=False)


def _head(tail: bytes, at: int) -> tuple[int, int, int, int]:
    """Return flags, granule, serial number and number of segments; -1 segments if the page is cut inside its head."""
    if at + _HEAD_BYTES > len(tail):
        return 0, -1, 0, -1
    flags, granule, serial, _, _, num_segments = struct.unpack_from("<BqIIIB", tail, at + 5)
    return flags, granule, serial, num_segments
