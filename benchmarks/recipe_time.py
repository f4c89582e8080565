"""How long does a paper recipe train, 200 epochs over 1,600 clips, on this machine?

On synthetic clips: the time does not depend on what they sound like. Everything counts, from reading the audio to the
exported encoder. Beside the wall time stands the processor time, which tells whether the cores were shared with other
work.

    python benchmarks/recipe_time.py
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import record

from soundalike.data import keep_aside
from soundalike.data.synthetic import KINDS, write_corpus
from soundalike.training import load_recipe, train

RECIPES = ("paper-unbalanced", "paper-balanced")


def processor_s() -> float:
    """Seconds of all cores that this process has used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=int, default=1600)
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--recipes", nargs="+", default=RECIPES)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()

    values: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        per_kind = -(-arguments.clips * 10 // (9 * len(KINDS)))
        corpus = write_corpus(
            Path(folder, "corpus"), clips_per_kind=per_kind, seed=arguments.seed, duration_s=2.0
        )
        training, validation = keep_aside(corpus, fraction=0.1, seed=arguments.seed)
        training = replace(training, clips=training.clips[: arguments.clips])
        corpus = replace(
            corpus,
            clips=(
                *(replace(clip, fold=1) for clip in training.clips),
                *(replace(clip, fold=2) for clip in validation.clips),
            ),
        )
        for name in arguments.recipes:
            started, used = time.perf_counter(), processor_s()
            train(
                corpus,
                recipe=load_recipe(name, [f"optimiser.epochs={arguments.epochs}"]),
                out=Path(folder, name),
                folds=[1],
                val_folds=[2],
                seed=arguments.seed,
            )
            values[f"{name}_wall_s"] = round(time.perf_counter() - started, 1)
            values[f"{name}_processor_s"] = round(processor_s() - used, 1)
    record.append(
        "recipe_time",
        question="How long does a paper recipe train?",
        seed=arguments.seed,
        config={
            "clips": len(training),
            "validation_clips": len(validation),
            "labels": len(KINDS),
            "epochs": arguments.epochs,
        },
        values=values,
    )


if __name__ == "__main__":
    main()
