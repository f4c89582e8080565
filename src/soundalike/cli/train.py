"""`soundalike train`."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from soundalike.cli.guard import end_with_skipped
from soundalike.cli.options import (
    MergeLabels,
    OutputOption,
    SampleRateOption,
    Synonyms,
    WindowOption,
    parse_folds,
)
from soundalike.cli.progress import progress_bar, stderr
from soundalike.cli.show import metric, print_json
from soundalike.errors import MissingExtraError


def import_training() -> Any:
    """The training package, which needs the train extra.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        from soundalike import training
    except ModuleNotFoundError as exc:
        raise MissingExtraError(
            f"training needs '{exc.name}', which is not installed: pip install 'soundalike[train]'"
        ) from exc
    return training


def train(
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA", help="Folder of label folders, CSV manifest, or a published data set."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Run folder; once training ends, itself the encoder.")],
    recipe: Annotated[
        str | None,
        typer.Option(
            help="Name of a recipe (cnn, head, paper-balanced, paper-unbalanced) or a TOML file. Without: "
            "paper-unbalanced, and head where there is a --backbone."
        ),
    ] = None,
    backbone: Annotated[
        str | None,
        typer.Option(
            metavar="ENCODER",
            help="Put a head on this encoder instead of training a whole one: 'default', an encoder folder, or an "
            ".onnx file.",
        ),
    ] = None,
    sample_rate: SampleRateOption = None,
    window_s: WindowOption = None,
    output: OutputOption = None,
    folds: Annotated[str | None, typer.Option(help="Train on these folds only, as in 1,2,3.")] = None,
    val_folds: Annotated[
        str | None,
        typer.Option(help="Validate on these folds. Without: the data's own split, else a tenth kept aside."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of everything random.")] = 0,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a value of the recipe, as in loss.margin=2."),
    ] = None,
    clip: Annotated[
        Literal["loudest", "whole", "random"] | None,
        typer.Option(
            help="What of a recording to train on: its loudest window, all its windows, or a random one every epoch. "
            "Without: what the recipe says."
        ),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the training in --out.")] = False,
    devices: Annotated[int, typer.Option(min=1, help="GPUs or processes on this machine.")] = 1,
    nodes: Annotated[int, typer.Option(min=1, help="Machines.")] = 1,
    merge_labels: MergeLabels = False,
    synonyms: Synonyms = None,
    allow_leaks: Annotated[
        bool, typer.Option(help="Train even if validation holds audio that training holds too.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the card as JSON.")] = False,
) -> None:
    """Train an encoder on labelled recordings."""
    training = import_training()
    from soundalike.data import read_data
    from soundalike.encoders import load_encoder

    chosen = training.load_recipe(recipe or ("head" if backbone else "paper-unbalanced"), settings or [])
    frozen = backbone and load_encoder(backbone, sample_rate_hz=sample_rate, window_s=window_s, output=output)
    manifest = read_data(data, merge_labels=merge_labels, synonyms=synonyms)
    # With several devices this command runs once for each; the first one speaks.
    is_first = training.is_first_process()
    with progress_bar("training", unit="epochs") if is_first else nullcontext(lambda *_, **__: None) as bar:
        complaints: set[str] = set()

        def on_load(done: int, total: int) -> None:
            bar(done, total, stage="reading audio")

        def on_epoch(record: Any) -> None:
            note = f"loss {record.loss:.4f}  validation MAP {metric(record.val_map)}"
            bar(record.epoch, chosen.optimiser.epochs, note, stage="training")
            kind, _, _ = (record.complaint or "").partition(":")
            if record.complaint and kind not in complaints:
                complaints.add(kind)
                stderr.print(f"epoch {record.epoch}: {record.complaint}", markup=False, style="yellow")

        result = training.train(
            manifest,
            recipe=chosen,
            out=out,
            folds=parse_folds(folds, "--folds"),
            val_folds=parse_folds(val_folds, "--val-folds"),
            seed=seed,
            clip=clip,
            backbone=frozen,
            resume=resume,
            devices=devices,
            nodes=nodes,
            allow_leaks=allow_leaks,
            on_load=on_load,
            on_trial=lambda done, total: bar(done, total, stage="leaving labels out"),
            on_epoch=on_epoch,
        )
    if not is_first:
        return
    scores = result.card.scores
    if json:
        print_json(result.card.as_json())
    else:
        typer.echo(
            f"{out}: an encoder of {result.card.dim} numbers, best epoch {scores['best_epoch']}, "
            f"validation MAP {metric(scores['MAP'])}, MP1 {metric(scores['MP1'])}"
        )
        _show_blend(scores.get("labels_left_out"))
        typer.echo(f"Try it: soundalike index my-library FOLDER --encoder {out}")
    end_with_skipped(result.skipped)


def _show_blend(found: dict[str, Any] | None) -> None:
    """What the blend of a head with its backbone does to labels in training, and to others."""
    if found is None:
        return
    base = "the backbone's whitened cosine" if found["whitened_base"] else "the backbone's own cosine"
    typer.echo(f"share of {base} in the blend: {found['share_of_base']:.1f}")
    if found["chosen"]:
        for name, text in (
            ("frozen", "the backbone alone"),
            ("blended", "with the head"),
            ("head", "the head alone"),
        ):
            seen, unseen = (metric(found[name][key]) for key in ("seen MAP", "unseen MAP"))
            typer.echo(f"  {text}: MAP {seen} on labels in training, {unseen} on labels left out of it")
