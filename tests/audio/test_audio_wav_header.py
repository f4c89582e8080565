"""Headers of WAV, RF64, BW64 and W64 that lie about the length."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from reference.audio_files import changed, tone
from soundalike.audio import load

RATE_HZ = 44100
LENGTHS = {
    "nothing": (0, "unfinished header: it gives no length, the file holds 4.0 s"),
    "unknown": (-1, "unfinished header: it gives no length, the file holds 4.0 s"),
    "too much": (10 * RATE_HZ * 2, "truncated: the header promises 10.0 s, the file holds 4.0 s"),
    "too little": (RATE_HZ * 2, "wrong header: it promises 1.0 s, the file holds 4.0 s"),
}


def write(path: Path, container: str, subtype: str = "PCM_16") -> np.ndarray:
    sound = tone(duration_s=4.0, sample_rate_hz=RATE_HZ)
    soundfile.write(path, sound, RATE_HZ, format=container, subtype=subtype)
    return soundfile.read(path, dtype="float32")[0]


def claim(content: bytearray, num_bytes: int) -> None:
    """Write another length of the audio where the container keeps it."""
    if content[:4] == b"riff":
        at = content.index(b"data\xf3") + 16
        struct.pack_into("<Q", content, at, 2**64 - 1 if num_bytes < 0 else num_bytes + 24 * (num_bytes > 0))
        struct.pack_into("<Q", content, 16, 0)
    elif content[:4] == b"RIFF":
        struct.pack_into("<I", content, content.index(b"data") + 4, num_bytes % 2**32)
        struct.pack_into("<I", content, 4, (num_bytes + 36) % 2**32 if num_bytes > 0 else num_bytes % 2**32)
    else:
        struct.pack_into("<QQ", content, content.index(b"ds64") + 8, 0, num_bytes % 2**64)


@pytest.mark.parametrize("length", sorted(LENGTHS))
@pytest.mark.parametrize("container", ["WAV", "RF64", "BW64", "W64"])
def test_all_the_audio_is_read_and_the_lie_is_named(container: str, length: str, tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    expected = write(path, "RF64" if container == "BW64" else container)
    num_bytes, warning = LENGTHS[length]

    def change(content: bytearray) -> None:
        claim(content, num_bytes)
        if container == "BW64":
            content[:4] = b"BW64"

    path = changed(path, change)
    before = path.read_bytes()
    audio = load(path, sample_rate_hz=RATE_HZ)
    np.testing.assert_array_equal(audio.waveform, expected)
    assert audio.warnings == (warning,)
    assert audio.info.format == container
    assert audio.info.duration_s == 4.0
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "subtype", ["PCM_U8", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "IMA_ADPCM", "MS_ADPCM"]
)
@pytest.mark.parametrize("num_bytes", [0, -1])
def test_every_codec_survives_a_header_without_length(subtype: str, num_bytes: int, tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    expected = write(path, "WAV", subtype)
    audio = load(changed(path, lambda content: claim(content, num_bytes)), sample_rate_hz=RATE_HZ)
    np.testing.assert_array_equal(audio.waveform, expected)
    assert audio.warnings[0].startswith("unfinished header")


@pytest.mark.parametrize(
    "behind",
    [b"LIST" + struct.pack("<I", 4096) + bytes(4096), b"TAG" + b"x" * 5000, bytes(9000), b"\x01\x80" * 1000],
)
def test_what_programs_leave_behind_the_audio_is_not_audio(behind: bytes, tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    expected = write(path, "WAV")
    with path.open("ab") as file:
        file.write(behind)
    audio = load(path, sample_rate_hz=RATE_HZ)
    np.testing.assert_array_equal(audio.waveform, expected)
    assert audio.warnings == ()


def test_chunks_between_format_and_audio_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    expected = write(path, "WAV")

    def change(content: bytearray) -> None:
        content[36:36] = b"bext" + struct.pack("<I", 603) + b"data" * 150 + b"xyz" + b"\0"
        struct.pack_into("<I", content, 36 + 612 + 4, 0)

    audio = load(changed(path, change), sample_rate_hz=RATE_HZ)
    np.testing.assert_array_equal(audio.waveform, expected)


@pytest.mark.parametrize("block", [0, 0xFFFF])
def test_the_length_is_right_though_the_block_size_is_wrong(block: int, tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    expected = write(path, "WAV")

    def change(content: bytearray) -> None:
        claim(content, 0)
        struct.pack_into("<H", content, 32, block)

    audio = load(changed(path, change), sample_rate_hz=RATE_HZ)
    np.testing.assert_array_equal(audio.waveform, expected)
    assert audio.warnings == ("unfinished header: it gives no length, the file holds 4.0 s",)
