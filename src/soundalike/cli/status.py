"""`soundalike status` and `soundalike remove`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from soundalike.cli.options import JsonOption
from soundalike.cli.show import print_json

_LibraryArgument = Annotated[Path, typer.Argument(metavar="LIBRARY", help="Folder of the library.")]


def status(library: _LibraryArgument, json: JsonOption = False) -> None:
    """Say what a library holds, and what was skipped and why."""
    from soundalike.library import open_library

    found = open_library(library).status()
    if json:
        print_json(found)
        return
    typer.echo(
        f"{library}: {found['recordings']} recordings, {found['windows']} windows, "
        f"{found['audio_s'] / 3600:.2f} hours, encoder '{found['encoder']['name']}'"
    )
    for one in found["skipped"]:
        typer.echo(f"  skipped  {one['path']}: {one['reason']}")
    for one in found["warnings"]:
        typer.echo(f"  warning  {one['path']}: {one['warning']}")
    for path in found["missing"]:
        typer.echo(f"  missing  {path}")


def remove(
    library: _LibraryArgument,
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH", help="Files or folders to forget; they stay on disk.")
    ],
    json: JsonOption = False,
) -> None:
    """Forget recordings; the files themselves stay where they are."""
    from soundalike.library import open_library

    removed = open_library(library).remove(paths)
    if json:
        print_json({"removed": removed})
        return
    typer.echo(f"{library}: forgot {len(removed)} recordings.")
