"""`train` with a recipe for heads: a frozen encoder, labelled clips, and the encoder that comes out."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from encoders.toy_graphs import DIM, RATE_HZ, TOYS, WINDOW_S
from soundalike.audio import load
from soundalike.data import read_data
from soundalike.data.synthetic import write_corpus
from soundalike.encoders import Encoder, load_encoder
from soundalike.errors import ConfigError, UsageError
from soundalike.training import Recipe, TrainingResult, load_recipe, train

KINDS = ("birds", "dog_bark", "engine", "rain")
SETTINGS = ("optimiser.epochs=6", "network.widths=[16, 8]")


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four labels of four short clips."""
    folder = tmp_path_factory.mktemp("few")
    write_corpus(folder, clips_per_kind=4, seed=0, kinds=KINDS, duration_s=2.0)
    return folder


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    path = TOYS["one waveform, its frames, three outputs"].write(
        tmp_path_factory.mktemp("toy") / "yamnet.onnx"
    )
    return load_encoder(path, sample_rate_hz=RATE_HZ, window_s=WINDOW_S, output="embedding")


def recipe(*assignments: str, name: str = "head") -> Recipe:
    return load_recipe(name, [*SETTINGS, *assignments])


@pytest.fixture(scope="module")
def trained(few: Path, toy: Encoder, tmp_path_factory: pytest.TempPathFactory) -> TrainingResult:
    out = tmp_path_factory.mktemp("run") / "one"
    return train(read_data(few), recipe=recipe(), out=out, backbone=toy, seed=3)


def test_card_says_what_is_inside(trained: TrainingResult, toy: Encoder) -> None:
    card = trained.card
    assert (card.name, card.recipe, card.dim, card.clip) == ("yamnet-head", "head", DIM + 8, "whole")
    assert (card.sample_rate_hz, card.window_s, card.distance) == (RATE_HZ, WINDOW_S, "cosine")
    assert card.calibration is not None
    assert card.config["backbone"] == {"name": "yamnet", "fingerprint": toy.fingerprint}
    found = card.scores["labels_left_out"]
    assert found["chosen"] is True
    assert found["blended"]["unseen MAP"] >= found["frozen"]["unseen MAP"] - 0.01
    assert card.notes["backbone"]["fingerprint"] == toy.fingerprint
    assert "licence of the backbone 'yamnet'" in card.notes["licence"]


def test_same_seed_same_encoder(trained: TrainingResult, few: Path, toy: Encoder, tmp_path: Path) -> None:
    again = train(read_data(few), recipe=recipe(), out=tmp_path / "again", backbone=toy, seed=3)
    assert again.card.fingerprint == trained.card.fingerprint
    other = train(read_data(few), recipe=recipe(), out=tmp_path / "other", backbone=toy, seed=4)
    assert other.card.fingerprint != trained.card.fingerprint


def test_stopped_anywhere_it_goes_on_and_embeds_nothing_again(
    trained: TrainingResult, few: Path, toy: Encoder, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    asked: list[str] = []

    def stop_at(point: str) -> Callable[..., None]:
        def tell(*_: Any) -> None:
            asked.append(point)
            if asked.count(point) == 2:
                raise KeyboardInterrupt

        return tell

    def go(**told: Callable[..., None]) -> TrainingResult:
        return train(
            read_data(few), recipe=recipe(), out=run, backbone=toy, seed=3, resume=run.exists(), **told
        )

    for point in ("on_load", "on_trial", "on_epoch"):
        with pytest.raises(KeyboardInterrupt):
            go(**{point: stop_at(point)})
    asked.clear()
    ended = go(on_load=stop_at("on_load"))
    assert "on_load" not in asked
    assert ended.card.fingerprint == trained.card.fingerprint
    assert ended.card.scores == trained.card.scores

    (run / "embeddings-training.npz").write_bytes(b"damaged")
    assert go().card.fingerprint == trained.card.fingerprint


def test_default_encoder_keeps_its_own_cosine_and_its_licence(few: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    result = train(read_data(few), recipe=recipe("blend.share=0.3"), out=out, backbone="default")
    backbone = load_encoder("default")
    assert result.card.notes["licence"] == backbone.card.notes["licence"]
    assert (result.card.adapter, result.card.dim) == (None, 136)
    trained_on = backbone.card.training_data["name"]
    assert result.card.training_data["name"] == f"{few.name}, its backbone on {trained_on}"
    assert result.card.scores["labels_left_out"] == {
        "share_of_base": 0.3,
        "whitened_base": False,
        "keep": 10.0,
        "chosen": False,
    }
    waveform = load(next((few / "rain").iterdir()), sample_rate_hz=16_000).waveform[None, :32_000]
    embeddings = load_encoder(out).embed(waveform)
    np.testing.assert_allclose(embeddings[:, :128], 0.3**0.5 * backbone.embed(waveform), atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(embeddings), 1.0, rtol=1e-5)


def test_two_labels_of_two_clips_and_a_linear_head_on_their_loudest_window(
    few: Path, toy: Encoder, tmp_path: Path
) -> None:
    for label in ("rain", "engine"):
        (tmp_path / "data" / label).mkdir(parents=True)
        for path in sorted((few / label).iterdir())[:2]:
            shutil.copy(path, tmp_path / "data" / label)
    result = train(
        read_data(tmp_path / "data"),
        recipe=recipe("network.widths=[5]"),
        out=tmp_path / "run",
        backbone=toy,
        clip="loudest",
    )
    assert (result.card.dim, result.card.clip) == (DIM + 5, "loudest")
    found = result.card.scores["labels_left_out"]
    assert (found["share_of_base"], found["chosen"]) == (0.5, False)


def test_pairs_one_by_one_and_other_losses(few: Path, toy: Encoder, tmp_path: Path) -> None:
    for number, loss in enumerate(["contrastive", "multi-similarity"]):
        pairs = "balanced" if loss == "contrastive" else "labels"
        changed = recipe(f"loss.kind={loss}", f"pairs.kind={pairs}", "blend.share=0.5")
        result = train(read_data(few), recipe=changed, out=tmp_path / str(number), backbone=toy)
        assert np.isfinite(result.history[-1].loss)


def test_requests_that_cannot_be(few: Path, toy: Encoder, tmp_path: Path) -> None:
    def request(chosen: Recipe, backbone: Encoder | str | None) -> None:
        train(read_data(few), recipe=chosen, out=tmp_path / "run", backbone=backbone)

    with pytest.raises(ConfigError, match="name it with --backbone"):
        request(recipe(), None)
    with pytest.raises(ConfigError, match="takes no backbone"):
        request(load_recipe("paper-unbalanced"), toy)
    with pytest.raises(UsageError, match="is no ONNX file"):
        request(recipe(), "raw-logfreq")
    assert not (tmp_path / "run").exists()
    for assignment, words in [
        ("blend.share=2", "from 0 to 1"),
        ("blend.tolerance=-1", "not be negative"),
        ("blend.keeps=[1, -1]", "none should be negative"),
        ("export.distance=euclidean", "is 'cosine'"),
        ("front_end.kind=logmel", "takes 'backbone'"),
        ("augment.mix=0.5", "only the front end 'logmel'"),
    ]:
        with pytest.raises(ConfigError, match=words):
            recipe(assignment)
    with pytest.raises(ConfigError, match="are for a network of kind 'head'"):
        load_recipe("cnn", ["loss.keep=1"])
