"""`soundalike search`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from soundalike.cli.options import DistanceOption, EncoderOption, JsonOption
from soundalike.cli.show import metric, print_json, print_table
from soundalike.errors import AudioEmptyError


def search(
    library: Annotated[Path, typer.Argument(metavar="LIBRARY", help="Folder of the library.")],
    query: Annotated[
        str, typer.Argument(metavar="QUERY", help="A file, - for standard input, or id:RECORDING_ID.")
    ],
    start: Annotated[float | None, typer.Option(help="Use the query from here, in seconds.")] = None,
    end: Annotated[float | None, typer.Option(help="Use the query up to here, in seconds.")] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="How many hits.")] = 10,
    distance: DistanceOption = None,
    per: Annotated[
        Literal["span", "recording", "window"],
        typer.Option(help="What counts as a hit: span (overlapping windows merged), recording, window."),
    ] = "span",
    skip_self: Annotated[bool, typer.Option("--skip-self", help="Leave the query's recording out.")] = False,
    encoder: EncoderOption = None,
    json: JsonOption = False,
) -> None:
    """Find what sounds like a recording."""
    from soundalike.library import open_library

    source = _standard_input() if query == "-" else query
    result = open_library(library, encoder=encoder).search(
        source, start_s=start, end_s=end, k=k, distance=distance, per=per, skip_self=skip_self
    )
    if json:
        print_json(result.as_json())
        return
    print_table(
        ["", result.distance, "similarity", "from", "to", "label", "path"],
        [
            [
                str(hit.rank),
                metric(hit.distance),
                "-" if hit.similarity is None else f"{hit.similarity:.0%}",
                f"{hit.start_s:.1f} s",
                f"{hit.end_s:.1f} s",
                hit.label,
                hit.path + (" (the query itself)" if hit.is_query else ""),
            ]
            for hit in result.hits
        ],
    )


def _standard_input() -> bytes:
    # A program that was started without a standard input has None there.
    recording = b"" if sys.stdin is None else sys.stdin.buffer.read()
    if not recording:
        raise AudioEmptyError("standard input is empty. Pipe or redirect a recording into it.")
    return recording
