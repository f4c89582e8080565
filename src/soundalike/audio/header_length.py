"""The length that a header promises, for formats whose decoders keep quiet about it when the file was cut."""

from __future__ import annotations

import struct

from soundalike.audio.source import View

# Bytes a sample for the encodings of AU that have a whole number of them.
_AU_SAMPLE_BYTES = {1: 1, 2: 1, 3: 2, 4: 3, 5: 4, 6: 4, 7: 8, 27: 1}

# The GUID of the object in a WMA header that has the length, in tenths of microseconds.
_ASF_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")

_MP3_RATES_HZ = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def length_in_header_s(view: View) -> float | None:
    """Return the length in seconds in the header of an AIFF, AU, AVI, CAF, MP3 or WMA file; None if there is none."""
    view.seek(0)
    beginning = view.read(4096)
    try:
        if beginning[:4] == b"FORM" and beginning[8:12] in (b"AIFF", b"AIFC"):
            return _aiff(beginning)
        if beginning[:4] == b".snd":
            return _au(beginning)
        if beginning[:4] == b"caff":
            return _caf(beginning)
        if (at := beginning.find(_ASF_PROPERTIES)) > 0:
            return _asf(beginning, at)
        if beginning[:4] == b"RIFF" and beginning[8:12] == b"AVI ":
            return _avi(beginning)
        if beginning[:3] == b"ID3":
            # Four bytes of seven bits each.
            view.seek(
                10 + sum(byte << shift for byte, shift in zip(beginning[6:10], (21, 14, 7, 0), strict=True))
            )
            beginning = view.read(4096)
        return _mp3(beginning)
    except (struct.error, ValueError, ZeroDivisionError, OverflowError):
        return None  # cut inside its header: no promise


def _aiff(beginning: bytes) -> float | None:
    at = beginning.find(b"COMM")
    if at < 0:
        return None
    _, num_frames, _, exponent, mantissa = struct.unpack_from(">HIHHQ", beginning, at + 8)
    # The rate is an 80-bit float; its mantissa has one bit before the point.
    rate_hz: float = mantissa * 2.0 ** (exponent - 16383 - 63)
    return float(num_frames / rate_hz) or None


def _au(beginning: bytes) -> float | None:
    num_bytes, encoding, rate_hz, channels = struct.unpack_from(">IIII", beginning, 8)
    if num_bytes in (0, 0xFFFFFFFF) or encoding not in _AU_SAMPLE_BYTES:
        return None
    return float(num_bytes / (_AU_SAMPLE_BYTES[encoding] * channels * rate_hz))


def _caf(beginning: bytes) -> float | None:
    desc, data = beginning.find(b"desc"), beginning.find(b"data")
    if desc < 0 or data < 0:
        return None
    rate_hz, _, _, packet_bytes, packet_samples = struct.unpack_from(">d4sIII", beginning, desc + 12)
    (num_bytes,) = struct.unpack_from(">q", beginning, data + 4)
    if num_bytes <= 4 or packet_bytes == 0:  # not written yet, or packets of different sizes
        return None
    return float((num_bytes - 4) // packet_bytes * packet_samples / rate_hz)


def _asf(beginning: bytes, at: int) -> float | None:
    play, _, preroll_ms = struct.unpack_from("<QQQ", beginning, at + 64)
    return float(play / 1e7 - preroll_ms / 1e3) or None


def _avi(beginning: bytes) -> float | None:
    at = beginning.find(b"avih")
    if at < 0:
        return None
    frame_us, *_, num_frames = struct.unpack_from("<5I", beginning, at + 8)
    return frame_us * num_frames / 1e6 or None


def _mp3(beginning: bytes) -> float | None:
    """Read the Xing or Info tag that encoders write into the first frame; without it there is no length."""
    if len(beginning) < 4 or beginning[0] != 0xFF or beginning[1] < 0xE0:
        return None
    version, rate_index = beginning[1] >> 3 & 3, beginning[2] >> 2 & 3
    if version not in _MP3_RATES_HZ or rate_index == 3:
        return None
    # The tag stands behind the side information, whose length depends on version and channels: at most 40 bytes in.
    at = max(beginning.find(b"Xing", 0, 48), beginning.find(b"Info", 0, 48))
    if at < 0:
        return None
    flags, num_frames = struct.unpack_from(">II", beginning, at + 4)
    frame_samples = 1152 if version == 3 else 576
    return float(num_frames * frame_samples / _MP3_RATES_HZ[version][rate_index]) if flags & 1 else None
