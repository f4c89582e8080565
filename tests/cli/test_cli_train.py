"""`soundalike train`."""

from __future__ import annotations

import json
import os
import shutil
import signal
from pathlib import Path

import pytest

from cli.command_line import Outcome, refused, soundalike, start, wait_until
from soundalike.encoders import load_encoder

TINY = ("--set", "network.widths=[16,8]")


def curve(folder: Path) -> list[int]:
    """The epochs in the curve of a training."""
    path = folder / "curves.jsonl"
    if not path.exists():
        return []
    return [json.loads(line)["epoch"] for line in path.read_text(encoding="utf-8").splitlines() if line]


def test_what_it_leaves_and_prints(trained: tuple[Path, Outcome]) -> None:
    folder, outcome = trained
    card = outcome.document
    assert card == json.loads((folder / "card.json").read_text(encoding="utf-8"))
    assert (card["format_version"], card["dim"], card["sample_rate_hz"], card["window_s"]) == (
        1,
        16,
        16000,
        2.0,
    )
    assert (card["distance"], card["clip"]) == ("euclidean", "loudest")
    assert card["config"]["recipe"]["network"]["widths"] == [32, 16]
    assert card["config"]["seed"] == 0
    assert 0 < card["scores"]["MAP"] <= 1
    assert 1 <= card["scores"]["best_epoch"] <= 4
    assert curve(folder) == [1, 2, 3, 4]
    assert load_encoder(folder).fingerprint == card["fingerprint"]
    assert "training" in outcome.stderr


def test_folds_of_a_manifest_and_a_file_that_cannot_be_read(folds: Path, tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    data.write_text(folds.read_text(encoding="utf-8") + f"{tmp_path / 'gone.wav'},rain,1\n", encoding="utf-8")
    outcome = soundalike(
        *("train", data, "--out", tmp_path / "run", "--folds", "1,2", "--val-folds", "4", "--seed", "3"),
        *(*TINY, "--set", "optimiser.epochs=1", "--recipe", "paper-balanced"),
    )
    assert outcome.exit_code == 3, outcome.stderr
    assert f"{tmp_path / 'gone.wav'}: there is no file" in outcome.stderr
    card = json.loads((tmp_path / "run" / "card.json").read_text(encoding="utf-8"))
    assert (card["config"]["folds"], card["config"]["val_folds"], card["config"]["seed"]) == ([1, 2], [4], 3)
    assert (card["name"], card["training_data"]["name"], card["dim"]) == ("paper-balanced", "data", 8)
    assert f"--encoder {tmp_path / 'run'}" in outcome.stdout


def test_requests_that_cannot_be(sounds: Path, encoder: Path, tmp_path: Path) -> None:
    one_label = tmp_path / "one"
    shutil.copytree(sounds / "rain", one_label / "rain")
    unreadable = tmp_path / "unreadable"
    for label in ("a", "b"):
        for number in range(3):
            (unreadable / label).mkdir(parents=True, exist_ok=True)
            (unreadable / label / f"{number}.wav").write_text(f"no sound in {label}{number}")
    before = {path.name: path.stat().st_mtime_ns for path in encoder.iterdir()}
    for arguments, words, exit_code in [
        ([tmp_path / "nothing"], "there is no file or folder", 1),
        ([one_label], "'rain'", 1),
        ([unreadable], "could be loaded", 1),
        ([sounds, "--set", "network.widht=[8]"], "Did you mean 'widths'?", 2),
        ([sounds, "--out", encoder], "already holds a training. Go on with it by --resume", 1),
        ([sounds, "--out", encoder, "--resume", "--seed", "9"], "another recipe, seed or data", 1),
    ]:
        outcome = soundalike("train", "--out", tmp_path / "run", *arguments, "--json")
        refused(outcome, "error: ", words, exit_code=exit_code)
        assert outcome.stderr.count("error: ") == 1
    assert not (tmp_path / "run" / "card.json").exists()
    assert {path.name: path.stat().st_mtime_ns for path in encoder.iterdir()} == before


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
def test_killed_and_stopped_it_goes_on(sounds: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    command = ["train", sounds, "--out", run, *TINY, "--set", "optimiser.epochs=60"]
    child = start(*command)
    wait_until(lambda: len(curve(run)) >= 2, child)
    child.kill()
    child.communicate()
    assert not (run / "card.json").exists()
    refused(soundalike("evaluate", run, "--gallery", sounds), "--resume", exit_code=2)

    reached = len(curve(run))
    child = start(*command, "--resume")
    wait_until(lambda: len(curve(run)) >= reached + 3, child)
    child.send_signal(signal.SIGINT)
    stdout, errors = child.communicate(timeout=60)
    assert (child.returncode, stdout) == (130, b""), errors.decode()
    assert b"stopped; what was finished is kept." in errors
    assert b"Traceback" not in errors
    assert not (run / "card.json").exists()
    assert max(curve(run)) < 60

    outcome = soundalike(*command, "--resume", "--json")
    assert outcome.exit_code == 0, outcome.stderr
    assert outcome.document["dim"] == 8
    assert curve(run) == list(range(1, 61))


def test_two_processes_speak_with_one_voice(sounds: Path, tmp_path: Path) -> None:
    outcome = soundalike(
        *("train", sounds, "--out", tmp_path / "run", "--devices", "2", "--json"),
        *(*TINY, "--set", "optimiser.epochs=1"),
    )
    assert outcome.exit_code == 0, outcome.stderr
    assert outcome.document["dim"] == 8
    assert curve(tmp_path / "run") == [1]
