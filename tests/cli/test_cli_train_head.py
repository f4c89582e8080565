"""`soundalike train --backbone`: a head on an encoder of ours or of someone else's, from outside."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from cli.command_line import refused, soundalike
from encoders.toy_graphs import RATE_HZ, TOYS, WINDOW_S
from soundalike.audio import load
from soundalike.data.synthetic import write_corpus
from soundalike.encoders import load_encoder

QUICK = ("--set", "optimiser.epochs=6", "--set", "network.widths=[16, 8]")
KINDS = ("birds", "dog_bark", "engine", "rain")


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four labels of four short clips."""
    folder = tmp_path_factory.mktemp("few")
    write_corpus(folder, clips_per_kind=4, seed=0, kinds=KINDS, duration_s=2.0)
    return folder


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return TOYS["one waveform, its frames, three outputs"].write(
        tmp_path_factory.mktemp("toy") / "yamnet.onnx"
    )


def options(path: Path) -> tuple[object, ...]:
    return ("--backbone", path, "--sample-rate", str(RATE_HZ), "--window-s", str(WINDOW_S))


def test_head_on_someone_elses_graph_stands_alone(few: Path, toy: Path, tmp_path: Path) -> None:
    shutil.copy(toy, tmp_path / "yamnet.onnx")
    run = tmp_path / "run"
    outcome = soundalike(
        "train", few, "--out", run, *options(tmp_path / "yamnet.onnx"), "--output", "embedding", *QUICK, "--json"
    )
    assert outcome.exit_code == 0, outcome.stderr
    card = outcome.document
    assert (card["name"], card["recipe"], card["dim"]) == ("yamnet-head", "head", 14)
    assert (card["sample_rate_hz"], card["window_s"], card["distance"]) == (RATE_HZ, WINDOW_S, "cosine")
    assert (card["adapter"]["input_layout"], card["adapter"]["batch"]) == ("samples", 1)
    found = card["scores"]["labels_left_out"]
    assert found["chosen"] is True
    assert found["blended"]["unseen MAP"] >= found["frozen"]["unseen MAP"] - 0.01
    assert card["notes"]["backbone"]["name"] == "yamnet"
    assert "licence of the backbone 'yamnet'" in card["notes"]["licence"]
    assert card["config"]["backbone"]["fingerprint"] == card["notes"]["backbone"]["fingerprint"]

    (tmp_path / "yamnet.onnx").unlink()
    used = soundalike("index", tmp_path / "library", few, "--encoder", run, "--json")
    assert used.exit_code == 0, used.stderr
    assert used.document["recordings"]["added"] == 16
    query = next((few / "rain").iterdir())
    hits = soundalike("search", tmp_path / "library", query, "--json").document["hits"]
    assert Path(hits[0]["path"]).name == query.name
    scores = soundalike("evaluate", run, "--gallery", few, "--json")
    assert scores.exit_code == 0, scores.stderr


def test_default_encoder_as_backbone_its_licence_and_what_is_printed(few: Path, tmp_path: Path) -> None:
    outcome = soundalike("train", few, "--out", tmp_path / "run", "--backbone", "default", *QUICK)
    assert outcome.exit_code == 0, outcome.stderr
    assert "share of the backbone's own cosine in the blend: " in outcome.stdout
    assert "with the head: MAP " in outcome.stdout
    card = json.loads((tmp_path / "run" / "card.json").read_text(encoding="utf-8"))
    assert card["notes"]["licence"] == load_encoder("default").card.notes["licence"]
    assert (card["adapter"], card["dim"]) == (None, 136)

    waveform = load(next((few / "rain").iterdir()), sample_rate_hz=16_000).waveform[None, :32_000]
    head, backbone = load_encoder(tmp_path / "run").embed(waveform), load_encoder("default").embed(waveform)
    share = card["scores"]["labels_left_out"]["share_of_frozen"]
    np.testing.assert_allclose(head[:, :128], share**0.5 * backbone, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(head), 1.0, rtol=1e-5)


