"""`soundalike index`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from soundalike.cli.guard import end_with_skipped
from soundalike.cli.options import EncoderOption, JsonOption, OutputOption, SampleRateOption, WindowOption
from soundalike.cli.progress import progress_bar
from soundalike.cli.show import counted, print_json
from soundalike.errors import UsageError
from soundalike.printable import printable

if TYPE_CHECKING:
    from soundalike.encoders import Encoder
    from soundalike.library import IndexReport
    from soundalike.library.crew import Hire

WorkersOption = Annotated[
    int | None, typer.Option(min=1, help="With --ray: processes that embed. Default: as many as have room.")
]
CpusOption = Annotated[int, typer.Option(min=1, help="With --ray: cores of each of them.")]
GpusOption = Annotated[
    float,
    typer.Option(min=0.0, help="With --ray: GPUs of each of them, for encoders; 0.5 lets two share one."),
]

# Rows of the metadata that match nothing, as far as they are named; --json has all.
SHOWN = 5


def index(
    library: Annotated[
        str,
        typer.Argument(
            metavar="LIBRARY", help="Folder of the library, or s3://bucket/prefix; made if it is not there."
        ),
    ],
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH",
            help="Files and folders of audio, or s3://bucket/prefix; may be left out with --reembed.",
        ),
    ] = None,
    encoder: EncoderOption = None,
    sample_rate: SampleRateOption = None,
    window_s: WindowOption = None,
    output: OutputOption = None,
    hop_s: Annotated[
        float | None, typer.Option(help="Seconds between the starts of windows. New library: 1.0.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(help="Threads that decode and embed. Default: one on each core.")
    ] = None,
    all_files: Annotated[
        bool,
        typer.Option("--all-files", help="Try hidden files too, and files that are no audio by their name."),
    ] = False,
    exclude: Annotated[list[str] | None, typer.Option(help="Glob of files or folders to leave out.")] = None,
    metadata: Annotated[
        Path | None,
        typer.Option(metavar="FILE.csv", help="CSV of what is known of the files: path, label, title, ..."),
    ] = None,
    prune: Annotated[bool, typer.Option("--prune", help="Forget files that are gone.")] = False,
    reembed: Annotated[
        bool,
        typer.Option("--reembed", help="Embed all of the library anew, by --encoder if given, then switch."),
    ] = False,
    ray: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Do the work on Ray: 'local' starts it on this machine, 'auto' or HOST:PORT joins a cluster.",
        ),
    ] = None,
    workers: WorkersOption = None,
    cpus_per_worker: CpusOption = 1,
    gpus_per_worker: GpusOption = 0.0,
    json: JsonOption = False,
) -> None:
    """Bring a library up to date with the audio in some folders."""
    from soundalike.encoders import load_encoder
    from soundalike.library import index as bring_up_to_date

    if not paths and not reembed:
        raise UsageError("name the files and folders to index: soundalike index LIBRARY PATH...")
    said = (sample_rate, window_s, output) != (None, None, None)
    if said and encoder is None:
        raise UsageError(
            "--sample-rate, --window-s and --output describe an .onnx file: name it with --encoder."
        )
    chosen: Encoder | str | None = encoder
    if said and encoder is not None:
        chosen = load_encoder(encoder, sample_rate_hz=sample_rate, window_s=window_s, output=output)
    with (
        _crew(ray, (workers, cpus_per_worker, gpus_per_worker), jobs) as crew,
        progress_bar("indexing", unit="files") as progress,
    ):
        report = bring_up_to_date(
            library,
            paths or [],
            encoder=chosen,
            hop_s=hop_s,
            files="all" if all_files else "audio",
            exclude=exclude or [],
            prune=prune,
            metadata=metadata,
            reembed=reembed,
            jobs=jobs,
            crew=crew,
            progress=progress,
        )
    document = report.as_json()
    if json:
        print_json(document)
    else:
        counts = ", ".join(f"{number} {name}" for name, number in document["recordings"].items() if number)
        typer.echo(f"{library}: {counted(document['windows'], 'window')}. Files: {counts or 'none found'}.")
        if report.num_reembedded:
            typer.echo(
                f"Moved to another encoder: {counted(report.num_reembedded, 'recording')} embedded anew."
            )
        if report.num_damaged:
            typer.echo(
                f"{counted(report.num_damaged, 'file')} damaged but usable; soundalike status lists them."
            )
        if report.num_silent:
            typer.echo(
                f"{counted(report.num_silent, 'recording')} silent from end to end: nothing to find there."
            )
        if left_out := _left_out(report):
            more = " --all-files tries the files too." if report.ignored else ""
            typer.echo(f"Left out: {printable(left_out)}.{more}")
        if report.unmatched:
            shown = ", ".join(report.unmatched[:SHOWN]) + (", ..." if len(report.unmatched) > SHOWN else "")
            typer.echo(
                f"No file fits {counted(len(report.unmatched), 'row')} of {metadata}: {printable(shown)}"
            )
        typer.echo(f"Next: soundalike search {library} SOUND")
    end_with_skipped(report.skipped)


@contextmanager
def _crew(ray: str | None, sizes: tuple[int | None, int, float], jobs: int | None) -> Iterator[Hire | None]:
    """Those who do the work: threads of this process, or a cluster for as long as the command runs."""
    if ray is None:
        if sizes != (None, 1, 0.0):
            raise UsageError(
                "--workers, --cpus-per-worker and --gpus-per-worker are for --ray; on one machine there is --jobs."
            )
        yield None
        return
    from soundalike.scale import Cluster, connected, on_cluster

    workers, cpus_per_worker, gpus_per_worker = sizes
    cluster = Cluster(num_workers=workers, cpus_per_worker=cpus_per_worker, gpus_per_worker=gpus_per_worker)
    with connected(ray, num_cpus=jobs):
        yield on_cluster(cluster)


def _left_out(report: IndexReport) -> str:
    """What was not tried: what is hidden, and by extension the files that are no audio by their name."""
    parts = []
    if report.num_hidden_folders:
        parts.append(counted(report.num_hidden_folders, "hidden folder"))
    if report.hidden:
        parts.append(counted(sum(report.hidden.values()), "hidden file"))
    others = {suffix: number - report.hidden.get(suffix, 0) for suffix, number in report.ignored.items()}
    named = ", ".join(f"{number} {suffix}" for suffix, number in sorted(others.items()) if number)
    if named:
        parts.append(f"not audio by their name: {named}")
    return "; ".join(parts)
