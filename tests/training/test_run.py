"""`train` from audio files to an encoder folder."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch

from soundalike.data import Manifest, load_clips, read_data
from soundalike.data.synthetic import write_corpus
from soundalike.encoders import CARD_FILE, GRAPH_FILE, load_encoder, read_card
from soundalike.errors import DataError, LeakError, ResumeError, TrainingError
from soundalike.models import Twin
from soundalike.training import EpochRecord, Recipe, TrainingResult, load_recipe, train
from soundalike.training.checkpoint import CHECKPOINT_FILE
from soundalike.training.prepare import prepare, split_for_training
from soundalike.training.run import CONFIG_FILE, CURVES_FILE
from soundalike.training.sides import WINDOW_S

KINDS = ("birds", "dog_bark", "engine", "rain")
CLIPS_PER_KIND = 8
SETTINGS = (
    "network.widths=[32, 16]",
    "pairs.largest_block=10",
    "optimiser.kind=adam",
    "optimiser.epochs=8",
    "optimiser.learning_rate=0.00002",
)


def tiny_recipe(*assignments: str) -> Recipe:
    return load_recipe("paper-unbalanced", [*SETTINGS, *assignments])


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four kinds of sound, eight clips each, and a file that is no audio."""
    folder = tmp_path_factory.mktemp("corpus")
    write_corpus(folder, clips_per_kind=CLIPS_PER_KIND, seed=0, kinds=KINDS, duration_s=2.5)
    (folder / "rain" / "broken.wav").write_bytes(b"RIFF....WAVEno sound")
    return folder


@pytest.fixture(scope="module")
def manifest(corpus: Path) -> Manifest:
    return read_data(corpus)


@pytest.fixture(scope="module")
def epochs_told() -> list[EpochRecord]:
    return []


@pytest.fixture(scope="module")
def trained(
    manifest: Manifest, epochs_told: list[EpochRecord], tmp_path_factory: pytest.TempPathFactory
) -> TrainingResult:
    return train(
        manifest,
        recipe=tiny_recipe(),
        out=tmp_path_factory.mktemp("runs") / "new" / "run",
        seed=3,
        on_epoch=epochs_told.append,
    )


def best_twin(manifest: Manifest, result: TrainingResult) -> Twin:
    """The torch twin of a result, put together again from the checkpoint."""
    training, validation = split_for_training(manifest, folds=None, val_folds=None, seed=3)
    twin = prepare(
        training, validation, recipe=tiny_recipe(), seed=3, clip="loudest", allow_leaks=False, on_load=None
    ).twin
    twin.network.load_state_dict(torch.load(result.folder / CHECKPOINT_FILE, weights_only=True)["best"])
    return twin.eval()


def curve(folder: Path) -> list[dict[str, object]]:
    lines = (folder / CURVES_FILE).read_text(encoding="utf-8").splitlines()
    return [{**json.loads(line), "wall_s": 0.0} for line in lines]


def test_loss_falls_and_validation_is_above_chance(trained: TrainingResult) -> None:
    assert trained.history[-1].loss < 0.8 * trained.history[0].loss
    assert trained.card.scores["MAP"] > 1.5 / len(KINDS)


def test_curve_holds_every_epoch(trained: TrainingResult, epochs_told: list[EpochRecord]) -> None:
    assert [record.epoch for record in trained.history] == list(range(1, 9))
    assert epochs_told == list(trained.history)
    assert curve(trained.folder) == [{**dataclasses.asdict(r), "wall_s": 0.0} for r in trained.history]


def test_card_says_what_was_done(trained: TrainingResult) -> None:
    card = trained.card
    assert card == read_card(trained.folder)
    assert (card.name, card.recipe, card.dim, card.clip) == (
        "paper-unbalanced",
        "paper-unbalanced",
        16,
        "loudest",
    )
    assert card.config["seed"] == 3
    assert card.config["recipe"]["network"]["widths"] == [32, 16]
    assert card.training_data["clips"] + card.scores["num_queries"] == CLIPS_PER_KIND * len(KINDS)
    assert card.training_data["labels"] == sorted(KINDS)
    best = max(trained.history, key=lambda record: record.val_map)
    assert card.scores["best_epoch"] == best.epoch
    assert card.scores["MAP"] == pytest.approx(best.val_map)
    assert card.calibration is not None
    assert card.calibration.distance == card.distance == "euclidean"
    assert card.versions["torch"] == torch.__version__
    json.loads((trained.folder / CARD_FILE).read_text(encoding="utf-8"), parse_constant=pytest.fail)


