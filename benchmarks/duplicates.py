"""How many copies does `soundalike duplicates` find, and what does it join wrongly?

    python benchmarks/duplicates.py DATA [--num 150]

Takes recordings of DATA, pairs cut from one source recording among them (the hard case: two takes of the same thing),
and makes copies: MP3, Opus and Vorbis at low rates, trimmed, 12 dB louder (and clipped) and quieter, resampled, and all
of it together. A pair of files is right if both come from one recording of DATA.
"""

from __future__ import annotations

import argparse
import io
import time
from collections import Counter
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
import record
import soundfile
from numpy.typing import NDArray

import soundalike
from soundalike.audio import load, resample
from soundalike.audio import relations as under_test
from soundalike.data import read_data
from soundalike.library.duplicates import find_duplicates
from soundalike.store import Store

RATE_HZ = 16_000
Waveform = NDArray[np.float32]


def encoded(sound: Waveform, *, rate_hz: int, codec: str, container: str, bits_per_s: int) -> bytes:
    """A waveform of 16 kHz as a file of another format."""
    target = io.BytesIO()
    with av.open(target, "w", format=container) as output:
        stream = output.add_stream(codec, rate=rate_hz)
        stream.bit_rate = bits_per_s
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(
            resample(sound, from_hz=RATE_HZ, to_hz=rate_hz)[None], format="flt", layout="mono"
        )
        frame.sample_rate = rate_hz
        queue = av.AudioFifo()
        for one in av.AudioResampler(
            format=stream.codec_context.format, layout="mono", rate=rate_hz
        ).resample(frame):
            queue.write(one)
        length = stream.codec_context.frame_size or 1024
        while (part := queue.read(length) or queue.read(length, partial=True)) is not None:
            output.mux(stream.encode(part))
        output.mux(stream.encode(None))
    return target.getvalue()


def written(sound: Waveform, *, rate_hz: int = RATE_HZ, form: str = "WAV") -> bytes:
    target = io.BytesIO()
    soundfile.write(
        target, np.clip(resample(sound, from_hz=RATE_HZ, to_hz=rate_hz), -1, 1), rate_hz, format=form
    )
    return target.getvalue()


def mp3(sound: Waveform, bits_per_s: int) -> bytes:
    return encoded(sound, rate_hz=RATE_HZ, codec="libmp3lame", container="mp3", bits_per_s=bits_per_s)


def trimmed(sound: Waveform) -> Waveform:
    """Without its first 0.37 s and its last 0.41 s; half of that for sounds under two seconds."""
    share = 1.0 if len(sound) >= 2 * RATE_HZ else len(sound) / (4 * RATE_HZ)
    return sound[round(0.37 * share * RATE_HZ) : len(sound) - round(0.41 * share * RATE_HZ)]


COPIES: dict[str, Callable[[Waveform], bytes]] = {
    "mp3_24k.mp3": lambda sound: mp3(sound, 24_000),
    "mp3_64k.mp3": lambda sound: mp3(sound, 64_000),
    "opus_16k.ogg": lambda sound: encoded(
        sound, rate_hz=48_000, codec="libopus", container="ogg", bits_per_s=16_000
    ),
    "vorbis.ogg": lambda sound: written(sound, form="OGG"),
    "trimmed.wav": lambda sound: written(trimmed(sound)),
    "plus_12_db.wav": lambda sound: written(sound * 4),
    "minus_12_db.wav": lambda sound: written(sound / 4),
    "8_khz.wav": lambda sound: written(sound, rate_hz=8_000),
    "22_khz.flac": lambda sound: written(sound, rate_hz=22_050, form="FLAC"),
    "trimmed_6_db_mp3_32k.mp3": lambda sound: mp3(np.clip(trimmed(sound) * 2, -1, 1), 32_000),
}


