"""How fast, how large and how right is a search, beside other engines on the same vectors?

    python benchmarks/search.py --peers /path/to/python [--sizes 10000,100000,1000000] [--alone 10000000]
           [--embeddings FILE.npy] [--engines NAME,NAME] [--work FOLDER]

`--peers` is a Python in which requirements-search.txt and soundalike's own dependencies are installed. All engines run
there, one after another, each in fresh processes with one thread (`--threads`). Vectors have length 1, so that
euclidean distance, cosine and inner product rank alike. They are clustered (recordings around kinds of sound, windows
around their recording), or real embeddings, repeated with jitter as large as the distance to the nearest neighbour.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import record
from search_engines import ENGINES, WINDOWS_PER_RECORDING, K

SEED = 0
DIM = 128
NUM_QUERIES = 500
NUM_TUNING = 200
# The true neighbours among many windows take longer to find than everything else.
MANY_WINDOWS, NUM_QUERIES_OF_MANY = 2_000_000, 200
BLOCK = 100_000


class Clustered:
    """Windows around recordings around kinds of sound."""

    name = "clustered"

    def __init__(self, num_windows: int) -> None:
        random = np.random.default_rng(SEED)
        self._kinds = random.normal(size=(2000, DIM)).astype(np.float32)
        self._num_recordings = -(-num_windows // WINDOWS_PER_RECORDING)

    def recordings(self, random: np.random.Generator, num_recordings: int) -> np.ndarray:
        """[recording, window, dim] of that many recordings."""
        kinds = self._kinds[random.integers(0, len(self._kinds), num_recordings)]
        centres = kinds + 0.5 * random.normal(size=kinds.shape).astype(np.float32)
        spread = 0.3 * random.standard_normal((num_recordings, WINDOWS_PER_RECORDING, DIM), np.float32)
        return centres[:, None] + spread


class Real:
    """Real embeddings, repeated with jitter."""

    def __init__(self, path: Path) -> None:
        self.name = f"jittered {path.stem}"
        self._vectors = unit(np.load(path).astype(np.float32))
        random = np.random.default_rng(SEED)
        some = self._vectors[random.choice(len(self._vectors), min(500, len(self._vectors)), replace=False)]
        squared = np.sort(2 - 2 * some @ self._vectors.T, axis=1)[:, 1]
        self._jitter = float(np.sqrt(np.median(np.maximum(squared, 0)))) / np.sqrt(self._vectors.shape[1])

    def recordings(self, random: np.random.Generator, num_recordings: int) -> np.ndarray:
        chosen = self._vectors[random.integers(0, len(self._vectors), num_recordings * WINDOWS_PER_RECORDING)]
        jittered = chosen + self._jitter * random.standard_normal(chosen.shape, np.float32)
        return jittered.reshape(num_recordings, WINDOWS_PER_RECORDING, -1)


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def write_data(source: Clustered | Real, num_windows: int, folder: Path) -> None:
    """Gallery, queries that are none of it, and their true neighbours."""
    random = np.random.default_rng(SEED + 1)
    # As many new recordings as queries: every query is a window of another sound.
    num_queries = NUM_QUERIES if num_windows < MANY_WINDOWS else NUM_QUERIES_OF_MANY
    asked = unit(source.recordings(random, num_queries + NUM_TUNING)[:, 0])
    dim = asked.shape[1]
    gallery = np.lib.format.open_memmap(folder / "gallery.npy", "w+", np.float32, (num_windows, dim))
    best = np.full((len(asked), K), -np.inf, np.float32)
    numbers = np.zeros((len(asked), K), np.int64)
    for start in range(0, num_windows, BLOCK):
        size = min(BLOCK, num_windows - start)
        block = unit(source.recordings(random, -(-size // WINDOWS_PER_RECORDING)).reshape(-1, dim)[:size])
        gallery[start : start + size] = block
        products = np.concatenate([best, asked @ block.T], axis=1)
        seen = np.concatenate(
            [numbers, np.broadcast_to(np.arange(start, start + size), (len(asked), size))], axis=1
        )
        top = np.argpartition(products, -K, axis=1)[:, -K:]
        best, numbers = np.take_along_axis(products, top, axis=1), np.take_along_axis(seen, top, axis=1)
    gallery.flush()
    np.save(folder / "queries.npy", asked[:num_queries])
    np.save(folder / "truth.npy", numbers[:num_queries])
    np.save(folder / "tuning.npy", asked[num_queries:])
    np.save(folder / "tuning_truth.npy", numbers[num_queries:])


def measure(engine: str, data: Path, python: str, threads: int) -> dict[str, Any]:
    """Build and ask one engine, each in a new process."""
    out = data / "engine"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    values: dict[str, Any] = {}
    limits = {name: str(threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")}
    limits |= {"LANCE_CPU_THREADS": str(threads), "TOKIO_WORKER_THREADS": str(threads)}
    for step in ("build", "ask"):
        command = [
            python,
            str(Path(__file__).with_name("search_engines.py")),
            step,
            engine,
            str(data),
            str(out),
        ]
        completed = subprocess.run(
            command, capture_output=True, text=True, check=False, env={**os.environ, **limits}
        )
        if completed.returncode:
            sys.exit(f"{engine} {step} failed:\n{completed.stderr[-4000:]}")
        values |= json.loads(completed.stdout.splitlines()[-1])
    shutil.rmtree(out)
    return values


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peers", default=sys.executable)
    parser.add_argument("--sizes", type=record.numbers, default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--alone", type=int)
    parser.add_argument("--embeddings", type=Path)
    parser.add_argument("--engines", default=",".join(ENGINES))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--work", type=Path)
    arguments = parser.parse_args()
    engines = arguments.engines.split(",")
    jobs = [(size, engines) for size in arguments.sizes]
    if arguments.alone:
        jobs.append((arguments.alone, ["soundalike"]))
    for size, names in jobs:
        source = Real(arguments.embeddings) if arguments.embeddings else Clustered(size)
        with tempfile.TemporaryDirectory(dir=arguments.work) as folder:
            write_data(source, size, Path(folder))
            measured = {}
            for name in names:
                load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
                measured[name] = measure(name, Path(folder), arguments.peers, arguments.threads)
                measured[name]["load_before"] = load
                print(size, name, measured[name], flush=True)
        record.append(
            "search",
            question="How fast, how large and how right is a search, beside other engines on the same vectors?",
            seed=SEED,
            config={
                "vectors": source.name,
                "windows": size,
                "dim": DIM,
                "queries": NUM_QUERIES if size < MANY_WINDOWS else NUM_QUERIES_OF_MANY,
                "k": K,
                "threads": arguments.threads,
                "engines": names,
                "peers": Path(__file__).with_name("requirements-search.txt").read_text().split(),
            },
            values=measured,
        )


if __name__ == "__main__":
    main()
