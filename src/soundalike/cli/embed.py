"""`soundalike embed` and `soundalike export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from soundalike.cli.guard import end_with_skipped
from soundalike.cli.options import EncoderOption, JsonOption, OutputOption, SampleRateOption, WindowOption
from soundalike.cli.progress import progress_bar
from soundalike.cli.show import counted, print_json

_OutOption = Annotated[
    Path,
    typer.Option("--out", metavar="FILE", help="File to write: .parquet or .npz; one there is replaced."),
]


def embed(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE", help="Files and folders of audio, or s3://bucket/prefix.")
    ],
    out: _OutOption,
    encoder: EncoderOption = "default",
    sample_rate: SampleRateOption = None,
    window_s: WindowOption = None,
    output: OutputOption = None,
    hop_s: Annotated[float, typer.Option(help="Seconds between the starts of windows.")] = 1.0,
    json: JsonOption = False,
) -> None:
    """Write the embeddings of files, with paths and times, for NumPy, pandas and notebooks."""
    from soundalike.encoders import load_encoder
    from soundalike.library import embed as write_embeddings

    loaded = load_encoder(encoder or "default", sample_rate_hz=sample_rate, window_s=window_s, output=output)
    with progress_bar("embedding", unit="files") as progress:
        report = write_embeddings(files, out, encoder=loaded, hop_s=hop_s, progress=progress)
    if json:
        print_json(report.as_json())
    else:
        typer.echo(
            f"{out}: {counted(report.num_windows, 'window')} of {counted(report.num_files, 'file')}; "
            f"{counted(report.num_silent, 'silent window')} left out."
        )
    end_with_skipped(report.skipped)


def export(
    library: Annotated[
        str, typer.Argument(metavar="LIBRARY", help="Folder of the library, or s3://bucket/prefix.")
    ],
    out: _OutOption,
    where: Annotated[
        str | None,
        typer.Option(
            metavar="SQL", help="Only what this is true for: \"label = 'rain' AND duration_s < 10\"."
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Write the embeddings of a library, with paths and times, for NumPy, pandas and notebooks."""
    from soundalike.library import open_library

    written = open_library(library).export(out, where=where)
    if json:
        print_json(written)
    else:
        typer.echo(
            f"{out}: {counted(written['windows'], 'window')} of {counted(written['recordings'], 'recording')}."
        )
