"""`soundalike embed` and `soundalike export`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from cli.command_line import FAST, refused, soundalike


def test_embed_counts_what_it_could_not_read(sounds: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.wav").write_text("no sound", encoding="utf-8")
    files = [sounds / "rain" / "rain_000.wav", tmp_path / "broken.wav", sounds / "siren" / "siren_001.wav"]
    outcome = soundalike("embed", *files, "--out", tmp_path / "some.npz", *FAST, "--json")
    assert outcome.exit_code == 3
    assert [one["path"] for one in outcome.document.pop("skipped")] == [str(tmp_path / "broken.wav")]
    with np.load(tmp_path / "some.npz") as arrays:
        assert arrays["embedding"].shape == (outcome.document["windows"], 79)
        assert list(dict.fromkeys(arrays["path"].tolist())) == [str(files[0]), str(files[2])]
    refused(
        soundalike("embed", files[0], "--out", tmp_path / "some.csv", *FAST), "neither .npz nor", exit_code=2
    )


def test_export(library: Path, tmp_path: Path) -> None:
    outcome = soundalike("export", library, "--out", tmp_path / "all.parquet", "--json")
    assert outcome.document == {"recordings": 48, "windows": 96}
    assert pq.read_metadata(tmp_path / "all.parquet").num_rows == 96
    assert "96 windows of 48" in soundalike("export", library, "--out", tmp_path / "all.npz").stdout
