"""`soundalike reproduce`: the whole experiment on few clips, stopped and gone on with."""

from __future__ import annotations

import json
import os
import shutil
import signal
from pathlib import Path

import pytest

from cli.command_line import refused, soundalike, start, wait_until

TINY = ("--set", "optimiser.epochs=2", "--set", "network.widths=[16,8]")
RUNS = ("balanced-seed0", "unbalanced-seed0", "balanced-seed1", "unbalanced-seed1")


def cards(out: Path) -> dict[str, int]:
    """When each finished encoder was finished."""
    return {path.parent.name: path.stat().st_mtime_ns for path in out.glob("encoders/*/card.json")}


@pytest.mark.slow
def test_it_goes_on_where_it_was_and_measures_everything(sounds: Path, tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "out"
    for kind in ("birds", "rain", "siren"):
        shutil.copytree(sounds / kind, data / kind)
    (data / "rain" / "broken.wav").write_bytes(b"no sound")
    command = ["reproduce", data, "--out", out, "--seeds", "0,1", *TINY, "--json"]
    before: dict[str, int] = {}
    if os.name == "posix":
        child = start(*command)
        wait_until(lambda: bool(cards(out)), child)
        before = cards(out)
        child.send_signal(signal.SIGINT)
        stdout, errors = child.communicate(timeout=60)
        assert (child.returncode, stdout) == (130, b""), errors.decode()
        assert b"Traceback" not in errors
        assert not (out / "results.json").exists()

    outcome = soundalike(*command)
    assert outcome.exit_code == 3, outcome.stderr
    assert f"{data / 'rain' / 'broken.wav'}: " in outcome.stderr
    assert outcome.stderr.count("broken.wav: ") == 1
    after = cards(out)
    assert set(after) == set(RUNS)
    assert {name: after[name] for name in before} == before

    document = outcome.document
    assert document == json.loads((out / "results.json").read_text(encoding="utf-8"))
    galleries, distances = ("training", "test", "all"), ("euclidean", "cosine")
    kinds = {
        (cell["gallery"], cell["distance"], cell["encoder"]["name"], cell["seed"])
        for cell in document["cells"]
    }
    assert kinds == {
        (gallery, distance, name, seed)
        for gallery in galleries
        for distance in distances
        for name, seed in [
            ("raw-logfreq", None),
            *((name, seed) for name in ("paper-balanced", "paper-unbalanced") for seed in (0, 1)),
        ]
    }
    assert len(document["summary"]) == 18
    assert {row["num_seeds"] for row in document["summary"] if row["encoder"] != "raw-logfreq"} == {2}
    for gallery in galleries:
        assert (out / f"report-{gallery}" / "index.html").stat().st_size > 10_000


def test_requests_that_cannot_be(sounds: Path, tmp_path: Path) -> None:
    for arguments, words, exit_code in [
        ([sounds, "--seeds", "a"], "--seeds 'a'", 2),
        ([sounds, "--set", "loss.margn=1"], "margn", 2),
    ]:
        outcome = soundalike("reproduce", "--out", tmp_path / "out", *arguments, "--json")
        refused(outcome, "error: ", words, exit_code=exit_code)
        assert not list(tmp_path.glob("out/encoders/*/*"))
