"""How well does the convolutional recipe retrieve real recordings, of labels it knows and of labels it never heard?

Folds 1 to 4 of one data set, in rotation: three are trained on (a tenth of them kept aside to choose the epoch) and
searched, the fourth asks. With `--unseen` ten labels, drawn by a seed, are left out of training; their clips are then
ranked among themselves, and so are those of ten labels that were trained on, drawn by the same seed. Beside them stand
chance, statistics of the log-mel spectrogram, and the same network untrained. A stopped run goes on.

    python benchmarks/cnn.py DATA --out RUNS/cnn --query-folds 4
    python benchmarks/cnn.py DATA --out RUNS/cnn --query-folds 4 --unseen 0
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import record
import torch
from numpy.typing import NDArray

from soundalike.config import ClipMode
from soundalike.data import Manifest, read_data, without_recordings_of
from soundalike.embedding import EmbeddedClips, embed_clips
from soundalike.encoders import Card, Encoder, load_encoder
from soundalike.evaluation import evaluate_embeddings
from soundalike.features import log_mel_spectrogram
from soundalike.features.logmel import MelPower
from soundalike.models import Cnn, Twin
from soundalike.training import Recipe, load_recipe, train

NUM_LEFT_OUT = 10
FOLDS = (1, 2, 3, 4)


class Statistics:
    """Mean and deviation of every mel band over time: what can be heard without learning."""

    def __init__(self) -> None:
        self.card = Card(
            name="log-mel statistics",
            sample_rate_hz=16_000,
            window_s=2.0,
            dim=128,
            distance="cosine",
            clip="whole",
            fingerprint="",
        )
        self.name, self.fingerprint = self.card.name, self.card.fingerprint
        self.sample_rate_hz, self.window_s, self.dim = 16_000, 2.0, 128
        self.distance, self.clip = self.card.distance, self.card.clip

    def embed(self, waveforms: NDArray[np.float32]) -> NDArray[np.float32]:
        log_mel = log_mel_spectrogram(waveforms)
        return np.concatenate([log_mel.mean(axis=2), log_mel.std(axis=2)], axis=1)


class Untrained(Statistics):
    """The network as its first weights make it."""

    def __init__(self, recipe: Recipe, *, seed: int) -> None:
        super().__init__()
        self.card = replace(self.card, name="untrained")
        self.name = self.card.name
        widths = recipe.network.widths
        generator = torch.Generator().manual_seed(seed)
        network = Cnn(widths=widths[:-1], dim=widths[-1], dropout=0.0, generator=generator)
        self.twin = Twin(MelPower(), network).eval()

    @torch.no_grad()
    def embed(self, waveforms: NDArray[np.float32]) -> NDArray[np.float32]:
        return self.twin(torch.from_numpy(waveforms)).numpy()


def numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def of_labels(embedded: EmbeddedClips, labels: Collection[str]) -> EmbeddedClips:
    kept = [index for index, clip in enumerate(embedded.clips) if clip.label in labels]
    return EmbeddedClips(
        clips=tuple(embedded.clips[index] for index in kept), embeddings=embedded.embeddings[kept]
    )


def scores(queries: EmbeddedClips, gallery: EmbeddedClips) -> dict[str, float]:
    found = evaluate_embeddings(queries, gallery, distance="cosine")
    return {
        "MAP": found.mean_average_precision,
        "P1": found.precision_at_1,
        "MP1": found.mean_reciprocal_rank,
        "chance MAP": found.chance["MAP"],
    }


def measure(
    encoder: Encoder, queries: Manifest, gallery: Manifest, groups: dict[str, Collection[str]]
) -> dict[str, Any]:
    """Scores for every way to embed a clip, and for every group of labels ranked among themselves."""
    values: dict[str, Any] = {}
    for mode in get_args(ClipMode):
        asked, searched = (embed_clips(encoder, side, clip=mode) for side in (queries, gallery))
        values[mode] = {
            name: scores(of_labels(asked, labels), of_labels(searched, labels))
            for name, labels in groups.items()
        }
    return values


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--dataset", default="esc50")
    parser.add_argument("--query-folds", type=numbers, default=list(FOLDS), help="one rotation each")
    parser.add_argument("--unseen", type=int, help="seed that draws ten labels to leave out of training")
    parser.add_argument("--recipe", default="cnn")
    parser.add_argument("--set", action="append", default=[], dest="assignments")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()

    manifest = read_data(arguments.data)
    clips = tuple(clip for clip in manifest.clips if clip.dataset == arguments.dataset)
    manifest = replace(manifest, name=arguments.dataset, clips=clips)
    recipe = load_recipe(arguments.recipe, arguments.assignments)
    for fold in arguments.query_folds:
        queries = manifest.select(folds=[fold])
        gallery = manifest.select(folds=[one for one in FOLDS if one != fold])
        training = without_recordings_of(gallery, queries)
        groups: dict[str, Collection[str]] = {"all": manifest.labels}
        name = f"fold{fold}-seed{arguments.seed}"
        if arguments.unseen is not None:
            drawn = random.Random(arguments.unseen).sample(manifest.labels, 2 * NUM_LEFT_OUT)
            groups = {"unseen": drawn[:NUM_LEFT_OUT], "seen": drawn[NUM_LEFT_OUT:]}
            kept = tuple(clip for clip in training.clips if clip.label not in groups["unseen"])
            training = replace(training, clips=kept)
            name += f"-unseen{arguments.unseen}"
        started = time.monotonic()
        result = train(
            training,
            recipe=recipe,
            out=arguments.out / name,
            seed=arguments.seed,
            resume=True,
            on_epoch=lambda one: print(f"{one.epoch}: {one.loss:.3f} {one.val_map} {one.wall_s:.0f} s"),
        )
        encoders: list[Encoder] = [
            load_encoder(arguments.out / name),
            Statistics(),
            Untrained(recipe, seed=arguments.seed),
        ]
        record.append(
            "cnn",
            question="How well does the convolutional recipe retrieve real recordings?",
            seed=arguments.seed,
            config={
                "dataset": arguments.dataset,
                "query_fold": fold,
                "unseen": arguments.unseen,
                "groups": {group: sorted(labels) for group, labels in groups.items() if group != "all"},
                "recipe": arguments.recipe,
                "assignments": arguments.assignments,
            },
            values={
                "num_training": result.card.training_data["clips"],
                "num_gallery": len(gallery),
                "num_queries": len(queries),
                "best_epoch": result.card.scores["best_epoch"],
                "training_s": sum(one.wall_s for one in result.history),
                "wall_s": time.monotonic() - started,
                "encoders": {one.name: measure(one, queries, gallery, groups) for one in encoders},
            },
        )


if __name__ == "__main__":
    main()
