"""What do metadata cost: reading tags while indexing, and evaluating a filter before a search?

- Tags: 1,000 short files (WAV with `bext` and INFO, FLAC, Ogg Vorbis, a third each) are opened and decoded to their
  end, which is what indexing does besides the encoder; the share of that time that reading the tags takes.
- Filters: the time from the text of a filter to the mask over all windows, for recordings and windows in memory.

    python benchmarks/metadata.py
    python benchmarks/metadata.py --recordings 20000 --repeats 3
"""

from __future__ import annotations

import argparse
import json
import struct
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import record
import soundfile

from soundalike.audio import open_audio
from soundalike.library.where import Filterable, allowed_by
from soundalike.store import Recording
from soundalike.store.recording import to_arrow

RATE_HZ = 44_100
FILE_S = 0.5
WINDOWS_PER_RECORDING = 5
FILTERS = {
    "label": "label = 'label 7'",
    "path": "path LIKE '%/7/%'",
    "time": "recorded_at >= timestamp '2024-05-01 00:00:00'",
    "hour": "date_part('hour', recorded_at) BETWEEN 4 AND 6",
    "own column": "x_depth > 50",
    "window": "start_s < 2",
    "recording and window": "label = 'label 7' AND start_s < 2",
}


def write_files(folder: Path, number: int, rng: np.random.Generator) -> list[Path]:
    """Short noises of three kinds, each with a title, an artist and a comment."""
    paths = []
    for index in range(number):
        path = folder / f"{index}.{('wav', 'flac', 'ogg')[index % 3]}"
        with soundfile.SoundFile(path, "w", RATE_HZ, 1) as file:
            file.title, file.artist, file.comment = f"title {index}", "somebody", "a comment of some words"
            file.write(rng.normal(0, 0.1, int(FILE_S * RATE_HZ)))
        if path.suffix == ".wav":
            bext = struct.pack("<256s32s32s10s8s264x", b"dawn", b"", b"", b"2024-05-01", b"05:30:07")
            path.write_bytes(path.read_bytes() + struct.pack("<4sI", b"bext", len(bext)) + bext)
        paths.append(path)
    return paths


def share_of_tags(paths: list[Path]) -> tuple[float, float]:
    """Milliseconds of processor time that a file takes to read without its tags, and for its tags."""
    read_s = tags_s = 0.0
    for path in paths:
        began_s = time.process_time()
        with open_audio(path, sample_rate_hz=16_000) as stream:
            for _ in stream.blocks():
                pass
            read_s += time.process_time() - began_s
            began_s = time.process_time()
            assert stream.tags().title
            tags_s += time.process_time() - began_s
    return 1000 * read_s / len(paths), 1000 * tags_s / len(paths)


def library(num_recordings: int) -> Filterable:
    """Recordings in 1,000 folders, a minute apart, with a column of their own."""
    start = np.datetime64("2024-01-01", "us")
    plain = to_arrow([Recording(root="sounds", path="0/0.wav", recorded_at=start.item())])
    numbers = np.arange(num_recordings)
    values = {
        "path": pa.array([f"{number % 1000}/recording {number}.wav" for number in numbers]),
        "label": pa.array([f"label {number % 50}" for number in numbers]),
        "recorded_at": pa.array(start + numbers.astype("timedelta64[m]")),
        "given": pa.array([json.dumps({"x_depth": str(number % 100)}) for number in numbers]),
    }
    columns = {
        name: values.get(name, pa.array([plain[name][0].as_py()] * num_recordings, plain[name].type))
        for name in plain.column_names
    }
    table = pa.table(columns)
    starts = np.tile(np.arange(WINDOWS_PER_RECORDING, dtype=np.float64), num_recordings)
    return Filterable(
        files=table.select,
        roots={"sounds": "/home/somebody/sounds"},
        content_of_row=numbers,
        content_of_window=np.repeat(numbers, WINDOWS_PER_RECORDING),
        spans=lambda: (starts, starts + 2),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--recordings", type=int, default=200_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    values: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        paths = write_files(Path(folder), arguments.files, np.random.default_rng(arguments.seed))
        runs = [share_of_tags(paths) for _ in range(arguments.repeats)]
    values["read_ms_per_file"] = record.spread([read_ms for read_ms, _ in runs])
    values["tags_ms_per_file"] = record.spread([tags_ms for _, tags_ms in runs])
    values["tags_share_of_reading"] = record.spread([tags / (read + tags) for read, tags in runs])
    filterable = library(arguments.recordings)
    for name, where in FILTERS.items():
        times_ms = []
        for _ in range(arguments.repeats):
            began_s = time.perf_counter()
            allowed = allowed_by(where, filterable).windows
            times_ms.append(1000 * (time.perf_counter() - began_s))
        values[f"{name}_ms"] = record.spread(times_ms) | {"where": where, "allowed": int(allowed.sum())}
    record.append(
        "metadata",
        question="What do reading tags and evaluating a filter cost?",
        seed=arguments.seed,
        config={
            "files": arguments.files,
            "file_s": FILE_S,
            "recordings": arguments.recordings,
            "windows": arguments.recordings * WINDOWS_PER_RECORDING,
        },
        values=values,
    )


if __name__ == "__main__":
    main()
