"""`soundalike duplicates`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from soundalike.cli.guard import end_with_skipped
from soundalike.cli.options import JsonOption
from soundalike.cli.progress import progress_bar
from soundalike.cli.show import print_json

if TYPE_CHECKING:
    from soundalike.library.copies import Copy, DuplicateGroup

_HEADINGS = {
    "same": "the same bytes",
    "near": "copies of the reference",
    "contained": "parts of a longer recording, which are no copies of it nor of each other",
}
_UNITS = {"reading": "files", "comparing": "pairs"}


def duplicates(
    library: Annotated[
        str, typer.Argument(metavar="LIBRARY", help="Folder of the library, or s3://bucket/prefix.")
    ],
    json: JsonOption = False,
) -> None:
    """Group files of the same bytes, and re-encoded, trimmed, louder copies; name parts of longer recordings.

    Each copy was compared with the reference of its group, the longest file, and of those as long the largest.
    Agreement is the correlation of its fine structure with the reference's where both sound: 1 is equal sound, other
    recordings have about 0. Whether it is a copy is decided by the waveforms, sample by sample. A copy has two thirds
    of the reference at least; what is shorter is listed as a part, with its place in the longer recording. Nothing is
    changed.
    """
    from soundalike.library import open_library

    with progress_bar("reading", unit="files") as progress:
        report = open_library(library).duplicates(
            progress=lambda stage, done, total: progress(
                done, total, stage=stage, unit=_UNITS.get(stage, "places")
            )
        )
    if json:
        print_json(report.as_json())
    else:
        for group in report.groups:
            typer.echo(_HEADINGS[group.kind])
            for line in _lines(group):
                typer.echo(f"  {line}")
        kinds = Counter(group.kind for group in report.groups)
        typer.echo(
            f"{kinds['same']} groups of the same bytes, {kinds['near']} of copies; {kinds['contained']} recordings "
            "with others as parts. Nothing was changed."
        )
        if kinds["near"] or kinds["contained"]:
            typer.echo(
                "Agreement with the reference or the longer recording: 1 is equal sound, about 0 another."
            )
    end_with_skipped(report.unchecked)


def _lines(group: DuplicateGroup) -> Iterator[str]:
    first, *others = group.recordings
    if group.kind == "same":
        yield from (f"{path}  ({first.duration_s:.1f} s)" for path in first.paths)
        return
    role = "the reference" if group.kind == "near" else "the longer recording"
    yield f"{_name(first)}  ({role}, {first.duration_s:.1f} s)"
    for one in others:
        place = f", from {max(0.0, one.offset_s):.1f} s on" if group.kind == "contained" else ""
        yield f"{_name(one)}  ({one.duration_s:.1f} s{place}, agreement {one.agreement:.2f})"


def _name(one: Copy) -> str:
    """Its first file; the others stand in their own group of the same bytes."""
    more = len(one.paths) - 1
    return one.paths[0] + (f" and {more} of the same bytes" if more else "")