def test_run_folder_is_complete_and_the_card_came_last(trained: TrainingResult) -> None:
    files = {path.name: path.stat().st_mtime_ns for path in trained.folder.iterdir()}
    assert set(files) == {CARD_FILE, CHECKPOINT_FILE, CONFIG_FILE, CURVES_FILE, GRAPH_FILE}
    assert files[CARD_FILE] == max(files.values())


def test_what_could_not_be_read_is_named(trained: TrainingResult, corpus: Path) -> None:
    assert [Path(skipped.path) for skipped in trained.skipped] == [corpus / "rain" / "broken.wav"]


@pytest.mark.parametrize("num", [1, 3, 64])
def test_encoder_gives_what_the_torch_twin_gives(
    trained: TrainingResult, manifest: Manifest, num: int
) -> None:
    waveforms = load_clips(manifest, sample_rate_hz=16_000, window_s=WINDOW_S).waveforms
    batch = np.tile(waveforms, (2, 1))[:num]
    with torch.no_grad():
        expected = best_twin(manifest, trained)(torch.from_numpy(batch)).numpy()
    embeddings = load_encoder(trained.folder).embed(batch)
    assert embeddings.shape == (num, 16)
    np.testing.assert_allclose(embeddings, expected, rtol=0, atol=1e-4)


def test_same_seed_gives_the_same_encoder_with_smaller_weights(
    trained: TrainingResult, manifest: Manifest, tmp_path: Path
) -> None:
    half = train(manifest, recipe=tiny_recipe("export.weights=float16"), out=tmp_path, seed=3)
    assert curve(tmp_path) == curve(trained.folder)
    assert half.card.fingerprint != trained.card.fingerprint
    saved_bytes = (trained.folder / GRAPH_FILE).stat().st_size - (tmp_path / GRAPH_FILE).stat().st_size
    assert saved_bytes == pytest.approx(2 * 79 * 61 * 32, rel=0.01)
    waveforms = load_clips(manifest, sample_rate_hz=16_000, window_s=WINDOW_S).waveforms
    whole, halved = (load_encoder(folder).embed(waveforms) for folder in (trained.folder, tmp_path))
    assert np.abs(whole - halved).max() < 0.01 * np.abs(whole).max()


def test_finished_run_can_be_resumed_to_the_same_encoder(trained: TrainingResult, manifest: Manifest) -> None:
    waveforms = load_clips(manifest, sample_rate_hz=16_000, window_s=WINDOW_S).waveforms
    before = load_encoder(trained.folder).embed(waveforms)
    told: list[EpochRecord] = []
    again = train(
        manifest, recipe=tiny_recipe(), out=trained.folder, seed=3, resume=True, on_epoch=told.append
    )
    assert told == []
    assert again.history == trained.history
    np.testing.assert_array_equal(load_encoder(trained.folder).embed(waveforms), before)


