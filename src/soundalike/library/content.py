"""The identity of a recording, its bytes, and when they last changed."""

from __future__ import annotations

import hashlib

from soundalike.audio import OpenFile
from soundalike.locations import Location, Stat

# 64 bits: among ten million recordings, two of different content share an id with a chance of 1 in 370,000.
ID_DIGITS = 16
_INT64_MAX = 2**63 - 1
_BLOCK_BYTES = 1 << 18


def hash_of(source: Location | bytes | OpenFile) -> str:
    """BLAKE2b of a file's bytes, 32 hexadecimal digits.

    Raises:
        OSError: the file cannot be read.
    """
    if isinstance(source, bytes):
        return _blake2b(source).hexdigest()
    if isinstance(source, OpenFile):
        source.file.seek(0)
        digest = _blake2b()
        while block := source.file.read(_BLOCK_BYTES):
            digest.update(block)
        return digest.hexdigest()
    with source.open("rb") as file:
        return hashlib.file_digest(file, _blake2b).hexdigest()


def recording_id_of(content_hash: str) -> str:
    """The `recording_id` of content with this hash."""
    return content_hash[:ID_DIGITS]


def modified_ns_of(stat: Stat) -> int:
    """When a file changed, in nanoseconds; at most what 64 bits hold, the year 2262, whatever a clock once said."""
    return max(-_INT64_MAX, min(_INT64_MAX, stat.st_mtime_ns))


def _blake2b(data: bytes = b"") -> hashlib.blake2b:
    return hashlib.blake2b(data, digest_size=16)
