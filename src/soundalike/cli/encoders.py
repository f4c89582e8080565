"""`soundalike encoders`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from soundalike.cli.options import (
    JsonOption,
    OutputOption,
    SampleRateOption,
    WindowOption,
)
from soundalike.cli.show import print_json, print_table
from soundalike.errors import UsageError

if TYPE_CHECKING:
    from soundalike.encoders import Card


def encoders(
    encoder: Annotated[
        str | None,
        typer.Argument(
            metavar="ENCODER", help="An .onnx file, an encoder folder, or a name. Without: list all."
        ),
    ] = None,
    sample_rate: SampleRateOption = None,
    window_s: WindowOption = None,
    output: OutputOption = None,
    inputs: Annotated[
        list[str] | None,
        typer.Option("--input", metavar="NAME=VALUE", help="Value of an input besides the waveform."),
    ] = None,
    input_layout: Annotated[
        Literal["samples", "batch samples", "batch 1 samples", "batch samples 1"] | None,
        typer.Option(
            metavar="AXES", help="Axes of the waveform, as in 'batch 1 samples'. Default: found out."
        ),
    ] = None,
    output_layout: Annotated[
        str | None,
        typer.Option(
            metavar="AXES", help="Axes of the output, as in 'batch frames dim'. Default: found out."
        ),
    ] = None,
    full_scale: Annotated[
        float | None, typer.Option(min=0.0, help="What a sample of 1.0 becomes; 32768 for 16-bit samples.")
    ] = None,
    distance: Annotated[
        Literal["euclidean", "cosine"] | None,
        typer.Option("--distance", help="With --save: the distance to search by. Default: cosine."),
    ] = None,
    clip: Annotated[
        Literal["loudest", "whole"] | None,
        typer.Option("--clip", help="With --save: what of a clip to evaluate. Default: whole."),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write an encoder folder: the file, and a card with all of this."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """List the encoders that come with soundalike, or look at an ONNX file and keep what is known of it."""
    from soundalike.encoders import BUILT_IN, load_encoder, save_encoder

    if save is None and (distance or clip):
        raise UsageError("--distance and --clip are written to a card: name its folder with --save DIR.")
    if encoder is None:
        if save is not None:
            raise UsageError("--save needs an .onnx file: soundalike encoders FILE.onnx --save DIR")
        _list({name: load_encoder(name).card for name in BUILT_IN}, json=json)
        return
    loaded = load_encoder(
        encoder,
        sample_rate_hz=sample_rate,
        window_s=window_s,
        output=output,
        inputs=dict(_value(one) for one in inputs or []),
        input_layout=input_layout,
        output_layout=output_layout,
        full_scale=full_scale,
    )
    card = loaded.card
    if save is not None:
        card = save_encoder(loaded, save, distance=distance, clip=clip)
        typer.echo(f"written to '{save}'; name this folder after --encoder from now on", err=True)
    if json:
        print_json({card.name: card.as_json()})
    else:
        print_table(["", card.name], [[name, text] for name, text in _rows(card)])


def _list(cards: dict[str, Card], *, json: bool) -> None:
    if json:
        print_json({name: card.as_json() for name, card in cards.items()})
        return
    print_table(
        ["encoder", "numbers", "window", "rate", "distance", "trained on"],
        [
            [
                name,
                str(card.dim),
                f"{card.window_s:g} s",
                f"{card.sample_rate_hz} Hz",
                card.distance,
                str(card.training_data.get("name", "nothing")),
            ]
            for name, card in cards.items()
        ],
    )


def _rows(card: Card) -> Iterator[tuple[str, str]]:
    """What a card says, line by line."""
    yield "takes", f"{card.window_s:g} s at {card.sample_rate_hz} Hz"
    yield "gives", f"{card.dim} numbers, compared by {card.distance} distance"
    if card.adapter is not None:
        fed = card.adapter
        num = "any number of waveforms" if fed.batch is None else f"{fed.batch} waveforms"
        scale = "" if fed.full_scale == 1.0 else f", 1.0 as {fed.full_scale:g}"
        pooled = ", mean over the frames" if "frames" in fed.output_layout else ""
        yield "input", f"'{fed.input}' [{', '.join(fed.input_layout.split())}]{scale}"
        yield from (("", f"'{name}' is {value:g}") for name, value in fed.constants.items())
        yield "output", f"'{fed.output}' [{', '.join(fed.output_layout.split())}]{pooled}"
        yield "a call takes", "1 waveform" if fed.batch == 1 else num
    if card.training_data:
        yield "trained on", str(card.training_data.get("name", "nothing"))
    yield "fingerprint", card.fingerprint


def _value(text: str) -> tuple[str, float]:
    """`NAME=VALUE` as a name and a number."""
    name, equals, number = text.rpartition("=")
    try:
        if equals and name:
            return name, float(number)
    except ValueError:
        pass
    raise UsageError(f"--input {text!r}: write it as NAME=NUMBER.")
