"""Which loss makes the better space, for labels that training knew and for labels that it never heard?

The same convolutional network, schedule and fold for every loss, and for plain cross-entropy; ten labels, drawn by the
seed of the run, are left out of training. MAP of whole clips, queries of one fold, gallery of the others: of ten labels
in training and of the ten left out, each ranked among themselves. A stopped run goes on, and what stands in the results
already is not run again.

    python benchmarks/losses.py DATA --out RUNS/losses
    python benchmarks/losses.py DATA --out RUNS/losses --losses supcon,cross-entropy --set optimiser.epochs=20
"""

from __future__ import annotations

import argparse
import random
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import record
from cnn import FOLDS, NUM_LEFT_OUT, of_labels, scores

from soundalike.config import as_mapping, fingerprint
from soundalike.data import Manifest, read_data, without_recordings_of
from soundalike.embedding import embed_clips
from soundalike.encoders import load_encoder
from soundalike.losses.named import LossName
from soundalike.training import Recipe, load_recipe, train

# The recipe's own: supervised contrastive with a classifier beside it.
BOTH = "supcon and cross-entropy"
NAMES = (*get_args(LossName), BOTH)
SHORT = ("optimiser.epochs=60", "optimiser.validate_every=10")


def recipe_of(loss: str, assignments: list[str]) -> Recipe:
    """The convolutional recipe with this loss alone."""
    chosen = [] if loss == BOTH else [f"loss.kind={loss}", "loss.auxiliary=0"]
    return load_recipe("cnn", [*SHORT, *chosen, *assignments])


def measure(
    manifest: Manifest, recipe: Recipe, *, query_fold: int, seed: int, folder: Path
) -> dict[str, Any]:
    """Train without ten labels, and score both groups of labels."""
    queries = manifest.select(folds=[query_fold])
    gallery = manifest.select(folds=[fold for fold in FOLDS if fold != query_fold])
    drawn = random.Random(seed).sample(manifest.labels, 2 * NUM_LEFT_OUT)
    groups = {"unseen": drawn[:NUM_LEFT_OUT], "seen": drawn[NUM_LEFT_OUT:]}
    allowed = without_recordings_of(gallery, queries)
    kept = tuple(clip for clip in allowed.clips if clip.label not in groups["unseen"])
    result = train(
        replace(allowed, clips=kept),
        recipe=recipe,
        out=folder,
        seed=seed,
        resume=True,
        on_epoch=lambda one: print(f"{folder.name} {one.epoch}: {one.loss:.3f} {one.val_map}", flush=True),
    )
    encoder = load_encoder(folder)
    asked, searched = (embed_clips(encoder, side, clip="whole") for side in (queries, gallery))
    return {
        "best_epoch": result.card.scores["best_epoch"],
        "training_s": sum(one.wall_s for one in result.history),
        **{
            name: scores(of_labels(asked, labels), of_labels(searched, labels))
            for name, labels in groups.items()
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--losses", default=",".join(NAMES), help="some of them, with commas between")
    parser.add_argument(
        "--seeds", type=record.numbers, default=[0, 1, 2], help="each draws labels of its own"
    )
    parser.add_argument("--dataset", default="esc50")
    parser.add_argument("--query-fold", type=int, default=4)
    parser.add_argument("--set", action="append", default=[], dest="assignments")
    arguments = parser.parse_args()

    everything = read_data(arguments.data)
    clips = tuple(clip for clip in everything.clips if clip.dataset == arguments.dataset)
    manifest = replace(everything, name=arguments.dataset, clips=clips)
    # Seed by seed, so that a table of all losses is there as soon as possible.
    for seed in arguments.seeds:
        for loss in arguments.losses.split(","):
            recipe = recipe_of(loss, arguments.assignments)
            config = {
                "loss": loss,
                "dataset": arguments.dataset,
                "query_fold": arguments.query_fold,
                "draw": seed,
                "epochs": recipe.optimiser.epochs,
                "assignments": arguments.assignments,
                "recipe": fingerprint(as_mapping(recipe)),
            }
            if config in record.configs("losses"):
                continue
            folder = arguments.out / f"{loss.replace(' ', '-')}-seed{seed}-{config['recipe'][:6]}"
            values = measure(manifest, recipe, query_fold=arguments.query_fold, seed=seed, folder=folder)
            record.append(
                "losses",
                question="Which loss makes the better space, for labels in training and for labels never heard?",
                seed=seed,
                config=config,
                values=values,
            )


if __name__ == "__main__":
    main()
