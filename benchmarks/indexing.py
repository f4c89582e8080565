"""How near does indexing come to the speed of the encoder alone, and to what people do without it?

One-minute FLAC files, 44.1 kHz stereo, made by this script, in turns:

- `encoder`: the encoder on windows that lie in memory, in batches; the faster of one call with all cores and of one
  call on each core.
- `index`: `soundalike.index` of the files into a new library.
- `by hand`: librosa.load of each file, and one forward pass over its windows; by another Python that has librosa
  (`--librosa-python`), on the same cores.

And what a second run over unchanged files costs, for `--unchanged` short files.

    python benchmarks/indexing.py --librosa-python VENV/bin/python
    python benchmarks/indexing.py --encoder default
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
import random_conv
import record
import soundfile
from numpy.typing import NDArray

from soundalike.audio import cut_windows, load
from soundalike.encoders import DEFAULT, GRAPH_FILE, Encoder, embed_on_threads, load_encoder
from soundalike.library import index
from soundalike.library.intake import BATCH
from soundalike.library.workers import usable_cores

FILE_RATE_HZ = 44_100
FILE_S = 60
HOP_S = 1.0

BY_HAND = """
import json, sys, time
import librosa, numpy as np, onnxruntime
graph, rate, samples, hop, *files = sys.argv[1:]
rate, samples, hop = int(rate), int(samples), int(hop)
session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
name = session.get_inputs()[0].name
def embed(file):
    sound, _ = librosa.load(file, sr=rate)
    windows = np.stack([sound[at : at + samples] for at in range(0, len(sound) - samples + 1, hop)])
    return len(session.run(None, {name: windows})[0])
embed(files[0])
began = time.perf_counter()
num_windows = sum(embed(file) for file in files)
print(json.dumps({"num_windows": num_windows, "wall_s": time.perf_counter() - began}))
"""


def write_minute(path: Path, seed: int) -> None:
    """A minute of tones that come and go over pink noise at -40 dB; FLAC makes it 60 % of its size."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(FILE_S * FILE_RATE_HZ) / FILE_RATE_HZ
    spectrum = np.fft.rfft(rng.normal(size=(len(time_s), 2)), axis=0)
    spectrum /= np.sqrt(np.arange(1, len(spectrum) + 1))[:, None]
    noise = np.fft.irfft(spectrum, n=len(time_s), axis=0)
    sound = 0.01 * noise / noise.std()
    for _ in range(8):
        pitch_hz, beat_hz, left = rng.uniform(100, 6000), rng.uniform(0.1, 3), rng.uniform()
        tone = (
            0.05 * np.sin(2 * np.pi * pitch_hz * time_s) * np.maximum(0, np.sin(2 * np.pi * beat_hz * time_s))
        )
        sound += tone[:, None] * [left, 1 - left]
    soundfile.write(path, np.clip(sound, -1, 1), FILE_RATE_HZ, subtype="PCM_16")


@dataclass(frozen=True)
class Cost:
    """What a piece of work took, by the clock and of all cores together."""

    wall_s: float
    cpu_s: float


def timed(work: Callable[[], object]) -> Cost:
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    work()
    return Cost(time.perf_counter() - began_s, time.process_time() - began_cpu_s)


def windows_in_memory(files: list[Path], encoder: Encoder) -> NDArray[np.float32]:
    rate_hz, window_s = encoder.sample_rate_hz, encoder.window_s
    waveforms = (load(file, sample_rate_hz=rate_hz).waveform for file in files)
    return np.concatenate(
        [cut_windows(one, sample_rate_hz=rate_hz, window_s=window_s, hop_s=HOP_S) for one in waveforms]
    )


def graph_of(encoder: str) -> bytes:
    """The ONNX file of an encoder folder, or of the one that comes with soundalike."""
    inside = resources.files("soundalike.encoders") if encoder == DEFAULT else Path()
    return inside.joinpath(encoder, GRAPH_FILE).read_bytes()


