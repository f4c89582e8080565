"""How long does `soundalike duplicates` take over thousands of short recordings, and what does it join wrongly there?

    python benchmarks/many_duplicates.py [--num 20000]

Synthesises sounds of 1.5 to 3 seconds, thousands of takes of few kinds, which is the hard case: takes of one kind are
alike and are no copies. One in ten files is a copy of another: Vorbis, trimmed, 12 dB louder, or at 8 kHz.
"""

from __future__ import annotations

import argparse
import resource
import time
from itertools import combinations, cycle
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import record
from duplicates import COPIES, RATE_HZ, Waveform, written

import soundalike
from soundalike.data.synthetic import KINDS, synthesise
from soundalike.library.duplicates import find_duplicates
from soundalike.store import Store

HOW = ("vorbis.ogg", "trimmed.wav", "plus_12_db.wav", "8_khz.wav")
ONE_COPY_IN = 10


def make(folder: Path, num: int, seed: int) -> dict[str, int]:
    """Write the files; returns the number of the sound that each holds."""
    random = np.random.default_rng(seed)
    of: dict[str, int] = {}
    how, kinds = cycle(HOW), cycle(sorted(KINDS))
    number = 0
    while len(of) < num:
        take = synthesise(
            next(kinds), seed=number, duration_s=float(random.uniform(1.5, 3.0)), sample_rate_hz=RATE_HZ
        ).astype(np.float32)
        # Backwards and at other speeds it is another recording, and quicker to make than another take.
        for sound in (take, take[::-1], faster(take, 1.13), faster(take[::-1], 0.88)):
            names = ["original.wav", next(how)] if number % (ONE_COPY_IN - 1) == 0 else ["original.wav"]
            place = folder / f"{number // 1000:03}"
            place.mkdir(parents=True, exist_ok=True)
            for name in names:
                path = place / f"{number:06}-{name}"
                path.write_bytes((written if name == "original.wav" else COPIES[name])(sound))
                of[str(path)] = number
            number += 1
    return of


def faster(sound: Waveform, factor: float) -> Waveform:
    """A sound at another speed, higher or lower."""
    places = np.arange(0, len(sound) - 1, factor)
    return np.interp(places, np.arange(len(sound)), sound).astype(np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--num", type=int, default=20_000, help="files to make")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--encoder", default="default")
    parser.add_argument("--keep", type=Path, default=None, help="folder for sounds and library, used again")
    arguments = parser.parse_args()
    with TemporaryDirectory(prefix="soundalike-") as temporary:
        folder = arguments.keep or Path(temporary)
        sounds, library = folder / "sounds", folder / "library"
        if sounds.exists():
            of = {str(path): int(path.name.partition("-")[0]) for path in sounds.rglob("*-*")}
        else:
            of = make(sounds, arguments.num, arguments.seed)
        if not library.exists():
            soundalike.index(library, [sounds], encoder=arguments.encoder)
        measure(library, of, arguments)


def measure(library: Path, of: dict[str, int], arguments: argparse.Namespace) -> None:
    stages: dict[str, dict[str, float]] = {}

    def note(stage: str, done: int, total: int) -> None:
        now = {"wall_s": time.monotonic(), "cpu_s": _cpu_s()}
        own = stages.setdefault(stage, {f"{name}_from": value for name, value in last.items()})
        own.update({name: round(value - own[f"{name}_from"], 1) for name, value in now.items()})
        last.update(now)

    last = {"wall_s": time.monotonic(), "cpu_s": _cpu_s()}
    began = dict(last)
    report = find_duplicates(Store(library), progress=note)
    took = {"wall_s": time.monotonic() - began["wall_s"], "cpu_s": _cpu_s() - began["cpu_s"]}
    joined = {
        tuple(sorted(pair))
        for group in report.groups
        if group.kind != "contained"
        for pair in combinations([path for one in group.recordings for path in one.paths], 2)
    }
    right = sum(of[one] == of[other] for one, other in joined)
    true = len(of) - len(set(of.values()))
    for one, other in sorted(joined):
        if of[one] != of[other]:
            print("joined:", one, other)
    record.append(
        "many_duplicates",
        question="How long does `soundalike duplicates` take over thousands of short recordings?",
        seed=arguments.seed,
        config={"files": len(of), "copies": true, "encoder": arguments.encoder},
        values={
            **{name: round(value, 1) for name, value in took.items()},
            "stages": {
                stage: {name: own[name] for name in ("wall_s", "cpu_s")} for stage, own in stages.items()
            },
            "compared_pairs": report.num_compared,
            "precision_of_pairs": right / max(1, len(joined)),
            "recall_of_pairs": right / max(1, true),
            "parts": sum(len(one.recordings) - 1 for one in report.groups if one.kind == "contained"),
            "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        },
    )


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
