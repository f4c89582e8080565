"""What looks after a library: `soundalike status`, `remove`, `relocate` and `optimize`."""

from __future__ import annotations

from typing import Annotated

import typer

from soundalike.cli.options import JsonOption
from soundalike.cli.show import counted, print_json
from soundalike.printable import printable

_LibraryArgument = Annotated[
    str, typer.Argument(metavar="LIBRARY", help="Folder of the library, or s3://bucket/prefix.")
]


def status(library: _LibraryArgument, json: JsonOption = False) -> None:
    """Say what a library holds, and what was skipped and why."""
    from soundalike.library import open_library

    found = open_library(library).status()
    if json:
        print_json(found)
        return
    typer.echo(
        f"{library}: {counted(found['recordings'], 'recording')}, {counted(found['windows'], 'window')}, "
        f"{found['audio_s'] / 3600:.2f} hours, encoder '{found['encoder']['name']}', "
        f"{found['size_bytes'] / 1e6:,.1f} MB"
    )
    index = found["index"]
    if index["kind"] != "exact":
        typer.echo(
            f"  index    {index['windows']} windows, {index['tail']} more compared one by one; "
            f"recall@10 when built: {_lowest(index['recall_at_10']):.3f}"
        )
    if "note" in index:
        typer.echo(f"  index    none: {index['note']}")
    for root in found["roots"]:
        state = "" if root["online"] else "  OFFLINE: nothing is there now"
        typer.echo(f"  root     {printable(root['path'])}: {counted(root['recordings'], 'file')}{state}")
    for one in found["skipped"]:
        typer.echo(f"  skipped  {printable(one['path'])}: {printable(one['reason'])}")
    for one in found["warnings"]:
        typer.echo(f"  warning  {printable(one['path'])}: {printable(one['warning'])}")
    for path in found["silent"]:
        typer.echo(f"  silent   {printable(path)}: nothing to find in it")
    for path in found["missing"]:
        typer.echo(f"  missing  {printable(path)}")


def _lowest(recalls: dict[str, dict[str, float]]) -> float:
    return min(share for kinds in recalls.values() for share in kinds.values())


def remove(
    library: _LibraryArgument,
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH", help="Files or folders to forget; they stay on disk.")
    ],
    json: JsonOption = False,
) -> None:
    """Forget files and what was heard in them; the files themselves stay where they are."""
    from soundalike.library import open_library

    removal = open_library(library).forget(paths)
    if json:
        print_json({"removed": removal.paths})
        return
    fate = f"{counted(removal.num_gone, 'recording')} gone"
    if removal.num_left:
        fate += f", {removal.num_left} still there under another path"
    typer.echo(f"{library}: forgot {counted(len(removal.paths), 'file')}; {fate}.")
    typer.echo(
        "The next `soundalike index` of their folder brings files back that are still there, but for --exclude."
    )


def relocate(
    library: _LibraryArgument,
    old: Annotated[str, typer.Argument(metavar="OLD", help="Folder as the library knows it.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="Where that folder is now.")],
    json: JsonOption = False,
) -> None:
    """Follow a folder of audio that moved to another drive or mount; nothing is decoded."""
    from soundalike.library import open_library

    moved = open_library(library).relocate(old, new)
    if json:
        print_json(vars(moved))
        return
    typer.echo(f"{library}: {counted(moved.num_files, 'file')} now looked for in '{moved.new}'.")
    if not moved.is_there:
        typer.echo(f"There is no folder '{moved.new}' at the moment; until there is, it counts as offline.")


def optimize(library: _LibraryArgument, json: JsonOption = False) -> None:
    """Tidy up a library that was changed often: smaller files, a fresh search index."""
    from soundalike.library import open_library

    done = open_library(library).optimize()
    if json:
        print_json(done)
        return
    before, after = done["size_bytes"]["before"], done["size_bytes"]["after"]
    typer.echo(f"{library}: {after / 1e6:,.1f} MB, {before / 1e6:,.1f} MB before.")
