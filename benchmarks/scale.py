"""What does a Ray cluster cost and gain: one worker against the plain command, and two workers against one?

`soundalike index` of one-minute WAV files of noise (44.1 kHz, stereo), into a new library on disk:

- `plain`: `--jobs 1`, on one core.
- `one worker`: `--ray local --jobs 1`, on the same core; its processes share it.
- `two workers`: `--ray local --jobs 2`, on two cores.

Each for two sizes of the job. What Ray costs has a part that a job pays once (its processes start, libraries are
loaded) and a part that grows with it; two sizes tell them apart, and so what a job of any length pays. CPU seconds of
all processes stand beside those of the clock: on a machine that others use, they alone say much.

    python benchmarks/scale.py --files 12,48
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import record
import soundfile

# Linux: what a child leaves behind becomes ours and not init's, so that we can see it to its end.
_PR_SET_CHILD_SUBREAPER = 36
_LOOK_EVERY_S = 0.5
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
FILE_S = 60
RATE_HZ = 44_100
A_FEW_MINUTES_S = 180.0


class Descendants:
    """CPU seconds of everything that this process starts from now on, whoever waits for it in the end."""

    def __init__(self) -> None:
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self._before = set(_descendants())
        self._cpu_s: dict[tuple[int, str], float] = {}
        self._is_done = threading.Event()
        self._thread = threading.Thread(target=self._keep_looking, daemon=True)

    def __enter__(self) -> Descendants:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_done.set()
        self._thread.join()

    def cpu_s(self) -> float:
        """Seconds so far."""
        return sum(self._cpu_s.values())

    def _keep_looking(self) -> None:
        while not self._is_done.wait(_LOOK_EVERY_S):
            for one, used_s in _descendants().items():
                if one not in self._before:
                    self._cpu_s[one] = used_s


def _descendants() -> dict[tuple[int, str], float]:
    """CPU seconds of the processes below this one, by number and beginning; ended ones that nobody waited for too."""
    parents: dict[int, int] = {}
    seen: dict[int, tuple[str, float]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(entry.name)] = int(fields[1])
        seen[int(entry.name)] = fields[19], (int(fields[11]) + int(fields[12])) / _TICKS_PER_S
    below = {}
    for pid, (begun, used_s) in seen.items():
        above = parents[pid]
        while above not in (0, os.getpid()):
            above = parents.get(above, 0)
        if above:
            below[pid, begun] = used_s
    return below


def write_minute(path: Path, seed: int) -> None:
    """A minute of noise."""
    noise = np.random.default_rng(seed).integers(-3000, 3000, (FILE_S * RATE_HZ, 2), dtype=np.int16)
    soundfile.write(path, noise, RATE_HZ)


def run(lib: Path, files: list[Path], cores: str, *options: str, hop_s: float) -> dict[str, float]:
    """Index some files on some cores; seconds by the clock and of the processors."""
    command = [
        sys.executable,
        "-m",
        "soundalike",
        "index",
        lib,
        *files,
        "--hop-s",
        str(hop_s),
        "--json",
        *options,
    ]
    began_s = time.perf_counter()
    with Descendants() as descendants:
        done = subprocess.run(["taskset", "-c", cores, *command], capture_output=True, check=True)
        wall_s = time.perf_counter() - began_s
        time.sleep(2 * _LOOK_EVERY_S)
    report = json.loads(done.stdout)
    assert report["recordings"]["added"] == len(files)
    return {"wall_s": wall_s, "cpu_s": descendants.cpu_s(), "windows": report["windows"]}


def overhead(plain: list[dict[str, float]], worker: list[dict[str, float]], clock: str) -> dict[str, float]:
    """What a worker costs beyond the plain command: once, for every second of work, and in a job of a few minutes."""
    (small, large), (small_on_ray, large_on_ray) = plain, worker
    share = (large_on_ray[clock] - small_on_ray[clock]) / (large[clock] - small[clock]) - 1
    once_s = small_on_ray[clock] - small[clock] * (1 + share)
    return {
        "once_s": once_s,
        "share_of_work": share,
        "share_of_largest_job": large_on_ray[clock] / large[clock] - 1,
        "share_of_a_job_of_180_s": share + once_s / A_FEW_MINUTES_S,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", default="12,48", help="two sizes of the job, in files of a minute")
    parser.add_argument("--hop-s", type=float, default=0.25)
    parser.add_argument("--cores", default="0,1", help="two cores; the first is the one for one worker")
    chosen = parser.parse_args()
    sizes = record.numbers(chosen.files)
    one_core, two_cores = chosen.cores.split(",")[0], chosen.cores
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    with tempfile.TemporaryDirectory(prefix="soundalike-scale-") as name:
        folder = Path(name)
        files = [folder / f"{number:03}.wav" for number in range(max(sizes))]
        for number, path in enumerate(files):
            write_minute(path, number)
        found: dict[str, list[dict[str, float]]] = {"plain": [], "one worker": [], "two workers": []}
        for size in sizes:
            some = files[:size]
            ways = {
                "plain": (one_core, "--jobs", "1"),
                "one worker": (one_core, "--ray", "local", "--jobs", "1"),
                "two workers": (two_cores, "--ray", "local", "--jobs", "2"),
            }
            for way, (cores, *options) in ways.items():
                found[way].append(run(folder / f"{way}-{size}", some, cores, *options, hop_s=chosen.hop_s))
                print(size, way, found[way][-1], file=sys.stderr, flush=True)
    largest = {way: runs[-1] for way, runs in found.items()}
    record.append(
        "scale",
        question="What does one Ray worker cost beside the plain command on the same core, and what do two gain?",
        seed=None,
        config={
            "files": sizes,
            "file_s": FILE_S,
            "hop_s": chosen.hop_s,
            "encoder": "default",
            "load": os.getloadavg(),
        },
        values={
            "runs": found,
            "overhead_of_one_worker_cpu": overhead(found["plain"], found["one worker"], "cpu_s"),
            "overhead_of_one_worker_wall": overhead(found["plain"], found["one worker"], "wall_s"),
            "audio_s_per_wall_s": {way: sizes[-1] * FILE_S / one["wall_s"] for way, one in largest.items()},
            "two_workers_against_one_wall": largest["one worker"]["wall_s"]
            / largest["two workers"]["wall_s"],
        },
    )


if __name__ == "__main__":
    main()
