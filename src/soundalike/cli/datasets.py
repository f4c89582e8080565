"""`soundalike datasets`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from soundalike.cli.guard import end_with_skipped
from soundalike.cli.options import JsonOption
from soundalike.cli.progress import progress_bar
from soundalike.cli.show import counted, print_json, print_table
from soundalike.errors import UsageError


def datasets(
    action: Annotated[
        Literal["list", "fetch", "manifest"],
        typer.Argument(metavar="[list|fetch|manifest]", help="What to do."),
    ] = "list",
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="The data set.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="fetch: the folder it goes to; manifest: the CSV to write.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--from", help="manifest: the folder that the data set lies in.")
    ] = None,
    ids: Annotated[
        Path | None,
        typer.Option(help="fetch freesound: CSV with columns id,label. The key: FREESOUND_API_KEY."),
    ] = None,
    mirror: Annotated[
        str | None, typer.Option(help="fetch: address of a folder with the same archives, or of another API.")
    ] = None,
    any_checksum: Annotated[
        bool,
        typer.Option("--any-checksum", help="fetch: take archives that are not those that were published."),
    ] = False,
    json: JsonOption = False,
) -> None:
    """List public data sets, fetch one, or write a manifest of one.

    fetch downloads and unpacks what is missing, goes on where it was stopped, and checks the archives; a copy that
    lies in the folder is recognised, and nothing is downloaded. train and evaluate read the folder as it is; a
    manifest is a CSV with a row a clip. Each data set has a licence of its own: mind it.
    """
    if action == "list":
        _list(json=json)
        return
    if name is None or out is None:
        raise UsageError(
            f"name the data set and where it goes: soundalike datasets {action} NAME --out PATH."
        )
    if action == "manifest":
        _manifest(name, data, out, json=json)
    else:
        _fetch(name, out, ids=ids, mirror=mirror, check=not any_checksum, json=json)


def _list(*, json: bool) -> None:
    from soundalike.corpora.sets import DATA_SETS, FREESOUND

    rows = [[one.name, one.title, one.size, one.licence] for one in DATA_SETS]
    rows.append(
        [FREESOUND, "recordings of Freesound by a list of ids, with your labels", "-", "of each recording"]
    )
    columns = ["name", "what", "download, about", "licence"]
    if json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        print_table(columns, rows)


def _fetch(name: str, out: Path, *, ids: Path | None, mirror: str | None, check: bool, json: bool) -> None:
    from soundalike.corpora.fetch import FetchReport, fetch
    from soundalike.corpora.freesound import API, KEY_VARIABLE, PackReport, fetch_pack
    from soundalike.corpora.sets import FREESOUND, data_set

    report: FetchReport | PackReport
    if name == FREESOUND:
        key = os.environ.get(KEY_VARIABLE, "")
        if ids is None or not key:
            raise UsageError(
                f"name the list with --ids, and put an API key into the variable {KEY_VARIABLE} "
                "(https://freesound.org/apiv2/apply)."
            )
        with progress_bar("downloading", unit="recordings") as progress:
            report = fetch_pack(ids, out, key=key, api=mirror or API, progress=progress)
    else:
        one = data_set(name)
        with progress_bar("downloading", unit="MB") as progress:
            report = fetch(one, out, mirror=mirror, check=check, progress=progress)
    if json:
        print_json(report.as_json())
    else:
        typer.echo(f"{report.folder}: {name}, {counted(report.num_clips, 'clip')}.")
        if isinstance(report, FetchReport):
            typer.echo(f"Downloaded: {', '.join(report.downloaded) or 'nothing, it was there'}.")
    end_with_skipped(report.missing)


def _manifest(name: str, data: Path | None, out: Path, *, json: bool) -> None:
    from soundalike.corpora.fetch import manifest_of
    from soundalike.corpora.sets import data_set

    if data is None:
        raise UsageError(
            "say where the data set lies: soundalike datasets manifest NAME --from FOLDER --out FILE.csv"
        )
    manifest = manifest_of(data_set(name), data)
    manifest.write_csv(out)
    if json:
        print_json({"name": name, "path": str(out), "clips": len(manifest), "labels": list(manifest.labels)})
    else:
        typer.echo(f"{out}: {counted(len(manifest), 'clip')}, {counted(len(manifest.labels), 'label')}.")
