"""Memory does not grow with the length of a recording, and files may be larger than 4 GB."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from reference.audio_files import KINDS, tone, write_kind
from soundalike.audio import load, open_audio

# Peak memory of a process of its own, so that what other tests allocated does not count: on Linux the one since the
# program began, for the number that getrusage gives begins with the parent's.
READ_ALL = """
import re, resource, sys
from pathlib import Path
from soundalike.audio import open_audio, stream_windows
with open_audio(sys.argv[1], sample_rate_hz=16000) as stream:
    count = sum(1 for _ in stream_windows(stream.blocks(), sample_rate_hz=16000, window_s=2.0, hop_s=1.0))
if Path("/proc/self/status").exists():
    peak = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(count, peak)
"""


def peak_bytes(path: Path, *, num_windows: int) -> int:
    done = subprocess.run([sys.executable, "-c", READ_ALL, path], capture_output=True, text=True, check=True)
    count, peak = done.stdout.split()
    assert int(count) == num_windows
    return int(peak)


@pytest.mark.skipif(sys.platform == "win32", reason="peak memory is read the Unix way")
@pytest.mark.parametrize("kind_name", ["wav-16", "flac-16", "mp3", "mkv-flac-video"])
def test_peak_memory_does_not_grow_with_the_length(kind_name: str, tmp_path: Path) -> None:
    kind = KINDS[kind_name]
    peaks = {}
    for duration_s in (10, 200):
        sound = tone(duration_s=duration_s, sample_rate_hz=kind.sample_rate_hz)
        path = write_kind(tmp_path, kind, np.stack([sound, sound], axis=1), name=str(duration_s))
        peaks[duration_s] = peak_bytes(path, num_windows=duration_s - 1)
    # The longer one would be 12 MB more as mono float32 at 16 kHz, 67 MB as stereo float32 at 44.1 kHz.
    assert peaks[200] - peaks[10] < 8e6


def sparse(path: Path, header: bytes, num_bytes: int, ending: bytes) -> None:
    with path.open("wb") as file:
        file.write(header)
        try:
            file.truncate(len(header) + num_bytes)
        except OSError:
            pytest.skip("the file system is too small")
        file.seek(-len(ending), 2)
        file.write(ending)
    if path.stat().st_blocks * 512 > 1e9:
        path.unlink()
        pytest.skip("the file system has no sparse files")


RATE_HZ = 192_000
NUM_BYTES = 5_000_000_000 - 5_000_000_000 % (RATE_HZ * 4)
FMT = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 2, RATE_HZ, RATE_HZ * 4, 4, 16)
W64_TAIL = bytes.fromhex("f3acd3118cd100c04f8edb8a")
HEADERS = {
    "RF64": struct.pack(
        "<4sI4s4sIQQQI", b"RF64", 2**32 - 1, b"WAVE", b"ds64", 28, NUM_BYTES + 72, NUM_BYTES, 0, 0
    )
    + FMT
    + struct.pack("<4sI", b"data", 2**32 - 1),
    "W64": b"riff"
    + bytes.fromhex("2e91cf11a5d628db04c10000")
    + struct.pack("<Q", NUM_BYTES + 104)
    + b"wave"
    + W64_TAIL
    + b"fmt "
    + W64_TAIL
    + struct.pack("<Q", 40)
    + FMT[8:]
    + b"data"
    + W64_TAIL
    + struct.pack("<Q", NUM_BYTES + 24),
    "WAV": struct.pack("<4sI4s", b"RIFF", (NUM_BYTES + 36) % 2**32, b"WAVE")
    + FMT
    + struct.pack("<4sI", b"data", NUM_BYTES % 2**32),
}
HEADERS["BW64"] = b"BW64" + HEADERS["RF64"][4:]


@pytest.mark.parametrize("container", sorted(HEADERS))
def test_files_over_4_gb_are_read_to_their_end(container: str, tmp_path: Path) -> None:
    path = tmp_path / "large.wav"
    ending = (np.ones((RATE_HZ, 2)) * 2**14).astype("<i2").tobytes()
    sparse(path, HEADERS[container], NUM_BYTES, ending)
    seconds = NUM_BYTES // (RATE_HZ * 4)
    audio = load(path, sample_rate_hz=RATE_HZ, start_s=seconds - 1.5)
    path.unlink()
    assert audio.info.format == container
    assert audio.info.duration_s == seconds
    # A WAV cannot say such a length: its 32 bits wrapped around, and the reader is told.
    assert [warning.split(":")[0] for warning in audio.warnings] == (
        ["wrong header"] if container == "WAV" else []
    )
    np.testing.assert_array_equal(audio.waveform, np.repeat(np.float32([0.0, 0.5]), [RATE_HZ // 2, RATE_HZ]))


def test_many_channels_are_read_in_small_blocks(tmp_path: Path) -> None:
    path = tmp_path / "many.wav"
    soundfile.write(path, np.zeros((100_000, 40), dtype=np.float32), 48000)
    with open_audio(path, sample_rate_hz=48000) as stream:
        assert max(len(block) for block in stream.blocks()) * 40 <= 2**18
