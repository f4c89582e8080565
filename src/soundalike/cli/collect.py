"""`soundalike collect`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from soundalike.cli.guard import end_with_skipped
from soundalike.cli.options import JsonOption
from soundalike.cli.progress import progress_bar
from soundalike.cli.show import counted, print_json, print_table
from soundalike.errors import UsageError

if TYPE_CHECKING:
    from soundalike.corpora.report import CollectReport


def collect(
    out: Annotated[Path, typer.Option(help="Folder of the corpus. A run that was stopped goes on there.")],
    labels: Annotated[
        str | None,
        typer.Argument(
            metavar="[LABELS]", help="A file with a label a line, a CSV with id,words, or 'paper76'."
        ),
    ] = None,
    per_label: Annotated[int, typer.Option(min=1, help="Recordings of each label.")] = 100,
    search: Annotated[
        str,
        typer.Option(
            help="A search that yt-dlp knows, or the address of a search page, feed or list with {words} in it."
        ),
    ] = "ytsearch",
    query: Annotated[str, typer.Option(help="What is searched for.")] = "{label} sound",
    licence: Annotated[
        Literal["any", "cc"],
        typer.Option(help="cc: only what its page says is Creative Commons or public domain."),
    ] = "any",
    min_s: Annotated[float, typer.Option(help="Shortest recording, in seconds.")] = 2.0,
    max_s: Annotated[float, typer.Option(help="Longest recording; checked before it is downloaded.")] = 600.0,
    clip: Annotated[
        Literal["loudest", "random", "event"],
        typer.Option(help="The part that becomes the clip; event: where most onsets are."),
    ] = "loudest",
    window_s: Annotated[float, typer.Option(help="Length of a clip, in seconds.")] = 2.0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of random clips and of the split.")] = 0,
    sleep_s: Annotated[
        float, typer.Option(min=0.0, help="Pause between two recordings; a site may ask for more.")
    ] = 5.0,
    timeout_s: Annotated[float, typer.Option(min=0.1, help="How long a site may be silent.")] = 30.0,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try recordings again that could not be had before.")
    ] = False,
    review: Annotated[
        bool,
        typer.Option(
            "--review", help="Gather nothing: serve the page to listen and strike out, to this machine alone."
        ),
    ] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of --review; 0: any that is free.")] = 0,
    json: JsonOption = False,
) -> None:
    """Gather a corpus from the web, as the paper did: search every label, take recordings, cut clips.

    For each label it searches "LABEL sound", takes 100 recordings between 2 seconds and 10 minutes, chooses a
    clip of 2 seconds in each and divides them 70/10/20. Source, title, uploader, licence, length and time of
    retrieval stand in the manifest. --out is then a folder for train and evaluate.

    Mind the law and the sites. One recording is fetched after another, with a pause; a site's robots.txt is obeyed
    for every address of a search page or recording, and a site that asks to slow down is given time. What yt-dlp
    itself asks of a site it knows is up to yt-dlp. Whether a site's terms allow downloads, and whether you may use a
    recording, is for you to know: YouTube's terms do not allow it without permission. --licence cc keeps what is
    marked as free. Do not publish recordings that are not yours.
    """
    if review:
        _review(out, port=port)
        return
    if labels is None:
        raise UsageError(
            "name the labels: soundalike collect paper76 --out FOLDER, or a file with a label a line."
        )
    from soundalike.corpora import CollectSettings, WebSettings, WebSource, read_labels
    from soundalike.corpora import collect as gather

    wanted = read_labels(labels)
    settings = CollectSettings(
        per_label=per_label,
        query=query,
        min_s=min_s,
        max_s=max_s,
        licence=licence,
        clip=clip,
        window_s=window_s,
        seed=seed,
    )
    source = WebSource(WebSettings(search=search, sleep_s=sleep_s, timeout_s=timeout_s))
    with progress_bar("gathering", unit="recordings") as progress:
        report = gather(
            wanted,
            out,
            source,
            settings,
            failures="retry" if retry_failed else "keep",
            progress=progress,
        )
    if json:
        print_json(report.as_json())
    else:
        _print(report)
    end_with_skipped(report.skipped)


def _review(folder: Path, *, port: int) -> None:
    from soundalike.corpora.review import serve_review

    serve_review(
        folder,
        port=port,
        on_ready=lambda address: typer.echo(f"Listen and strike out at {address}  (Ctrl-C ends)", err=True),
    )


def _print(report: CollectReport) -> None:
    kinds = sorted({kind for row in report.labels for kind in row.dropped})
    print_table(
        ["label", "asked", "found", "kept", *kinds, "struck", "train/val/test"],
        [
            [
                row.label,
                *(str(number) for number in (row.asked, row.found, row.kept)),
                *(str(row.dropped.get(kind, 0)) for kind in kinds),
                str(row.struck),
                "/".join(str(row.splits[name]) for name in ("train", "val", "test")),
            ]
            for row in report.labels
        ],
    )
    num_kept = sum(row.kept for row in report.labels)
    typer.echo(f"{report.folder}: {counted(num_kept, 'recording')}.")
    if report.num_near:
        typer.echo(
            f"{report.num_near} of them share sound with another one; they stay on one side of the split."
        )
    if short := [row.label for row in report.labels if row.kept < row.asked]:
        typer.echo(f"{counted(len(short), 'label')} with fewer recordings than asked for.")
    typer.echo(f"Listen and strike out: soundalike collect --out {report.folder} --review")
