from __future__ import annotations

from pathlib import Path

import pytest

from soundalike.data.synthetic import write_corpus

KINDS = ("birds", "dog_bark", "engine", "siren")


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[bytes]]:
    """WAV files of four kinds of sound, eight of each, 2.5 seconds long."""
    folder = tmp_path_factory.mktemp("recordings")
    write_corpus(folder, clips_per_kind=8, seed=0, kinds=KINDS, duration_s=2.5)
    return {kind: [path.read_bytes() for path in sorted((folder / kind).iterdir())] for kind in KINDS}


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Where a corpus is gathered."""
    return tmp_path / "corpus"
