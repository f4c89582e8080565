"""Train the encoder that the package carries, and put it into the package with its licence note.

    python scripts/make_default.py DATA --work runs/default

DATA holds ESC-50 and UrbanSound8K, or what one has of them. A stopped training goes on.
"""

from __future__ import annotations

import argparse
import shutil
from dataclasses import replace
from pathlib import Path

from soundalike.data import read_data
from soundalike.encoders import GRAPH_FILE, read_card, write_card
from soundalike.training import load_recipe, train

PACKAGE = Path(__file__).parent.parent / "src" / "soundalike" / "encoders" / "default"
SETTINGS = (
    "name=default",
    "export.weights=float16",
    "optimiser.epochs=100",
    "optimiser.validate_every=10",
)
SEED = 0
NOTES = {
    "command": "python scripts/make_default.py DATA: soundalike train DATA --merge-labels --recipe cnn "
    + " ".join(f"--set {setting}" for setting in SETTINGS)
    + f" --seed {SEED}",
    "licence": (
        "The weights are trained on ESC-50 (CC BY-NC 3.0) and UrbanSound8K (CC BY-NC 3.0), whose recordings come from "
        "Freesound under licences of their own, most of them non-commercial. Take the weights for non-commercial use "
        "only. For anything else train on recordings that you may use: "
        "soundalike train YOUR_FOLDER --recipe cnn --out my-encoder."
    ),
    "weaknesses": (
        "It was trained on 3,400 clips of 57 everyday sounds, and knows those best. Kinds of sound that it never heard "
        "are told apart much less well; of speech and music it knows only that they are there. It does not know "
        "loudness, and hears nothing above 8 kHz. A window with two sounds lies between them. Scores are on the "
        "validation clips that chose the epoch, so they are somewhat too good."
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--work", type=Path, required=True, help="run folder")
    arguments = parser.parse_args()

    result = train(
        read_data(arguments.data, merge_labels=True),
        recipe=load_recipe("cnn", SETTINGS),
        out=arguments.work,
        seed=SEED,
        resume=True,
        on_epoch=lambda record: print(
            f"epoch {record.epoch}: loss {record.loss:.3f}, MAP {record.val_map}, {record.wall_s:.0f} s",
            flush=True,
        ),
    )
    data = {**result.card.training_data, "name": "ESC-50 folds 1-4 and part of UrbanSound8K"}
    write_card(replace(read_card(arguments.work), training_data=data, notes=NOTES), arguments.work)
    PACKAGE.mkdir(exist_ok=True)
    for name in (GRAPH_FILE, "card.json"):
        shutil.copyfile(arguments.work / name, PACKAGE / name)
    print(PACKAGE)


if __name__ == "__main__":
    main()