CHILD = """
import sys
from pathlib import Path
import torch
from soundalike.data import read_data
from soundalike.training import train
from training.test_run import tiny_recipe
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
        if line.strip() == "2":
            child.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
            break
    child.stdout.close()
    assert child.wait() != 0
    assert not (tmp_path / CARD_FILE).exists()
    (tmp_path / f"{CHECKPOINT_FILE}.partial").write_bytes(b"half of a checkpoint")

    with pytest.raises(TrainingError, match=r"already holds a training.*--resume"):
        train(manifest, recipe=tiny_recipe(), out=tmp_path, seed=3)
    resumed = train(manifest, recipe=tiny_recipe(), out=tmp_path, seed=3, resume=True)
    assert curve(tmp_path) == curve(trained.folder)
    assert len(resumed.history) == 8
    states = [
        torch.load(folder / CHECKPOINT_FILE, weights_only=True) for folder in (tmp_path, trained.folder)
    ]
    for part in ("learner", "best"):
        for name, value in states[0][part].items():
            assert torch.equal(value, states[1][part][name])
    assert resumed.card.scores == trained.card.scores
    assert resumed.card.calibration == trained.card.calibration


@pytest.mark.parametrize(("clip", "card_clip"), [("whole", "whole"), ("random", "whole")])
def test_training_on_more_than_the_loudest_window(
    manifest: Manifest, tmp_path: Path, clip: Literal["whole", "random"], card_clip: str
) -> None:
    result = train(manifest, recipe=tiny_recipe("optimiser.epochs=2"), out=tmp_path, seed=3, clip=clip)
    assert result.card.clip == card_clip
    assert result.card.config["clip"] == clip
    assert result.card.training_data["clips"] + result.card.scores["num_queries"] == 32
    assert len(result.history) == 2


def test_used_folder_is_refused(trained: TrainingResult, manifest: Manifest) -> None:
    with pytest.raises(TrainingError, match=r"already holds a training\. Go on with it by --resume"):
        train(manifest, recipe=tiny_recipe(), out=trained.folder, seed=3)


@pytest.mark.parametrize(("assignment", "seed"), [("optimiser.epochs=8", 4), ("loss.margin=3", 3)])
def test_resuming_with_another_seed_or_recipe_is_refused_and_changes_nothing(
    trained: TrainingResult, manifest: Manifest, assignment: str, seed: int
) -> None:
    before = {path.name: path.read_bytes() for path in trained.folder.iterdir()}
    with pytest.raises(ResumeError, match="another recipe, seed or data"):
        train(manifest, recipe=tiny_recipe(assignment), out=trained.folder, seed=seed, resume=True)
    assert {path.name: path.read_bytes() for path in trained.folder.iterdir()} == before


def test_resuming_with_other_data_is_refused(trained: TrainingResult, manifest: Manifest) -> None:
    fewer = Manifest(name=manifest.name, clips=manifest.clips[:-1])
    with pytest.raises(ResumeError, match="another recipe, seed or data"):
        train(fewer, recipe=tiny_recipe(), out=trained.folder, seed=3, resume=True)


def test_one_label_is_not_enough(manifest: Manifest, tmp_path: Path) -> None:
    rain = Manifest(name="rain", clips=tuple(clip for clip in manifest.clips if clip.label == "rain"))
    with pytest.raises(DataError, match="only the label 'rain'"):
        train(rain, recipe=tiny_recipe(), out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_one_readable_label_is_not_enough(manifest: Manifest, corpus: Path, tmp_path: Path) -> None:
    clips = [clip for clip in manifest.clips if clip.label == "birds"]
    broken = next(clip for clip in manifest.clips if clip.path.name == "broken.wav")
    with pytest.raises(DataError, match="training needs those of 2 labels"):
        train(Manifest(name="x", clips=(*clips, broken)), recipe=tiny_recipe(), out=tmp_path)


def test_validation_without_a_label_of_training_is_refused(manifest: Manifest, tmp_path: Path) -> None:
    clips = tuple(dataclasses.replace(clip, fold=2 if clip.label == "rain" else 1) for clip in manifest.clips)
    with pytest.raises(DataError, match="no readable validation clip has a label"):
        train(Manifest(name="x", clips=clips), recipe=tiny_recipe(), out=tmp_path, val_folds=[2])


def test_same_audio_on_both_sides_is_refused(manifest: Manifest, tmp_path: Path) -> None:
    copy = tmp_path / "copy.wav"
    copy.write_bytes(manifest.clips[0].path.read_bytes())
    clips = tuple(dataclasses.replace(clip, fold=1) for clip in manifest.clips)
    leak = dataclasses.replace(clips[0], path=copy, recording="another", fold=2)
    with pytest.raises(LeakError, match="--allow-leaks"):
        train(
            Manifest(name="x", clips=(*clips, leak)),
            recipe=tiny_recipe(),
            out=tmp_path / "run",
            val_folds=[2],
        )
    assert not (tmp_path / "run").exists()


def with_folds(manifest: Manifest) -> Manifest:
    clips = (dataclasses.replace(clip, fold=1 + i % 5) for i, clip in enumerate(manifest.clips))
    return Manifest(name="folds", clips=tuple(clips))


@pytest.mark.parametrize(
    ("folds", "val_folds", "trains_on", "validates_on"),
    [([1, 2, 3], [4], {1, 2, 3}, {4}), (None, [4, 5], {1, 2, 3}, {4, 5})],
)
def test_split_by_folds(
    manifest: Manifest,
    folds: list[int] | None,
    val_folds: list[int],
    trains_on: set[int],
    validates_on: set[int],
) -> None:
    training, validation = split_for_training(with_folds(manifest), folds=folds, val_folds=val_folds, seed=0)
    assert {clip.fold for clip in training.clips} == trains_on
    assert {clip.fold for clip in validation.clips} == validates_on


def test_split_of_the_manifest_is_kept(manifest: Manifest) -> None:
    names = ("train", "train", "train", "val", "test")
    clips = (dataclasses.replace(clip, split=names[i % 5]) for i, clip in enumerate(manifest.clips))
    training, validation = split_for_training(
        Manifest(name="x", clips=tuple(clips)), folds=None, val_folds=None, seed=0
    )
    assert {clip.split for clip in training.clips} == {"train"}
    assert {clip.split for clip in validation.clips} == {"val"}


def test_without_folds_or_split_a_tenth_of_every_label_is_kept_aside(manifest: Manifest) -> None:
    training, validation = split_for_training(with_folds(manifest), folds=[1, 2, 3], val_folds=None, seed=0)
    assert validation.labels == KINDS
    assert {clip.fold for clip in training.clips + validation.clips} == {1, 2, 3}
    assert not {clip.recording for clip in training.clips} & {clip.recording for clip in validation.clips}
