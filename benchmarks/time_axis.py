"""Which reading of the paper's 79 x 171 spectrogram retrieves best?

171 log-spaced time positions between 61 frames (as written in the paper), 171 evenly spaced ones, or 171 frames of a
shorter window. The unbalanced network trained in turn with each, for fewer epochs; validation clips search the training
clips.

    python benchmarks/time_axis.py DATA --out RUNS/time-axis --folds 1,2 --val-folds 3
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import record

from soundalike.data import read_data
from soundalike.embedding import embed_clips
from soundalike.encoders import load_encoder
from soundalike.evaluation import evaluate_embeddings
from soundalike.training import load_recipe, train

READINGS = {
    "log": ["front_end.time_axis=log"],
    "linear": ["front_end.time_axis=linear"],
    "171 frames": [
        "front_end.time_axis=linear",
        "front_end.window_samples=372",
        "front_end.hop_samples=186",
    ],
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--dataset", default="esc50")
    parser.add_argument("--folds", type=record.numbers, default=[1, 2])
    parser.add_argument("--val-folds", type=record.numbers, default=[3])
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--learning-rate", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()

    manifest = read_data(arguments.data)
    clips = tuple(clip for clip in manifest.clips if clip.dataset == arguments.dataset)
    manifest = replace(manifest, name=arguments.dataset, clips=clips)
    values = {}
    for name, reading in READINGS.items():
        settings = [
            *reading,
            f"optimiser.epochs={arguments.epochs}",
            f"optimiser.learning_rate={arguments.learning_rate}",
        ]
        folder = arguments.out / name.replace(" ", "-")
        train(
            manifest,
            recipe=load_recipe("paper-unbalanced", settings),
            out=folder,
            folds=arguments.folds,
            val_folds=arguments.val_folds,
            seed=arguments.seed,
            resume=True,
        )
        encoder = load_encoder(folder)
        gallery = embed_clips(encoder, manifest.select(folds=arguments.folds), clip="loudest")
        queries = embed_clips(encoder, manifest.select(folds=arguments.val_folds), clip="loudest")
        for distance in ("euclidean", "cosine"):
            found = evaluate_embeddings(queries, gallery, distance=distance)
            values[f"{name}, {distance}"] = {
                "MAP": found.mean_average_precision,
                "MP1": found.mean_reciprocal_rank,
                "MPK25": found.precision_at_k,
            }
    record.append(
        "time_axis",
        question="Which reading of the paper's 79 x 171 spectrogram retrieves best?",
        seed=arguments.seed,
        config={
            "dataset": arguments.dataset,
            "folds": arguments.folds,
            "val_folds": arguments.val_folds,
            "epochs": arguments.epochs,
            "learning_rate": arguments.learning_rate,
        },
        values=values,
    )


if __name__ == "__main__":
    main()
