"""`soundalike duplicates`."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import soundfile

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
    assert "1 groups of the same bytes, 0 of copies; 0 recordings with others as parts." in outcome.stdout
    assert "Nothing was changed." in outcome.stdout
    assert len(list(folder.iterdir())) == 8


def test_output_names_the_reference_and_tells_parts_from_copies(tmp_path: Path) -> None:
    folder = tmp_path / "sounds"
    folder.mkdir()
    rng = np.random.default_rng(0)
    takes = [0.2 * rng.standard_normal(63 * 512) for _ in range(3)]  # whole hops of the fingerprint
    for number, take in enumerate(takes):
        soundfile.write(folder / f"take {number}.wav", take, 16_000)
    soundfile.write(folder / "take 0.flac", takes[0] / 4, 16_000)
    shutil.copy(folder / "take 0.wav", folder / "take 0 again.wav")
    soundfile.write(folder / "all.wav", np.concatenate(takes), 16_000)
    assert soundalike("index", tmp_path / "library", folder, *FAST).exit_code == 0
    outcome = soundalike("duplicates", tmp_path / "library")
    assert outcome.exit_code == 0
    assert outcome.stdout.replace(f"{folder}{os.sep}", "").splitlines() == [
        "the same bytes",
        "  take 0 again.wav  (2.0 s)",
        "  take 0.wav  (2.0 s)",
        "copies of the reference",
        "  take 0 again.wav and 1 of the same bytes  (the reference, 2.0 s)",
        "  take 0.flac  (2.0 s, agreement 1.00)",
        "parts of a longer recording, which are no copies of it nor of each other",
        "  all.wav  (the longer recording, 6.0 s)",
        "  take 0 again.wav and 1 of the same bytes  (2.0 s, from 0.0 s on, agreement 1.00)",
        "  take 1.wav  (2.0 s, from 2.0 s on, agreement 1.00)",
        "  take 2.wav  (2.0 s, from 4.0 s on, agreement 1.00)",
        "1 groups of the same bytes, 1 of copies; 1 recordings with others as parts. Nothing was changed.",
        "Agreement with the reference or the longer recording: 1 is equal sound, about 0 another.",
    ]
    assert "comparing" in outcome.stderr
    assert "pairs/s" in outcome.stderr
    assert "steps" not in outcome.stderr
