"""How well does the paper's system retrieve real recordings?

Runs `soundalike reproduce` on one data set and one division of it, and records the table. A stopped run goes on.

    python benchmarks/paper.py DATA --out RUNS/fold4 --name esc50 --dataset esc50 --query-folds 4 --seeds 0,1,2
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import record

from soundalike.corpora import PAPER76, synonyms_file
from soundalike.data import read_data
from soundalike.data.labels import name_labels, read_synonyms
from soundalike.embedding import EmbeddedClips
from soundalike.evaluation import Evaluation, evaluate_embeddings
from soundalike.training.reproduce import reproduce, write_reports


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--name", required=True, help="what the table calls this corpus")
    parser.add_argument("--dataset", help="only the clips of this data set")
    parser.add_argument("--folds", type=record.numbers)
    parser.add_argument("--query-folds", type=record.numbers)
    parser.add_argument("--seeds", type=record.numbers, default=[0])
    parser.add_argument("--merge-labels", action="store_true")
    parser.add_argument("--set", action="append", default=[], dest="assignments")
    parser.add_argument("--report", action="store_true", help="write the pages with tables and figures too")
    arguments = parser.parse_args()

    manifest = read_data(arguments.data, merge_labels=arguments.merge_labels)
    if arguments.dataset:
        clips = tuple(
            replace(clip, label=clip.label.removeprefix(f"{arguments.dataset}/"))
            for clip in manifest.clips
            if clip.dataset == arguments.dataset
        )
        manifest = replace(manifest, name=arguments.dataset, clips=clips)
    started = time.monotonic()
    result = reproduce(
        manifest,
        out=arguments.out,
        seeds=arguments.seeds,
        folds=arguments.folds,
        query_folds=arguments.query_folds,
        assignments=arguments.assignments,
        on_run=lambda done, total, what: print(
            f"{time.monotonic() - started:6.0f} s  {done}/{total} {what}", flush=True
        ),
    )
    if arguments.report:
        write_reports(result)
    chance = {
        gallery: result.chosen(gallery=gallery, seed=arguments.seeds[0])[0].chance
        for gallery in ("training", "test", "all")
    }
    per_label = {
        score.label: {"MPK25": score.precision_at_k, "MAP": score.average_precision}
        for cell in result.cells
        if (cell.encoder, cell.gallery, cell.evaluation.distance, cell.seed)
        == ("paper-unbalanced", "training", "euclidean", arguments.seeds[0])
        for score in cell.evaluation.per_label
    }
    joined = {
        f"{cell.encoder}/{cell.evaluation.distance}": joined_labels(cell.evaluation)
        for cell in result.cells
        if cell.gallery == "training" and cell.seed in (None, arguments.seeds[0])
    }
    curves = {
        f"{cell.encoder}/{cell.gallery}/{cell.evaluation.distance}": list(cell.evaluation.mean_precision)
        for cell in result.cells
        if cell.seed in (None, arguments.seeds[0])
    }
    record.append(
        "paper",
        question="How well does the paper's system retrieve real recordings?",
        seed=arguments.seeds[0],
        config={
            "corpus": arguments.name,
            "query_folds": arguments.query_folds,
            "folds": arguments.folds,
            "merge_labels": arguments.merge_labels,
            "seeds": arguments.seeds,
            "assignments": arguments.assignments,
        },
        values={
            "num_queries": result.num_test,
            "num_training": result.num_training,
            "num_labels": len(manifest.labels),
            "summary": result.summary(),
            "first_seed": [
                {
                    "encoder": cell.encoder,
                    "distance": cell.evaluation.distance,
                    "MAP": cell.evaluation.mean_average_precision,
                    "MP1": cell.evaluation.mean_reciprocal_rank,
                    "P1": cell.evaluation.precision_at_1,
                    "MPK25": cell.evaluation.precision_at_k,
                }
                for cell in result.cells
                if cell.gallery == "training" and cell.seed in (None, arguments.seeds[0])
            ],
            "chance": chance,
            "per_label": per_label,
            "synonyms_joined": joined,
            "MPK": curves,
        },
    )


def joined_labels(evaluation: Evaluation) -> dict[str, float | int]:
    """The same ranking, counted with the near-synonyms of the paper's labels joined."""
    names = read_synonyms(synonyms_file(Path(PAPER76)))

    def rename(embedded: EmbeddedClips) -> EmbeddedClips:
        return replace(
            embedded, clips=tuple(name_labels((one,), synonyms=names)[0] for one in embedded.clips)
        )

    counted = evaluate_embeddings(
        rename(evaluation.queries), rename(evaluation.gallery), distance=evaluation.distance, synonyms=True
    )
    return {
        "num_labels": len(counted.per_label),
        "MAP": counted.mean_average_precision,
        "MP1": counted.mean_reciprocal_rank,
        "MPK25": counted.precision_at_k,
    }


if __name__ == "__main__":
    main()
