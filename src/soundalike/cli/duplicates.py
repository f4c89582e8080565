"""`soundalike duplicates`."""

from __future__ import annotations

from typing import Annotated

import typer

from soundalike.cli.guard import end_with_skipped
from soundalike.cli.options import JsonOption
from soundalike.cli.progress import progress_bar
from soundalike.cli.show import print_json


def duplicates(
    library: Annotated[
        str, typer.Argument(metavar="LIBRARY", help="Folder of the library, or s3://bucket/prefix.")
    ],
    json: JsonOption = False,
) -> None:
    """Group files with the same sound: the same bytes, or re-encoded, trimmed, louder copies."""
    from soundalike.library import open_library

    with progress_bar("reading", unit="steps") as progress:
        report = open_library(library).duplicates(
            progress=lambda stage, done, total: progress(done, total, stage=stage)
        )
    if json:
        print_json(report.as_json())
    else:
        for group in report.groups:
            typer.echo("the same bytes" if group.kind == "same" else "the same sound")
            for one in group.recordings:
                for path in one.paths:
                    typer.echo(f"  {path}  ({one.duration_s:.1f} s, agreement {one.agreement:.2f})")
        num_files = sum(len(one.paths) for group in report.groups for one in group.recordings)
        typer.echo(f"{len(report.groups)} groups, {num_files} files. Nothing was changed.")
    end_with_skipped(report.unchecked)
