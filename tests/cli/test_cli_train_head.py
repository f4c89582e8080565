"""`soundalike train --backbone`: a head on an encoder of someone else's, from outside."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cli.command_line import refused, soundalike
from encoders.toy_graphs import RATE_HZ, TOYS, WINDOW_S
from soundalike.data.synthetic import write_corpus

KINDS = ("birds", "dog_bark", "engine", "rain")


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four labels of four short clips."""
    folder = tmp_path_factory.mktemp("few")
    write_corpus(folder, clips_per_kind=4, seed=0, kinds=KINDS, duration_s=2.0)
    return folder


def test_head_on_someone_elses_graph_stands_alone(few: Path, tmp_path: Path) -> None:
    graph = TOYS["one waveform, its frames, three outputs"].write(tmp_path / "yamnet.onnx")
    run = tmp_path / "run"
    outcome = soundalike(
        *("train", few, "--out", run, "--backbone", graph, "--sample-rate", str(RATE_HZ)),
        *("--window-s", str(WINDOW_S), "--output", "embedding"),
        *("--set", "optimiser.epochs=6", "--set", "network.widths=[16, 8]"),
    )
    assert outcome.exit_code == 0, outcome.stderr
    assert "yamnet" not in outcome.stdout
    assert " cosine in the blend: " in outcome.stdout
    assert "with the head: MAP " in outcome.stdout
    graph.unlink()

    indexed = soundalike("index", tmp_path / "library", few, "--encoder", run, "--json")
    assert indexed.exit_code == 0, indexed.stderr
    assert indexed.document["recordings"]["added"] == 16
    query = next((few / "rain").iterdir())
    hits = soundalike("search", tmp_path / "library", query, "--json").document["hits"]
    assert Path(hits[0]["path"]).name == query.name


def test_requests_that_cannot_be(few: Path, tmp_path: Path) -> None:
    graph = shutil.copy(TOYS["any batch, any length"].write(tmp_path / "a.onnx"), tmp_path / "b.onnx")
    for arguments, words in [
        (["--recipe", "head"], "name it with --backbone"),
        (["--backbone", graph], "--sample-rate HZ --window-s SECONDS"),
    ]:
        refused(soundalike("train", few, "--out", tmp_path / "run", *arguments), words, exit_code=2)
    assert not (tmp_path / "run").exists()
