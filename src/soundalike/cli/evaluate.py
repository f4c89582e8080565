"""`soundalike evaluate`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from soundalike.cli.guard import end_with_skipped
from soundalike.cli.options import (
    ClipOption,
    DistanceOption,
    JsonOption,
    MergeLabels,
    OutputOption,
    SampleRateOption,
    Synonyms,
    WindowOption,
    parse_folds,
)
from soundalike.cli.progress import progress_bar
from soundalike.cli.show import metric, print_json, print_table

if TYPE_CHECKING:
    from soundalike.encoders import Encoder
    from soundalike.evaluation import Evaluation


def evaluate(
    encoders: Annotated[
        list[str], typer.Argument(metavar="ENCODER...", help="'default', encoder folders, or .onnx files.")
    ],
    gallery: Annotated[Path, typer.Option(help="Labelled recordings to search in.")],
    gallery_folds: Annotated[str | None, typer.Option(help="Only these folds, as in 1,2,3.")] = None,
    queries: Annotated[
        Path | None, typer.Option(help="Labelled recordings to search with. Without: the gallery itself.")
    ] = None,
    query_folds: Annotated[str | None, typer.Option(help="Only these folds.")] = None,
    distance: DistanceOption = None,
    clip: ClipOption = None,
    merge_labels: MergeLabels = False,
    synonyms: Synonyms = None,
    k: Annotated[int, typer.Option("-k", min=1, help="The K of MP^K in tables.")] = 25,
    report: Annotated[
        Path | None, typer.Option(help="Folder for an HTML page with tables and figures.")
    ] = None,
    sample_rate: SampleRateOption = None,
    window_s: WindowOption = None,
    output: OutputOption = None,
    allow_leaks: Annotated[
        bool, typer.Option("--allow-leaks", help="Evaluate even if queries and gallery share audio.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the intervals.")] = 0,
    json: JsonOption = False,
) -> None:
    """Measure how well encoders rank labelled recordings: MAP, MP1, P1, MP^K, with intervals and chance."""
    from soundalike import evaluation
    from soundalike.data import read_data
    from soundalike.encoders import load_encoder

    loaded = [
        load_encoder(one, sample_rate_hz=sample_rate, window_s=window_s, output=output) for one in encoders
    ]
    everything = read_data(gallery, merge_labels=merge_labels)
    searched = everything.select(folds=parse_folds(gallery_folds, "--gallery-folds"))
    asking = None
    if queries is not None or query_folds is not None:
        source = everything if queries is None else read_data(queries, merge_labels=merge_labels)
        asking = source.select(folds=parse_folds(query_folds, "--query-folds"))
    with progress_bar("embedding", unit="clips") as progress:
        evaluations = evaluation.evaluate(
            loaded,
            searched,
            asking,
            distance=distance,
            clip=clip,
            synonyms=synonyms,
            k=k,
            seed=seed,
            allow_leaks=allow_leaks,
            progress=progress,
        )
    if report is not None:
        page = evaluation.write_report(evaluations, report)
        typer.echo(f"report: {page}", err=True)
    if json:
        documents = [one.as_json() for one in evaluations]
        print_json(documents[0] if len(documents) == 1 else {"results": documents})
    else:
        print_evaluations(evaluations)
    for encoder in loaded:
        if warning := trained_on(encoder):
            typer.echo(warning, err=True)
    end_with_skipped(evaluation.skipped_once(evaluations))


def trained_on(encoder: Encoder) -> str:
    """What to mind where an encoder is measured on the sounds that it learned from; empty if it learned nothing."""
    name = encoder.card.training_data.get("name")
    if name is None:
        return ""
    return (
        f"'{encoder.name}' was trained on '{name}'. Where clips of that are among the queries or in the gallery, its "
        "numbers are too good."
    )


def print_evaluations(evaluations: Sequence[Evaluation]) -> None:
    """Table 1 for the terminal, chance beneath it."""
    k = evaluations[0].k
    rows = [
        [
            str(one.encoder.get("name", "")) + (" (synonyms joined)" if one.synonyms else ""),
            one.distance,
            str(one.clip),
            *map(metric, (one.mean_average_precision, one.mean_reciprocal_rank, one.precision_at_1)),
            metric(one.precision_at_k),
            str(len(one.queries) - one.num_unanswerable),
            str(len(one.gallery)),
        ]
        for one in evaluations
    ]
    luck = evaluations[0].chance
    rows.append(["chance", "", "", *(metric(luck[name]) for name in ("MAP", "MP1", "P1", "P1")), "", ""])
    print_table(["encoder", "distance", "clip", "MAP", "MP1", "P1", f"MP@{k}", "queries", "gallery"], rows)
