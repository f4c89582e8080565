"""How far should a hit reach around its nearest window?

    python benchmarks/extents.py DATA [--num 60] [--queries 300]

Joins clips of DATA to recordings, each a row of 8 scenes of different labels, every scene 1 to 3 clips of one label,
and asks with single clips. Of the first ten hits, those that lie in a scene of the query's label are compared with the
whole scene.
"""

from __future__ import annotations

import argparse
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import record
import soundfile

import soundalike
from soundalike.audio import load
from soundalike.data import read_data
from soundalike.errors import AudioError
from soundalike.library import spans as under_test
from soundalike.library.query import example_of_source, parse_part

RATE_HZ = 16_000
NUM_SCENES = 8
K = 10

# Label, start_s and end_s.
Scene = tuple[str, float, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--num", type=int, default=60, help="recordings to make")
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--shares", type=float, nargs="*", default=[0.0, 0.3, 0.4, 0.5, 0.6, 0.7])
    parser.add_argument("--distance", choices=["euclidean", "cosine"], default=None)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    random = np.random.default_rng(arguments.seed)
    by_label: dict[str, list[Path]] = {}
    for clip in read_data(arguments.data).clips:
        by_label.setdefault(clip.label, []).append(clip.path)
    labels = sorted(by_label)
    with TemporaryDirectory(prefix="soundalike-") as folder:
        scenes_of: dict[str, list[Scene]] = {}
        sounds = Path(folder) / "sounds"
        sounds.mkdir()
        for number in range(arguments.num):
            parts, scenes, start_s = [], [], 0.0
            for label in random.choice(labels, NUM_SCENES, replace=False).tolist():
                num_clips = int(random.choice([1, 1, 2, 3]))
                chosen = random.choice(len(by_label[label]), num_clips)
                parts += [load(by_label[label][one], sample_rate_hz=RATE_HZ).waveform for one in chosen]
                end_s = sum(map(len, parts)) / RATE_HZ
                scenes.append((label, start_s, end_s))
                start_s = end_s
            soundfile.write(sounds / f"{number:04}.wav", np.concatenate(parts), RATE_HZ)
            scenes_of[f"{number:04}.wav"] = scenes
        soundalike.index(Path(folder) / "library", [sounds])
        library = soundalike.open(Path(folder) / "library")
        asked = []
        for label in random.choice(labels, arguments.queries).tolist():
            path = by_label[label][random.integers(len(by_label[label]))]
            with suppress(AudioError):  # a silent clip
                asked.append((label, example_of_source(parse_part(path), encoder=library.encoder).embeddings))
        values = {}
        for share in arguments.shares:
            under_test.SHARE_OF_WAY = share
            values[f"share_{share:g}"] = _measure(library, asked, scenes_of, arguments.distance)
    record.append(
        "extents",
        question="How far should a hit reach around its nearest window?",
        seed=arguments.seed,
        config={
            "recordings": arguments.num,
            "queries": len(asked),
            "k": K,
            "distance": arguments.distance or library.encoder.card.distance,
        },
        values=values,
    )


def _measure(
    library: soundalike.Library,
    asked: list[tuple[str, np.ndarray]],
    scenes_of: dict[str, list[Scene]],
    distance: str | None,
) -> dict[str, float]:
    overlaps, lengths_s = [], []
    for label, embeddings in asked:
        for hit in library.search(embeddings, k=K, distance=distance).hits:  # type: ignore[arg-type]
            lengths_s.append(hit.end_s - hit.start_s)
            for name, start_s, end_s in scenes_of[Path(hit.path).name]:
                shared_s = min(hit.end_s, end_s) - max(hit.start_s, start_s)
                if name == label and shared_s >= 1:
                    joined_s = max(hit.end_s, end_s) - min(hit.start_s, start_s)
                    overlaps.append(
                        (shared_s / joined_s, shared_s / (end_s - start_s), shared_s / lengths_s[-1])
                    )
                    break
    over_union, of_scene, of_hit = np.mean(overlaps, axis=0)
    return {
        "overlap_over_union": round(float(over_union), 3),
        "share_of_scene_covered": round(float(of_scene), 3),
        "share_of_hit_in_scene": round(float(of_hit), 3),
        "median_length_s": float(np.median(lengths_s)),
        "hits_in_scenes": len(overlaps),
    }


if __name__ == "__main__":
    main()