def test_same_seed_same_encoder_and_resumed_it_embeds_nothing_again(
    few: Path, toy: Path, tmp_path: Path
) -> None:
    command = [*options(toy), "--output", "embedding", *QUICK]
    for name in ("one", "other"):
        assert soundalike("train", few, "--out", tmp_path / name, *command, "--seed", "3").exit_code == 0
    graphs = [(tmp_path / name / "encoder.onnx").read_bytes() for name in ("one", "other")]
    assert graphs[0] == graphs[1]

    # As if it had been killed after the last epoch of a head without some labels.
    run = tmp_path / "one"
    for name in ("card.json", "encoder.onnx", "checkpoint.pt", "curves.jsonl"):
        (run / name).unlink()
    shutil.rmtree(run / "left-out" / "2")
    elsewhere = tmp_path / "moved"
    shutil.copytree(few, elsewhere)
    before = (run / "embeddings-training.npz").stat().st_mtime_ns
    outcome = soundalike("train", few, "--out", run, *command, "--seed", "3", "--resume")
    assert outcome.exit_code == 0, outcome.stderr
    assert "reading audio" not in outcome.stderr
    assert (run / "embeddings-training.npz").stat().st_mtime_ns == before
    assert (run / "encoder.onnx").read_bytes() == graphs[1]

    (run / "embeddings-training.npz").write_bytes(b"damaged")
    assert soundalike("train", few, "--out", run, *command, "--seed", "3", "--resume").exit_code == 0
    assert (run / "encoder.onnx").read_bytes() == graphs[1]


def test_two_labels_of_two_clips_will_do(few: Path, toy: Path, tmp_path: Path) -> None:
    for label in ("rain", "engine"):
        (tmp_path / "data" / label).mkdir(parents=True)
        for path in sorted((few / label).iterdir())[:2]:
            shutil.copy(path, tmp_path / "data" / label)
    outcome = soundalike(
        "train",
        *(tmp_path / "data", "--out", tmp_path / "run", *options(toy), "--output", "embedding", *QUICK),
    )
    assert outcome.exit_code == 0, outcome.stderr
    assert "in the blend: 0.5" in outcome.stdout
    assert load_encoder(tmp_path / "run").dim == 14


def test_linear_head_and_share_by_setting(few: Path, toy: Path, tmp_path: Path) -> None:
    outcome = soundalike(
        *("train", few, "--out", tmp_path / "run", *options(toy), "--output", "embedding", "--recipe", "head"),
        *("--set", "network.widths=[5]", "--set", "blend.share=0.3", "--set", "optimiser.epochs=2"),
        *("--clip", "loudest", "--json"),
    )
    assert outcome.exit_code == 0, outcome.stderr
    assert outcome.document["dim"] == 11
    assert outcome.document["clip"] == "loudest"
    assert outcome.document["scores"]["labels_left_out"] == {"share_of_frozen": 0.3, "chosen": False}


def test_requests_that_cannot_be(few: Path, toy: Path, tmp_path: Path) -> None:
    for arguments, words, exit_code in [
        (["--recipe", "head"], "name it with --backbone", 2),
        (["--backbone", "default", "--recipe", "cnn"], "takes no backbone", 2),
        (["--backbone", "raw-logfreq"], "is no ONNX file", 2),
        (["--backbone", tmp_path / "nothing"], "no encoder", 2),
        (["--backbone", toy], "--sample-rate HZ --window-s SECONDS --output embedding", 2),
        (["--backbone", "default", "--set", "blend.share=2"], "from 0 to 1", 2),
        (["--backbone", "default", "--set", "export.distance=euclidean"], "'cosine'", 2),
        (["--recipe", "cnn", "--set", "loss.keep=1"], "are for a network of kind 'head'", 2),
    ]:
        refused(soundalike("train", few, "--out", tmp_path / "run", *arguments), words, exit_code=exit_code)
    assert not (tmp_path / "run").exists()
