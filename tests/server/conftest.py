from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from serving import DURATION_S, KINDS, Server, serving

from cli.command_line import FAST, soundalike
from soundalike.data.synthetic import write_corpus


def make_library(folder: Path, sounds: Path) -> Path:
    outcome = soundalike("index", folder, sounds, *FAST)
    assert outcome.exit_code == 0, outcome.stderr
    return folder


@pytest.fixture(scope="session")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of label folders: three kinds of sound, three recordings of each."""
    folder = tmp_path_factory.mktemp("served") / "sounds"
    write_corpus(folder, clips_per_kind=3, seed=0, kinds=KINDS, duration_s=DURATION_S)
    return folder


@pytest.fixture(scope="session")
def library(sounds: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of them. Tests only read it."""
    return make_library(tmp_path_factory.mktemp("served") / "library", sounds)


@pytest.fixture(scope="session")
def server(library: Path) -> Iterator[Server]:
    """A server of that library, with the settings that it has by itself."""
    with serving(library) as running:
        yield running
