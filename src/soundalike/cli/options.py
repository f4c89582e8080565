"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from soundalike.errors import UsageError


def _synonyms_file(named: Path | None) -> Path | None:
    if named is None:
        return None
    from soundalike.corpora import synonyms_file

    return synonyms_file(named)


DistanceOption = Annotated[
    Literal["euclidean", "cosine"] | None,
    typer.Option("--distance", help="Default: what the encoder was trained for."),
]
ClipOption = Annotated[
    Literal["loudest", "whole"] | None,
    typer.Option("--clip", help="What of a recording to embed. Default: what the encoder was trained for."),
]
EncoderOption = Annotated[
    str | None, typer.Option("--encoder", help="'default', an encoder folder, or an .onnx file.")
]
SampleRateOption = Annotated[
    int | None, typer.Option("--sample-rate", min=1, help="Rate that a bare .onnx takes, in Hz.")
]
WindowOption = Annotated[
    float | None, typer.Option("--window-s", min=0.0, help="Length that a bare .onnx takes, in seconds.")
]
OutputOption = Annotated[
    str | None, typer.Option("--output", metavar="NAME", help="Which output of a bare .onnx to use.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
MergeLabels = Annotated[
    bool, typer.Option("--merge-labels", help="Join labels of the same name from several data sets.")
]
Synonyms = Annotated[
    Path | None,
    typer.Option(
        "--synonyms",
        callback=_synonyms_file,
        help="CSV with columns label,canonical that joins labels; 'paper76': that for the paper's labels.",
    ),
]


def parse_folds(text: str | None, option: str) -> list[int] | None:
    """`1,2,3` as numbers.

    Raises:
        UsageError: something in it is no whole number.
    """
    if text is None:
        return None
    try:
        return [int(part) for part in text.split(",")]
    except ValueError as exc:
        raise UsageError(
            f"{option} {text!r}: write whole numbers with commas between them, as in 1,2,3."
        ) from exc
