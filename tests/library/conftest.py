from __future__ import annotations

from pathlib import Path

import pytest
from band_encoder import BandEncoder


@pytest.fixture
def encoder() -> BandEncoder:
    return BandEncoder()


@pytest.fixture
def audio(tmp_path: Path) -> Path:
    folder = tmp_path / "audio"
    folder.mkdir()
    return folder


@pytest.fixture
def lib(tmp_path: Path) -> Path:
    return tmp_path / "lib"
