"""`soundalike search`."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal

import typer

from soundalike.cli.guard import end_with_skipped
from soundalike.cli.options import DistanceOption, EncoderOption
from soundalike.cli.show import print_json, print_text
from soundalike.errors import AudioEmptyError, UsageError
from soundalike.library.times import seconds_of

STANDARD_INPUT = "-"
# A longer recording is put into a temporary file instead of memory.
_IN_MEMORY_BYTES = 256 << 20
_COPY_BYTES = 1 << 20


def _time(text: str) -> float:
    try:
        return seconds_of(text)
    except ValueError as exc:
        raise typer.BadParameter(f"'{text}' is no time. Write seconds, m:ss or h:mm:ss: 62 or 1:02.") from exc


def search(
    library: Annotated[
        str, typer.Argument(metavar="LIBRARY", help="Folder of the library, or s3://bucket/prefix.")
    ],
    query: Annotated[
        str,
        typer.Argument(
            metavar="QUERY", help="A file, s3://bucket/file, - for standard input, or id:RECORDING_ID."
        ),
    ],
    start: Annotated[
        float | None,
        typer.Option(parser=_time, metavar="TIME", help="Use the query from here: seconds, m:ss or h:mm:ss."),
    ] = None,
    end: Annotated[
        float | None, typer.Option(parser=_time, metavar="TIME", help="Use the query up to here.")
    ] = None,
    plus: Annotated[
        list[str] | None,
        typer.Option(metavar="QUERY", help="Another example of what is wanted; may be given often."),
    ] = None,
    minus: Annotated[
        list[str] | None,
        typer.Option(metavar="QUERY", help="An example of what is not wanted; may be given often."),
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="How many hits.")] = 10,
    distance: DistanceOption = None,
    per: Annotated[
        Literal["span", "recording", "window"],
        typer.Option(help="What counts as a hit: span (a stretch of it), recording (its best span), window."),
    ] = "span",
    skip_self: Annotated[
        bool, typer.Option("--skip-self", help="Leave the recordings of all examples out.")
    ] = False,
    where: Annotated[
        str | None,
        typer.Option(
            metavar="SQL", help="Only what this is true for: \"label = 'rain' AND duration_s < 10\"."
        ),
    ] = None,
    exact: Annotated[
        bool, typer.Option("--exact", help="Compare every window, also where a search index is there.")
    ] = False,
    encoder: EncoderOption = None,
    form: Annotated[
        Literal["table", "json", "csv", "raven", "audacity", "m3u"] | None,
        typer.Option("--format", help="How to print the hits. Default: table."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    copy_to: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Also write every hit there, as a WAV file of its own."),
    ] = None,
) -> None:
    """Find what sounds like a recording."""
    if json and form not in (None, "json"):
        raise UsageError(f"--json and --format {form} exclude each other.")
    form = "json" if json else form or "table"
    from soundalike.library.opening import open_for_search

    with _standard_input([query, *(plus or []), *(minus or [])]) as read:
        result = open_for_search(library, encoder=encoder).search(
            read(query),
            start_s=start,
            end_s=end,
            plus=[read(one) for one in plus or []],
            minus=[read(one) for one in minus or []],
            k=k,
            distance=distance,
            per=per,
            skip_self=skip_self,
            where=where,
            exact=exact,
        )
    if query == STANDARD_INPUT:
        result = replace(result, query=STANDARD_INPUT)
    if result.num_allowed == 0:
        typer.echo(f"No sound in {library} fits the filter: {where}", err=True)
    elif not result.hits and form == "table":
        typer.echo(f"Nothing found in {library}.", err=True)
    copied = None
    if copy_to is not None:
        from soundalike.library.clips import copy_clips

        copied = copy_clips(result, copy_to)
    if form == "json":
        print_json({**result.as_json(), **({} if copied is None else {"copied": copied.as_json()})})
    else:
        from soundalike.library.formats import render

        width = shutil.get_terminal_size().columns if sys.stdout is not None and sys.stdout.isatty() else None
        print_text(render(result, form, width=width), for_people=form == "table")
    num_paths = len({hit.path for hit in result.hits})
    if form == "audacity" and num_paths > 1:
        typer.echo(
            f"These are the label tracks of {num_paths} recordings, one after another. Each keeps the times of its own "
            "file; import into Audacity the lines whose label begins with the file's name.",
            err=True,
        )
    if copied is not None:
        typer.echo(f"{len(copied.clips)} clips written to {copy_to}", err=True)
        end_with_skipped(copied.skipped)


@contextmanager
def _standard_input(written: list[str]) -> Iterator[Callable[[str], str | Path | bytes]]:
    """Read standard input if one of the examples is "-"; gives a function from what was written to what is meant."""
    if written.count(STANDARD_INPUT) > 1:
        raise UsageError("standard input holds one recording; only one of the examples can be '-'.")
    if STANDARD_INPUT not in written:
        yield lambda one: one
        return
    # A program that was started without a standard input has None there.
    beginning = b"" if sys.stdin is None else sys.stdin.buffer.read(_IN_MEMORY_BYTES)
    if not beginning:
        raise AudioEmptyError("standard input is empty. Pipe or redirect a recording into it.")
    if len(beginning) < _IN_MEMORY_BYTES:
        yield lambda one: beginning if one == STANDARD_INPUT else one
        return
    with TemporaryDirectory(prefix="soundalike-") as folder:
        spilled = Path(folder) / "standard-input"
        with spilled.open("wb") as file:
            file.write(beginning)
            shutil.copyfileobj(sys.stdin.buffer, file, _COPY_BYTES)
        yield lambda one: spilled if one == STANDARD_INPUT else one
