"""`train` with the convolutional recipe, from audio files to an encoder folder."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from lightning.fabric import Fabric

from soundalike.data import Manifest, load_clips, read_data
from soundalike.data.synthetic import write_corpus
from soundalike.encoders import load_encoder
from soundalike.errors import LeakError
from soundalike.models import Twin
from soundalike.training import Recipe, TrainingResult, load_recipe, train
from soundalike.training.checkpoint import CHECKPOINT_FILE
from soundalike.training.loop import fit
from soundalike.training.prepare import prepare, split_for_training
from training.test_run import curve

KINDS = ("birds", "dog_bark", "engine", "rain")
SETTINGS = (
    "network.widths=[8, 8, 16, 12]",
    "pairs.batch=12",
    "optimiser.epochs=8",
    "optimiser.learning_rate=0.01",
    "optimiser.averaging=0.5",
    "optimiser.validate_every=3",
)


def tiny_recipe(*assignments: str) -> Recipe:
    return load_recipe("cnn", [*SETTINGS, *assignments])


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    write_corpus(folder, clips_per_kind=8, seed=0, kinds=KINDS, duration_s=3.5)
    return folder


@pytest.fixture(scope="module")
def manifest(corpus: Path) -> Manifest:
    return read_data(corpus)


@pytest.fixture(scope="module")
def trained(manifest: Manifest, tmp_path_factory: pytest.TempPathFactory) -> TrainingResult:
    return train(manifest, recipe=tiny_recipe(), out=tmp_path_factory.mktemp("run"), seed=3)


def best_twin(manifest: Manifest, result: TrainingResult) -> Twin:
    training, validation = split_for_training(manifest, folds=None, val_folds=None, seed=3)
    twin = prepare(
        training, validation, recipe=tiny_recipe(), seed=3, clip="random", allow_leaks=False, on_load=None
    ).twin
    twin.network.load_state_dict(torch.load(result.folder / CHECKPOINT_FILE, weights_only=True)["best"])
    return twin.eval()


def test_it_learns_and_the_card_says_so(trained: TrainingResult) -> None:
    card = trained.card
    assert card.scores["MAP"] > 2 / len(KINDS)
    assert 1 / len(KINDS) < card.scores["P1"] <= 1
    assert (card.recipe, card.dim, card.clip, card.distance) == ("cnn", 12, "whole", "cosine")
    assert card.config["clip"] == "random"
    assert card.calibration is not None
    assert card.calibration.distance == "cosine"


def test_it_is_validated_every_third_epoch_and_at_the_end(trained: TrainingResult) -> None:
    validated = [record.epoch for record in trained.history if record.val_map is not None]
    assert validated == [3, 6, 8]
    assert trained.card.scores["best_epoch"] in validated
    best = trained.history[trained.card.scores["best_epoch"] - 1]
    assert trained.card.scores["MAP"] == pytest.approx(best.val_map)


def test_encoder_gives_what_the_torch_twin_gives(trained: TrainingResult, manifest: Manifest) -> None:
    waveforms = load_clips(manifest, sample_rate_hz=16_000, window_s=2.0, clip="whole").waveforms
    with torch.no_grad():
        expected = best_twin(manifest, trained)(torch.from_numpy(waveforms)).numpy()
    embeddings = load_encoder(trained.folder).embed(waveforms)
    np.testing.assert_allclose(embeddings, expected, rtol=0, atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1.0, rtol=1e-4)


CHILD = """
import sys
from pathlib import Path
import torch
from soundalike.data import read_data
from soundalike.training import train
from training.test_run_cnn import tiny_recipe
torch.set_num_threads(1)
train(read_data(Path(sys.argv[1])), recipe=tiny_recipe(), out=Path(sys.argv[2]), seed=3,
      on_epoch=lambda record: print(record.epoch, flush=True))
"""


def test_killed_in_the_middle_and_resumed_it_ends_as_if_unbroken(
    trained: TrainingResult, manifest: Manifest, corpus: Path, tmp_path: Path
) -> None:
    child = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", CHILD, str(corpus), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    for line in child.stdout:
        if line.strip() == "4":
            child.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
            break
    child.stdout.close()
    assert child.wait() != 0
    resumed = train(manifest, recipe=tiny_recipe(), out=tmp_path, seed=3, resume=True)
    assert curve(tmp_path) == curve(trained.folder)
    states = [
        torch.load(folder / CHECKPOINT_FILE, weights_only=True) for folder in (tmp_path, trained.folder)
    ]
    for part in ("learner", "average", "best"):
        assert states[0][part].keys() == states[1][part].keys()
        assert all(torch.equal(value, states[1][part][name]) for name, value in states[0][part].items())
    assert resumed.card.scores == trained.card.scores


def test_windows_cut_beforehand_will_do_too(manifest: Manifest, tmp_path: Path) -> None:
    recipe = tiny_recipe("optimiser.epochs=2")
    result = train(manifest, recipe=recipe, out=tmp_path, seed=3, clip="loudest")
    assert result.card.clip == "loudest"
    assert [record.val_map is None for record in result.history] == [True, False]


@pytest.mark.parametrize("kind", ["multi-similarity", "proxy-anchor", "contrastive", "cross-entropy"])
def test_other_losses_by_name(manifest: Manifest, tmp_path: Path, kind: str) -> None:
    recipe = tiny_recipe("optimiser.epochs=2", f"loss.kind={kind}")
    training, validation = split_for_training(manifest, folds=None, val_folds=None, seed=3)
    prepared = prepare(
        training, validation, recipe=recipe, seed=3, clip="random", allow_leaks=False, on_load=None
    )
    fabric = Fabric(accelerator="cpu", devices=1)
    fabric.launch()
    history = fit(
        fabric,
        prepared.twin.network,
        prepared.training,
        prepared.validation,
        recipe=recipe,
        seed=3,
        folder=tmp_path,
        identity="one",
        on_epoch=lambda record: None,
    )
    assert all(np.isfinite(record.loss) for record in history)
    learned = {name for name in torch.load(tmp_path / CHECKPOINT_FILE)["learner"] if name.startswith("loss.")}
    assert ("loss.first.loss.proxies" in learned) == (kind == "proxy-anchor")


def test_same_sound_in_two_formats_is_refused(manifest: Manifest, tmp_path: Path) -> None:
    copy = tmp_path / "copy.flac"
    soundfile.write(copy, *soundfile.read(manifest.clips[0].path, dtype="int16"))
    clips = tuple(dataclasses.replace(clip, fold=1) for clip in manifest.clips)
    leak = dataclasses.replace(clips[0], path=copy, recording="another", fold=2)
    with pytest.raises(LeakError, match="the same sound"):
        train(
            Manifest(name="x", clips=(*clips, leak)),
            recipe=tiny_recipe(),
            out=tmp_path / "run",
            val_folds=[2],
            clip="random",
        )
