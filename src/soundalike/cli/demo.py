"""`soundalike demo`: the whole road on sounds that a synthesiser makes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from soundalike.cli.evaluate import print_evaluations
from soundalike.cli.progress import progress_bar
from soundalike.cli.show import metric, print_table
from soundalike.cli.train import import_training
from soundalike.config import Distance

_CLIPS_A_KIND = 15
_CLIP_S = 3.0
_EPOCHS = 40
# The recipe is made for real sounds and 200 epochs.
_HASTE = ("optimiser.kind=adam", "optimiser.learning_rate=1e-4", f"optimiser.epochs={_EPOCHS}")
_SEED = 0


def demo(
    out: Annotated[Path, typer.Option(help="Folder for everything it makes.")] = Path("demo"),
) -> None:
    """Make sounds, train on them, index them, search, evaluate, and write a report: a minute or two."""
    training = import_training()
    from typing import get_args

    from soundalike import evaluation
    from soundalike.data import split_by_recording, synthetic
    from soundalike.encoders import load_encoder
    from soundalike.library import index, open_library

    sounds, folder, library = out / "sounds", out / "encoder", out / "library"
    typer.echo(
        f"1. {len(synthetic.KINDS)} kinds of everyday sound, {_CLIPS_A_KIND} of each, synthesised -> {sounds}"
    )
    manifest = split_by_recording(
        synthetic.write_corpus(sounds, clips_per_kind=_CLIPS_A_KIND, duration_s=_CLIP_S, seed=_SEED),
        seed=_SEED,
    )
    training_side, test = manifest.select(splits=["train", "val"]), manifest.select(splits=["test"])

    typer.echo(f"2. the paper's twin network, {_EPOCHS} epochs over all pairs -> {folder}")
    recipe = training.load_recipe("paper-unbalanced", [*_HASTE, "name=demo"])
    with progress_bar("training", unit="epochs") as bar:
        training.train(
            training_side,
            recipe=recipe,
            out=folder,
            seed=_SEED,
            resume=True,
            on_epoch=lambda record: bar(record.epoch, _EPOCHS, f"validation MAP {metric(record.val_map)}"),
        )

    typer.echo(f"3. a searchable library of every recording -> {library}")
    with progress_bar("indexing", unit="files") as progress:
        index(library, [sounds], encoder=folder, progress=progress)

    query = test.clips[0].path
    typer.echo(f"4. what sounds like {query}?")
    found = open_library(library).search(query, k=6, skip_self=True, per="recording")
    print_table(
        ["", found.distance, "similarity", "label", "path"],
        [
            [
                str(hit.rank),
                metric(hit.distance),
                "-" if hit.similarity is None else f"{hit.similarity:.0%}",
                hit.label,
                hit.path,
            ]
            for hit in found.hits
        ],
    )

    typer.echo("5. how good is it? Queries it never saw, ranked against the training clips:")
    evaluations: list[evaluation.Evaluation] = []
    with progress_bar("evaluating", unit="clips") as progress:
        for distance in get_args(Distance):
            evaluations += evaluation.evaluate(
                [load_encoder("raw-logfreq"), load_encoder(folder)],
                training_side,
                test,
                distance=distance,
                progress=progress,
            )
        page = evaluation.write_report(evaluations, out / "report", title="soundalike demo, synthetic sounds")
    print_evaluations(evaluations)
    typer.echo(f"   tables and figures: {page}")
    typer.echo(
        "\nThese sounds are synthetic and easy: the numbers say that everything works, not how well on yours.\n"
        "Now your own recordings:\n\n    soundalike index my-library FOLDER_WITH_SOUNDS\n"
    )
