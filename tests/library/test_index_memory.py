"""Memory does not grow with the length of a recording that is indexed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

INDEX = """
import re, resource, sys
from pathlib import Path
from band_encoder import BandEncoder
from soundalike.library import index
report = index(sys.argv[1], [sys.argv[2]], encoder=BandEncoder(), hop_s=0.5, jobs=2)
if Path("/proc/self/status").exists():
    peak = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(report.num_windows, peak)
"""


def peak_bytes(lib: Path, path: Path, *, num_windows: int) -> int:
    places = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", INDEX, lib, path],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": places},
    )
    count, peak = done.stdout.split()
    assert int(count) == num_windows
    return int(peak)


@pytest.mark.skipif(sys.platform == "win32", reason="peak memory is read the Unix way")
def test_peak_memory_of_an_index_run_does_not_grow_with_the_length(tmp_path: Path) -> None:
    peaks = {}
    minute = np.random.default_rng(0).uniform(-0.3, 0.3, (60 * 48_000, 2)).astype(np.float32)
    for minutes in (3, 30):
        path = tmp_path / f"{minutes}.wav"
        with soundfile.SoundFile(path, "w", 48_000, 2, subtype="PCM_16") as file:
            for _ in range(minutes):
                file.write(minute)
        peaks[minutes] = peak_bytes(tmp_path / f"lib{minutes}", path, num_windows=minutes * 120)
        path.unlink()
    # The longer one would be 26 MB more as mono float32 at 4 kHz, 52 MB as windows, 620 MB as stereo at 48 kHz.
    assert peaks[30] - peaks[3] < 25e6
    assert peaks[30] < 400e6
