"""`soundalike demo`."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.command_line import soundalike


@pytest.mark.slow
def test_demo_goes_the_whole_way(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    outcome = soundalike("demo", "--out", out, timeout_s=540.0)
    assert outcome.exit_code == 0, outcome.stderr
    assert (out / "report" / "index.html").stat().st_size > 10_000
    assert (out / "encoder" / "card.json").exists()
    status = soundalike("status", out / "library", "--json").document
    assert (status["recordings"], status["skipped"]) == (450, [])
    assert str(out / "report" / "index.html") in outcome.stdout
    table = [line.split() for line in outcome.stdout.splitlines()]
    maps = {(row[0], row[1]): float(row[3]) for row in table if row and row[0] in ("demo", "raw-logfreq")}
    assert maps["demo", "euclidean"] > maps["raw-logfreq", "euclidean"]
