"""The paper's experiment in one call: both pair sets, both distances, several seeds, three galleries."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import mean, stdev
from typing import Any, Literal, get_args

import numpy as np

from soundalike.config import Distance, refuse_negative_seed
from soundalike.data import Manifest, refuse_leaks, split_by_recording, without_recordings_of
from soundalike.embedding import EmbeddedClips, embed_clips
from soundalike.encoders import CARD_FILE, Encoder, load_encoder
from soundalike.errors import Skipped
from soundalike.evaluation import Evaluation, describe, evaluate_embeddings, skipped_once, write_report
from soundalike.pairs import PairSet
from soundalike.training.loop import EpochRecord
from soundalike.training.recipe import load_recipe
from soundalike.training.run import train

GalleryKind = Literal["training", "test", "all"]
BASELINE = "raw-logfreq"
RESULTS_FILE = "results.json"
_GALLERY_WORDS: dict[GalleryKind, str] = {
    "training": "training clips",
    "test": "test clips, the query left out",
    "all": "all clips, the query left out",
}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One encoder, searched in one gallery by one distance. `seed` is None where nothing was trained."""

    encoder: str
    seed: int | None
    gallery: GalleryKind
    evaluation: Evaluation


@dataclass(frozen=True, kw_only=True)
class Reproduction:
    """Everything the experiment measured.

    Attributes:
        cells: raw spectrogram and both networks, each seed, gallery and distance.
        num_training: clips the networks were trained and validated on.
        num_test: clips that searched.
        folder: where the encoders are, and `results.json`.
    """

    cells: tuple[Cell, ...]
    num_training: int
    num_test: int
    folder: Path

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """Clips that could not be used, each once."""
        return skipped_once(cell.evaluation for cell in self.cells)

    def chosen(self, *, gallery: GalleryKind, seed: int | None = None) -> list[Evaluation]:
        """The evaluations in one gallery: the raw spectrogram and both networks of one seed."""
        return [
            cell.evaluation for cell in self.cells if cell.gallery == gallery and cell.seed in (None, seed)
        ]

    def as_json(self) -> dict[str, Any]:
        """Every cell in full, and mean and spread over the seeds."""
        return {
            "num_training": self.num_training,
            "num_test": self.num_test,
            "summary": self.summary(),
            "cells": [
                {
                    **cell.evaluation.as_json(),
                    "seed": cell.seed,
                    "gallery": cell.gallery,
                }
                for cell in self.cells
            ],
        }

    def summary(self) -> list[dict[str, Any]]:
        """One row for each encoder, gallery and distance: mean and sample deviation of each metric over the seeds."""
        rows: dict[tuple[str, str, str], list[Evaluation]] = {}
        for cell in self.cells:
            key = (cell.gallery, cell.encoder, cell.evaluation.distance)
            rows.setdefault(key, []).append(cell.evaluation)
        table = []
        for (gallery, encoder, distance), evaluations in rows.items():
            metrics = {
                "MAP": [one.mean_average_precision for one in evaluations],
                "MP1": [one.mean_reciprocal_rank for one in evaluations],
                "P1": [one.precision_at_1 for one in evaluations],
                "MPK25": [one.precision_at_k for one in evaluations],
                "best_k": [float(one.mean_precision.argmax() + 1) for one in evaluations],
            }
            table.append(
                {
                    "gallery": gallery,
                    "encoder": encoder,
                    "distance": distance,
                    "num_seeds": len(evaluations),
                    **{
                        name: {"mean": mean(values), "spread": stdev(values) if len(values) > 1 else None}
                        for name, values in metrics.items()
                    },
                }
            )
        return table


