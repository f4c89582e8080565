from __future__ import annotations

import csv
from pathlib import Path

import pytest

from cli.command_line import FAST, Outcome, soundalike
from soundalike.data.synthetic import write_corpus

KINDS = ("birds", "dog_bark", "engine", "rain", "siren", "whistle")
CLIPS_PER_KIND = 8


@pytest.fixture(scope="session")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of label folders: six kinds of sound, eight clips of each."""
    folder = tmp_path_factory.mktemp("corpus") / "sounds"
    write_corpus(folder, clips_per_kind=CLIPS_PER_KIND, seed=0, kinds=KINDS, duration_s=2.2)
    return folder


@pytest.fixture(scope="session")
def folds(sounds: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same clips as a CSV manifest in four folds."""
    path = tmp_path_factory.mktemp("manifest") / "folds.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["path", "label", "fold"])
        for kind in KINDS:
            for number, clip in enumerate(sorted((sounds / kind).iterdir())):
                rows.writerow([clip, kind, number % 4 + 1])
    return path


@pytest.fixture(scope="session")
def trained(sounds: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    """A small network trained for a few epochs, and what the training printed."""
    folder = tmp_path_factory.mktemp("trained") / "encoder"
    outcome = soundalike(
        *("train", sounds, "--out", folder, "--json"),
        *("--set", "network.widths=[32,16]", "--set", "optimiser.epochs=4"),
    )
    assert outcome.exit_code == 0, outcome.stderr
    return folder, outcome


@pytest.fixture(scope="session")
def encoder(trained: tuple[Path, Outcome]) -> Path:
    """The folder of the small network."""
    return trained[0]


@pytest.fixture(scope="session")
def library(sounds: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of all clips. Tests only read it."""
    folder = tmp_path_factory.mktemp("library") / "library"
    outcome = soundalike("index", folder, sounds, *FAST)
    assert outcome.exit_code == 0, outcome.stderr
    return folder
