"""`soundalike reproduce`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from soundalike.cli.guard import end_with_skipped
from soundalike.cli.options import MergeLabels, Synonyms, parse_folds
from soundalike.cli.progress import progress_bar
from soundalike.cli.show import metric, print_json, print_table
from soundalike.cli.train import import_training

if TYPE_CHECKING:
    from soundalike.training.reproduce import Reproduction


def reproduce(
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA", help="Folder of label folders, CSV manifest, or a published data set."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder for encoders, results and report.")],
    seeds: Annotated[str, typer.Option(help="One training of each network for each, as in 0,1,2.")] = "0,1,2",
    folds: Annotated[
        str | None, typer.Option(help="Folds to train on. Default: all but --query-folds.")
    ] = None,
    query_folds: Annotated[
        str | None,
        typer.Option(help="Folds to search with. Default: 70/10/20 of every label's recordings."),
    ] = None,
    merge_labels: MergeLabels = False,
    synonyms: Synonyms = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a value of both recipes."),
    ] = None,
    allow_leaks: Annotated[
        bool, typer.Option("--allow-leaks", help="Go on even if training and queries share a file.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print all results as JSON.")] = False,
) -> None:
    """Run the paper's experiment: both pair sets, both distances, several seeds, tables and figures.

    Stopped, it goes on where it was when the same command is given again.
    """
    import_training()
    from soundalike.data import read_data
    from soundalike.training.reproduce import reproduce as run
    from soundalike.training.reproduce import write_reports

    manifest = read_data(data, merge_labels=merge_labels, synonyms=synonyms)
    with progress_bar("reading", unit="epochs") as bar:
        stage = ""

        def on_run(done: int, total: int, what: str) -> None:
            nonlocal stage
            stage = f"[{done}/{total}] {what}"
            bar(0, 1, stage=stage)

        def on_epoch(record: Any, num_epochs: int) -> None:
            note = f"loss {record.loss:.4f}  validation MAP {metric(record.val_map)}"
            bar(record.epoch, num_epochs, record.complaint or note, stage=stage)

        result = run(
            manifest,
            out=out,
            seeds=parse_folds(seeds, "--seeds") or [0],
            folds=parse_folds(folds, "--folds"),
            query_folds=parse_folds(query_folds, "--query-folds"),
            assignments=settings or [],
            allow_leaks=allow_leaks,
            on_run=on_run,
            on_epoch=on_epoch,
        )
        pages = write_reports(result)
    if json:
        print_json(result.as_json())
    else:
        _print_summary(result, pages)
    end_with_skipped(result.skipped)


def _print_summary(result: Reproduction, pages: list[Path]) -> None:
    print_table(
        ["gallery", "encoder", "distance", "MAP", "MP1", "P1", "MP@25", "best K"],
        [
            [
                row["gallery"],
                row["encoder"],
                row["distance"],
                *(
                    metric(row[name]["mean"])
                    + ("" if row[name]["spread"] is None else f" ± {row[name]['spread']:.3f}")
                    for name in ("MAP", "MP1", "P1", "MPK25")
                ),
                f"{row['best_k']['mean']:.0f}",
            ]
            for row in result.summary()
        ],
        title=f"{result.num_test} queries, {result.num_training} training clips",
    )
    for page in pages:
        typer.echo(f"report: {page}")