def measure(arguments: argparse.Namespace, encoder: Encoder, graph: Path, folder: Path) -> dict[str, object]:
    files = [folder / "minutes" / f"{number:03}.flac" for number in range(arguments.files)]
    files[0].parent.mkdir()
    for number, file in enumerate(files):
        write_minute(file, number)
    windows = windows_in_memory(files, encoder)
    batches = [windows[start : start + BATCH] for start in range(0, len(windows), BATCH)]
    on_threads = embed_on_threads(encoder)

    def one_call_on_each_core() -> None:
        with ThreadPoolExecutor(usable_cores()) as threads:
            list(threads.map(on_threads, batches))

    def one_call_on_all_cores() -> None:
        for batch in batches:
            encoder.embed(batch)

    def indexed() -> None:
        shutil.rmtree(folder / "library", ignore_errors=True)
        index(folder / "library", files, encoder=encoder, hop_s=HOP_S)

    def by_hand_s() -> float:
        sizes = (
            encoder.sample_rate_hz,
            encoder.window_s * encoder.sample_rate_hz,
            HOP_S * encoder.sample_rate_hz,
        )
        command = [
            arguments.librosa_python,
            "-c",
            BY_HAND,
            graph,
            *(str(round(size)) for size in sizes),
            *files,
        ]
        done = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        assert done["num_windows"] == len(windows)
        return float(done["wall_s"])

    for warm_up in (one_call_on_each_core, one_call_on_all_cores, indexed):
        warm_up()
    costs: dict[str, list[Cost]] = {name: [] for name in ("each", "index", "all")}
    hand_s: list[float] = []
    for _ in range(arguments.repeats):
        costs["each"].append(timed(one_call_on_each_core))
        costs["index"].append(timed(indexed))
        costs["all"].append(timed(one_call_on_all_cores))
        if arguments.librosa_python:
            hand_s.append(by_hand_s())
    alone_s = [min(one.wall_s, other.wall_s) for one, other in zip(costs["each"], costs["all"], strict=True)]
    alone_cpu_s = [
        min(one.cpu_s, other.cpu_s) for one, other in zip(costs["each"], costs["all"], strict=True)
    ]
    index_s = [one.wall_s for one in costs["index"]]
    index_cpu_s = [one.cpu_s for one in costs["index"]]
    num_minutes = len(files) * FILE_S / 60
    values: dict[str, object] = {
        "windows": len(windows),
        "size of a file, MB": round(files[0].stat().st_size / 1e6, 1),
        "encoder alone, times real time": record.spread([60 * num_minutes / one for one in alone_s]),
        "index, times real time": record.spread([60 * num_minutes / one for one in index_s]),
        "index / encoder alone": record.spread(
            [one / other for one, other in zip(alone_s, index_s, strict=True)]
        ),
        "encoder alone, CPU s a minute": record.spread([one / num_minutes for one in alone_cpu_s]),
        "index, CPU s a minute": record.spread([one / num_minutes for one in index_cpu_s]),
        # What the ratio would be if no core ever waited; a busy machine does not change it.
        "index / encoder alone, by CPU time": record.spread(
            [one / other for one, other in zip(alone_cpu_s, index_cpu_s, strict=True)]
        ),
    }
    if arguments.librosa_python:
        values["by hand, times real time"] = record.spread([60 * num_minutes / one for one in hand_s])
        values["index / by hand"] = record.spread(
            [one / other for one, other in zip(hand_s, index_s, strict=True)]
        )
    return values


def measure_unchanged(num_files: int, encoder: Encoder, folder: Path) -> dict[str, object]:
    """What a second run over short files costs."""
    rng = np.random.default_rng(0)
    for number in range(num_files):
        path = folder / "short" / f"{number // 100:03}" / f"{number:05}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, rng.uniform(-0.5, 0.5, FILE_RATE_HZ // 2), FILE_RATE_HZ, subtype="PCM_16")

    def indexed() -> None:
        index(folder / "short library", [folder / "short"], encoder=encoder)

    first_s = timed(indexed).wall_s
    again_s = [timed(indexed).wall_s for _ in range(5)]
    return {
        f"first run over {num_files} files of half a second, s": first_s,
        "second run, s": record.spread(again_s),
        "second run / first run": record.spread([one / first_s for one in again_s]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--encoder", help="an encoder; without it one with random convolutions")
    parser.add_argument("--files", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--unchanged", type=int, default=10_000)
    parser.add_argument("--librosa-python", help="a Python that has librosa and onnxruntime")
    arguments = parser.parse_args()
    load_before = round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None
    with tempfile.TemporaryDirectory() as folder:
        if arguments.encoder is None:
            graph = Path(folder) / "random-conv.onnx"
            num_products = random_conv.write(graph, seed=0)
            encoder = load_encoder(
                graph, sample_rate_hz=random_conv.SAMPLE_RATE_HZ, window_s=random_conv.WINDOW_S
            )
        else:
            encoder, num_products = load_encoder(arguments.encoder), None
            graph = Path(folder) / "encoder.onnx"
            graph.write_bytes(graph_of(arguments.encoder))
        values = measure(arguments, encoder, graph, Path(folder))
        if arguments.unchanged:
            values |= measure_unchanged(arguments.unchanged, encoder, Path(folder))
    record.append(
        "indexing",
        question="How near does indexing come to the encoder alone, and how far from doing it by hand?",
        seed=0,
        config={
            "encoder": arguments.encoder or "random convolutions",
            "multiplications a window": num_products,
            "files": arguments.files,
            "jobs": usable_cores(),
            "batch": BATCH,
            # Above 0 when it began: others were at work, and numbers by the clock are too low.
            "load before": load_before,
        },
        values=values,
    )


if __name__ == "__main__":
    main()
