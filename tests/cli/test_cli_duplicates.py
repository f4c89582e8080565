"""`soundalike duplicates`."""

from __future__ import annotations

import shutil
from pathlib import Path

from cli.command_line import FAST, refused, soundalike


def test_duplicates(sounds: Path, tmp_path: Path) -> None:
    folder = tmp_path / "sounds"
    shutil.copytree(sounds / "siren", folder)
    shutil.copy(folder / "siren_000.wav", folder / "again.wav")
    assert soundalike("index", tmp_path / "library", folder, *FAST).exit_code == 0
    document = soundalike("duplicates", tmp_path / "library", "--json").document
    assert document["unchecked"] == []
    assert [group["kind"] for group in document["groups"]] == ["same"]
    assert document["groups"][0]["recordings"][0]["paths"] == [
        str(folder / name) for name in ("again.wav", "siren_000.wav")
    ]
    (folder / "siren_003.wav").unlink()
    outcome = soundalike("duplicates", tmp_path / "library")
    refused(outcome, "siren_003.wav", "there is no file", exit_code=3)
    assert "1 groups, 2 files. Nothing was changed." in outcome.stdout
    assert len(list(folder.iterdir())) == 8
