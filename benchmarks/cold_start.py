"""How long does a search take from the shell prompt to the printed hits, against importing its two heavy libraries?

    python benchmarks/cold_start.py [--runs 15]

Both are fresh processes with compiled modules and a warm disk cache, in turn; the library has 60 short synthetic sounds
and the default encoder. Processor time stands beside the time on the clock, which a busy machine stretches.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import record

from soundalike import index
from soundalike.data.synthetic import write_corpus


def timed(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Seconds on the clock, and seconds of processor time where the system tells."""
    before = os.times()
    started_s = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    wall_s = time.perf_counter() - started_s
    after = os.times()
    return wall_s, sum(after[2:4]) - sum(before[2:4])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    arguments = parser.parse_args()
    with TemporaryDirectory(prefix="soundalike-") as folder:
        sounds, library = Path(folder) / "sounds", Path(folder) / "library"
        write_corpus(sounds, clips_per_kind=20, seed=0, kinds=("birds", "rain", "siren"), duration_s=3.0)
        index(library, [sounds])
        query = sounds / "rain" / "rain_003.wav"
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(Path(folder) / "compiled")}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        commands = {
            "imports": [sys.executable, "-c", "import onnxruntime, lance"],
            "search": [sys.executable, "-m", "soundalike", "search", str(library), str(query)],
        }
        for command in commands.values():
            timed(command, environment)
        samples = {name: [] for name in commands}
        for _ in range(arguments.runs):
            for name, command in commands.items():
                samples[name].append(timed(command, environment))
    values = {}
    for name, pairs in samples.items():
        values[f"{name}_wall_s"] = record.spread([wall_s for wall_s, _ in pairs])
        values[f"{name}_cpu_s"] = record.spread([cpu_s for _, cpu_s in pairs])
    for kind in ("wall", "cpu"):
        medians = [values[f"{name}_{kind}_s"]["median"] for name in ("search", "imports")]
        values[f"ratio_{kind}"] = round(medians[0] / medians[1], 3)
    record.append(
        "cold_start",
        question="How long does a search take from the shell prompt, against importing onnxruntime and lance?",
        seed=0,
        config={"recordings": 60, "encoder": "default", "runs": arguments.runs},
        values=values,
    )


if __name__ == "__main__":
    main()