def reproduce(
    manifest: Manifest,
    *,
    out: Path,
    seeds: Sequence[int] = (0,),
    folds: Collection[int] | None = None,
    query_folds: Collection[int] | None = None,
    assignments: Sequence[str] = (),
    allow_leaks: bool = False,
    on_run: Callable[[int, int, str], None] = lambda done, total, what: None,
    on_epoch: Callable[[EpochRecord, int], None] = lambda record, num_epochs: None,
) -> Reproduction:
    """Train both networks of the paper with several seeds, and measure everything its tables and figures need.

    An encoder whose card is in `out` is not trained again, one that was stopped goes on.

    Args:
        manifest: labelled clips.
        out: gets `encoders/PAIRS-seedN/` and `results.json`.
        seeds: one training of each network for each.
        folds: folds to train on; the others but `query_folds` where only those are given.
        query_folds: folds whose clips search. Without: 70/10/20 of the recordings of every label, as in the paper.
        assignments: `table.key=value` overrides of both recipes.
        allow_leaks: go on even if the same file is on both sides.
        on_run: told (runs done, all runs, what comes next).
        on_epoch: told after every epoch, with the number of epochs.
    """
    for seed in seeds:
        refuse_negative_seed(seed)
    training, test = _divide(manifest, folds=folds, query_folds=query_folds)
    training = without_recordings_of(training, test)
    refuse_leaks(training, test, allow=allow_leaks, how_to_allow="--allow-leaks")
    out.mkdir(parents=True, exist_ok=True)
    runs = list(product(seeds, get_args(PairSet)))
    cells: list[Cell] = []
    on_run(0, len(runs), BASELINE)
    cells += _measure(load_encoder(BASELINE), training, test, seed=None)
    for done, (seed, pairs) in enumerate(runs):
        on_run(done, len(runs), f"{pairs}, seed {seed}")
        folder = out / "encoders" / f"{pairs}-seed{seed}"
        if not (folder / CARD_FILE).exists():
            recipe = load_recipe(f"paper-{pairs}", assignments)
            train(
                training,
                recipe=recipe,
                out=folder,
                seed=seed,
                resume=True,
                on_epoch=lambda record, total=recipe.optimiser.epochs: on_epoch(record, total),  # type: ignore[misc]
            )
        cells += _measure(load_encoder(folder), training, test, seed=seed)
    on_run(len(runs), len(runs), "report")
    result = Reproduction(cells=tuple(cells), num_training=len(training), num_test=len(test), folder=out)
    unfinished = out / f"{RESULTS_FILE}.partial"
    unfinished.write_text(json.dumps(result.as_json(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    unfinished.replace(out / RESULTS_FILE)
    return result


def _divide(
    manifest: Manifest, *, folds: Collection[int] | None, query_folds: Collection[int] | None
) -> tuple[Manifest, Manifest]:
    """Clips to train and validate on, and clips to test with."""
    if query_folds is None:
        divided = split_by_recording(manifest, seed=0)
        return divided.select(splits=["train", "val"]), divided.select(splits=["test"])
    known = {clip.fold for clip in manifest.clips if clip.fold is not None}
    training_folds = folds if folds is not None else known - set(query_folds)
    return manifest.select(folds=training_folds), manifest.select(folds=query_folds)


def _measure(encoder: Encoder, training: Manifest, test: Manifest, *, seed: int | None) -> list[Cell]:
    """Every gallery and distance for one encoder, from one embedding of every clip.

    The gallery of all clips holds the queries too; a query never finds its own recording.
    """
    searched = embed_clips(encoder, training, clip="loudest")
    queries = embed_clips(encoder, test, clip="loudest")
    everything = EmbeddedClips(
        clips=searched.clips + queries.clips,
        embeddings=np.concatenate([searched.embeddings, queries.embeddings]),
        skipped=searched.skipped + queries.skipped,
        sounds=searched.sounds + queries.sounds,
    )
    galleries: dict[GalleryKind, EmbeddedClips | None] = {
        "training": searched,
        "test": None,
        "all": everything,
    }
    return [
        Cell(
            encoder=encoder.name,
            seed=seed,
            gallery=kind,
            evaluation=evaluate_embeddings(
                queries, gallery, distance=distance, clip="loudest", encoder=describe(encoder)
            ),
        )
        for (kind, gallery), distance in product(galleries.items(), get_args(Distance))
    ]


def write_reports(result: Reproduction) -> list[Path]:
    """One report page for each gallery, of the first seed; gives their paths, the default gallery's first."""
    seed = min(cell.seed for cell in result.cells if cell.seed is not None)
    return [
        write_report(
            result.chosen(gallery=gallery, seed=seed),
            result.folder / f"report-{gallery}",
            title=f"The paper's experiment: gallery of {_GALLERY_WORDS[gallery]}, seed {seed}",
        )
        for gallery in get_args(GalleryKind)
    ]