def choose(data: Path, num: int, seed: int) -> list[Path]:
    """Half of them in pairs that were cut from one source recording, the rest from recordings of their own."""
    by_recording: dict[str, list[Path]] = {}
    for clip in read_data(data).clips:
        by_recording.setdefault(clip.recording, []).append(clip.path)
    recordings = list(by_recording.values())
    np.random.default_rng(seed).shuffle(recordings)  # type: ignore[arg-type]
    takes = [paths[:2] for paths in recordings if len(paths) > 1][: num // 4]
    chosen = [path for pair in takes for path in pair]
    single = [paths[0] for paths in recordings if paths[0] not in chosen]
    return chosen + single[: num - len(chosen)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--num", type=int, default=150)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--thresholds", type=float, nargs="*", default=[under_test.MIN_AGREEMENT["waveforms"]]
    )
    arguments = parser.parse_args()
    originals = choose(arguments.data, arguments.num, arguments.seed)
    with TemporaryDirectory(prefix="soundalike-") as folder:
        of: dict[str, tuple[int, str]] = {}
        sounds = Path(folder) / "sounds"
        for number, path in enumerate(originals):
            sound = load(path, sample_rate_hz=RATE_HZ).waveform
            (sounds / f"{number:04}").mkdir(parents=True)
            for name, make in {"original.wav": written, **COPIES}.items():
                copy = sounds / f"{number:04}" / name
                copy.write_bytes(make(sound))
                of[str(copy)] = number, name
        library = Path(folder) / "library"
        soundalike.index(library, [sounds])
        for threshold in arguments.thresholds:
            under_test.MIN_AGREEMENT["waveforms"] = threshold
            measure(library, of, originals, arguments)


def measure(
    library: Path, of: dict[str, tuple[int, str]], originals: list[Path], arguments: argparse.Namespace
) -> None:
    started_s = time.monotonic()
    report = find_duplicates(Store(library))
    wall_s = time.monotonic() - started_s
    pairs: set[tuple[str, str]] = set()
    wrong_groups = set()
    found: set[tuple[int, str]] = set()
    # Parts are not said to be copies; files of the same bytes stand in a group of copies too, and count once.
    for group in (one for one in report.groups if one.kind != "contained"):
        paths = [path for one in group.recordings for path in one.paths]
        joined = {of[path][0] for path in paths}
        if len(joined) > 1:
            wrong_groups.add(tuple(originals[one].name for one in sorted(joined)))
        pairs.update(combinations(sorted(paths), 2))
        for number in joined:
            mine = {of[path][1] for path in paths if of[path][0] == number}
            if "original.wav" in mine:
                found.update((number, name) for name in mine - {"original.wav"})
    right = sum(of[one][0] == of[other][0] for one, other in pairs)
    wrong = len(pairs) - right
    together = Counter(name for _, name in found)
    num_files = len(COPIES) + 1
    possible = len(originals) * num_files * (num_files - 1) // 2
    print("joined:", *sorted(wrong_groups), sep="\n  ")
    record.append(
        "duplicates",
        question="How many copies does `soundalike duplicates` find, and what does it join wrongly?",
        seed=arguments.seed,
        config={
            "recordings": len(originals),
            "files": len(of),
            "min_agreement": under_test.MIN_AGREEMENT["waveforms"],
            "min_weakest": under_test.MIN_WEAKEST["waveforms"],
            "min_agreement_of_waveforms": under_test.MIN_AGREEMENT_OF_WAVEFORMS,
            "min_shared": under_test.MIN_SHARED,
            "min_share_of_longer": under_test.MIN_SHARE_OF_LONGER,
        },
        values={
            "precision_of_pairs": right / max(1, right + wrong),
            "recall_of_pairs": right / possible,
            "groups_of_several_recordings": len(wrong_groups),
            "recall_by_copy": {name: together[name] / len(originals) for name in COPIES},
            "parts": sum(len(one.recordings) - 1 for one in report.groups if one.kind == "contained"),
            "compared_pairs": report.num_compared,
            "wall_s": round(wall_s, 2),
        },
    )


if __name__ == "__main__":
    main()
