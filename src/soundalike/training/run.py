"""`train`: labelled recordings in, an encoder folder out."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from soundalike.config import as_mapping, fingerprint, refuse_negative_seed
from soundalike.data import Manifest, recording_key, refuse_leaks, without_recordings_of
from soundalike.encoders import CARD_FILE, Card, Encoder, load_encoder, read_card
from soundalike.errors import ConfigError, DataError, Skipped, TrainingError
from soundalike.models import BlendedHead
from soundalike.training.backbone import Backbone
from soundalike.training.checkpoint import CHECKPOINT_FILE, load_checkpoint
from soundalike.training.examples import Examples
from soundalike.training.finish import describe, finish, versions
from soundalike.training.loop import EpochRecord, fit
from soundalike.training.prepare import identity_of, prepare, split_for_training
from soundalike.training.recipe import Recipe, TrainingClip
from soundalike.training.trials import keeping, try_blends, untrained_head

CONFIG_FILE = "config.json"
CURVES_FILE = "curves.jsonl"
LEFT_OUT_FOLDER = "left-out"


@dataclass(frozen=True, kw_only=True)
class TrainingResult:
    """What a training left behind: the encoder folder, its card, the curve, and what could not be read."""

    folder: Path
    card: Card
    history: tuple[EpochRecord, ...]
    skipped: tuple[Skipped, ...]


def train(
    manifest: Manifest,
    *,
    recipe: Recipe,
    out: Path,
    folds: Collection[int] | None = None,
    val_folds: Collection[int] | None = None,
    seed: int = 0,
    clip: TrainingClip | None = None,
    backbone: Encoder | str | Path | None = None,
    resume: bool = False,
    devices: int = 1,
    nodes: int = 1,
    allow_leaks: bool = False,
    on_epoch: Callable[[EpochRecord], None] = lambda record: None,
    on_load: Callable[[int, int], None] | None = None,
    on_trial: Callable[[int, int], None] = lambda done, total: None,
) -> TrainingResult:
    """Train an encoder and leave it in `out`, card last.

    Args:
        manifest: labelled clips, see `soundalike.data.read_data`.
        recipe: see `load_recipe`.
        out: the run folder; it becomes the encoder folder.
        folds: train on these folds only.
        val_folds: validate on these; without, see `split_for_training`.
        seed: of the split, the first weights, the order of pairs and dropout.
        clip: what of a recording to train on: its loudest window, all of its windows ("whole"), or one of them
            drawn anew every epoch ("random"). Without, what the recipe says.
        backbone: the encoder that a recipe for heads (`network.kind` "head") puts one on; see `load_encoder`.
        resume: go on from the checkpoint in `out`.
        devices: processes or GPUs on this machine.
        nodes: machines.
        allow_leaks: train even if the same audio stands in training and validation.
        on_epoch: told after every epoch.
        on_load: told (clips done, clips in all) while audio is read.
        on_trial: told (heads done, heads in all) of those that are trained to choose the blend.
    Raises:
        TrainingError: `out` already holds a training and `resume` is off.
        ResumeError: the checkpoint in `out` belongs to another training.
        DataError: too few clips or labels.
        LeakError: the same audio on both sides.
        ConfigError: the seed is below 0, or a recipe for heads without a backbone, or a backbone without one.
        UsageError: the backbone is no ONNX file.
    """
    from lightning.fabric import Fabric

    refuse_negative_seed(seed)
    clip = clip or recipe.clip
    frozen = _backbone_of(recipe, backbone)
    if not resume and ((out / CHECKPOINT_FILE).exists() or (out / CARD_FILE).exists()):
        raise TrainingError(
            f"'{out}' already holds a training. Go on with it by --resume, or train into another folder."
        )
    training_clips, validation_clips = split_for_training(
        manifest, folds=folds, val_folds=val_folds, seed=seed
    )
    training_clips = without_recordings_of(training_clips, validation_clips)
    refuse_leaks(training_clips, validation_clips, allow=allow_leaks, how_to_allow="--allow-leaks")
    if len(training_clips.labels) < 2:
        raise DataError(
            f"'{manifest.name}' has only the label {training_clips.labels[0]!r}; a metric needs two."
        )
    config = {
        "recipe": as_mapping(recipe),
        "seed": seed,
        "clip": clip,
        "folds": sorted(folds) if folds is not None else None,
        "val_folds": sorted(val_folds) if val_folds is not None else None,
        "data": {
            "name": manifest.name,
            "training": identity_of(training_clips),
            "validation": identity_of(validation_clips),
        },
    }
    if frozen is not None:
        config["backbone"] = {"name": frozen.encoder.name, "fingerprint": frozen.encoder.fingerprint}
    identity = fingerprint(config)
    load_checkpoint(out, identity=identity)  # another training's is refused before anything is overwritten
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise TrainingError(f"cannot make the run folder '{out}': {exc.strerror}. Name another one.") from exc
    (out / CONFIG_FILE).write_text(
        json.dumps({**config, "versions": versions()}, indent=2) + "\n", encoding="utf-8"
    )

    prepared = prepare(
        training_clips,
        validation_clips,
        recipe=recipe,
        seed=seed,
        clip=clip,
        allow_leaks=allow_leaks,
        on_load=on_load,
        backbone=frozen,
        cache=out,
    )
    twin, training, validation = prepared.twin, prepared.training, prepared.validation
    # On a GPU convolutions run in bfloat16, several times as fast; the paper's perceptron is small, and stays exact.
    mixed = recipe.network.kind == "cnn" and torch.cuda.is_available()
    fabric = Fabric(
        accelerator="auto",
        devices=devices,
        num_nodes=nodes,
        strategy="auto",
        precision="bf16-mixed" if mixed else "32-true",
    )
    fabric.launch()

    choice = None
    if isinstance(twin.network, BlendedHead):
        assert isinstance(training, Examples)
        assert isinstance(validation, Examples)
        clips = (*prepared.training_clips, *prepared.validation_clips)
        choice = try_blends(
            fabric,
            lambda some, whiten: untrained_head(recipe, some, whiten=whiten, seed=seed),
            training,
            validation,
            recordings=[recording_key(clip) for clip in clips],
            recipe=recipe,
            seed=seed,
            folder=out / LEFT_OUT_FOLDER,
            identity=identity,
            on_trial=on_trial,
        )
        twin.network = untrained_head(recipe, training, whiten=choice.whiten, seed=seed)
        recipe = keeping(recipe, choice.keep)

    def report(record: EpochRecord) -> None:
        with (out / CURVES_FILE).open("a", encoding="utf-8") as curves:
            curves.write(json.dumps(asdict(record)) + "\n")
        on_epoch(record)

    history = fit(
        fabric,
        twin.network,
        training,
        validation,
        recipe=recipe,
        seed=seed,
        folder=out,
        identity=identity,
        on_epoch=report,
    )
    if fabric.is_global_zero:
        _rewrite_curves(history, out / CURVES_FILE)
        finish(
            twin.cpu(),
            training,
            validation,
            recipe=recipe,
            config=config,
            training_data=describe(replace(training_clips, clips=prepared.training_clips)),
            clip=clip,
            history=history,
            choice=choice,
            out=out,
        )
    fabric.barrier()
    return TrainingResult(folder=out, card=read_card(out), history=tuple(history), skipped=prepared.skipped)


def _backbone_of(recipe: Recipe, encoder: Encoder | str | Path | None) -> Backbone | None:
    if recipe.network.kind != "head":
        if encoder is not None:
            raise ConfigError(
                f"recipe '{recipe.name}' trains a whole encoder and takes no backbone: use --recipe head."
            )
        return None
    if encoder is None:
        raise ConfigError(f"recipe '{recipe.name}' puts a head on an encoder: name it with --backbone.")
    return Backbone(load_encoder(encoder) if isinstance(encoder, str | Path) else encoder)


def _rewrite_curves(history: list[EpochRecord], path: Path) -> None:
    """The curve without the epochs that a kill made the run take twice."""
    path.write_text("".join(json.dumps(asdict(record)) + "\n" for record in history), encoding="utf-8")
