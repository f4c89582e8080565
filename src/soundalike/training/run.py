"""`train`: labelled recordings in, an encoder folder out."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path

import torch

from soundalike.config import as_mapping, fingerprint, refuse_negative_seed
from soundalike.data import (
    Manifest,
    recording_key,
    refuse_leaks,
    without_recordings_of,
)
from soundalike.encoders import CARD_FILE, GRAPH_FILE, Card, fingerprint_of, read_card, write_card
from soundalike.errors import DataError, Skipped, TrainingError
from soundalike.evaluation.metrics import mean
from soundalike.features.logmel import NUM_SAMPLES, SAMPLE_RATE_HZ
from soundalike.models import Cnn, PaperNetwork, Twin
from soundalike.training.calibrate import calibrate
from soundalike.training.checkpoint import CHECKPOINT_FILE, load_checkpoint
from soundalike.training.examples import TrainingSet
from soundalike.training.export import export_graph, halve_weights
from soundalike.training.loop import EpochRecord, best_epoch, fit, rank_validation
from soundalike.training.prepare import clip_mode, prepare, split_for_training
from soundalike.training.recipe import Recipe, TrainingClip
from soundalike.training.sides import WINDOW_S

CONFIG_FILE = "config.json"
CURVES_FILE = "curves.jsonl"


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
    resume: bool = False,
    devices: int = 1,
    nodes: int = 1,
    allow_leaks: bool = False,
    on_epoch: Callable[[EpochRecord], None] = lambda record: None,
    on_load: Callable[[int, int], None] | None = None,
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
        resume: go on from the checkpoint in `out`.
        devices: processes or GPUs on this machine.
        nodes: machines.
        allow_leaks: train even if the same audio stands in training and validation.
        on_epoch: told after every epoch.
        on_load: told (clips done, clips in all) while audio is read.
    Raises:
        TrainingError: `out` already holds a training and `resume` is off.
        ResumeError: the checkpoint in `out` belongs to another training.
        DataError: too few clips or labels.
        LeakError: the same audio on both sides.
        ConfigError: the seed is below 0.
    """
    from lightning.fabric import Fabric

    refuse_negative_seed(seed)
    clip = clip or recipe.clip
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
            "training": _identity_of(training_clips),
            "validation": _identity_of(validation_clips),
        },
    }
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
        _finish(
            twin.cpu(),
            training,
            validation,
            recipe=recipe,
            config=config,
            training_data=_describe(replace(training_clips, clips=prepared.training_clips)),
            clip=clip,
            history=history,
            out=out,
        )
    fabric.barrier()
    return TrainingResult(folder=out, card=read_card(out), history=tuple(history), skipped=prepared.skipped)


def versions() -> dict[str, str]:
    """Versions of what the outcome depends on."""
    names = ["soundalike", "torch", "lightning", "numpy", "onnx", "onnxruntime", "soxr", "soundfile"]
    return {"python": platform.python_version(), **{name: version(name) for name in names}}


def _identity_of(manifest: Manifest) -> str:
    return fingerprint(
        [(clip.recording, clip.label, clip.path.name, clip.start_s, clip.end_s) for clip in manifest.clips]
    )


def _describe(manifest: Manifest) -> dict[str, object]:
    """What the card says of the training clips; licences where the manifest has a column of them."""
    licences = {
        clip.extra[name] for clip in manifest.clips for name in ("licence", "license") if clip.extra.get(name)
    }
    return {
        "name": manifest.name,
        "clips": len(manifest),
        "recordings": len({recording_key(clip) for clip in manifest.clips}),
        "labels": list(manifest.labels),
        "licences": sorted(licences),
    }


def _finish(
    twin: Twin,
    training: TrainingSet,
    validation: TrainingSet,
    *,
    recipe: Recipe,
    config: dict[str, object],
    training_data: dict[str, object],
    clip: TrainingClip,
    history: list[EpochRecord],
    out: Path,
) -> None:
    """Export the best epoch, calibrate it, and write the card last."""
    graph = out / GRAPH_FILE
    assert isinstance(twin.network, PaperNetwork | Cnn)
    export_graph(Twin(twin.front_end, twin.network.folded()), graph, example=torch.zeros(2, NUM_SAMPLES))
    if recipe.export.weights == "float16":
        halve_weights(graph)
    ranking, _ = rank_validation(twin.network, training, validation, distance=recipe.export.distance)
    card = Card(
        name=recipe.name,
        sample_rate_hz=SAMPLE_RATE_HZ,
        window_s=WINDOW_S,
        dim=recipe.network.widths[-1],
        distance=recipe.export.distance,
        clip=clip_mode(clip),
        fingerprint=fingerprint_of(graph.read_bytes()),
        recipe=recipe.name,
        config=config,
        training_data=training_data,
        scores={
            "on": "validation clips as queries, training clips as gallery",
            "MAP": float(mean(ranking.average_precision)),
            "MP1": float(mean(ranking.reciprocal_rank)),
            "P1": float(mean(ranking.precision[:, 0])),
            "num_queries": len(validation.labels),
            "best_epoch": best_epoch(history).epoch,
        },
        calibration=calibrate(
            ranking,
            distance=recipe.export.distance,
            source="top 10 of the validation clips' hits among the training clips",
        ),
        versions=versions(),
    )
    write_card(card, out)


def _rewrite_curves(history: list[EpochRecord], path: Path) -> None:
    """The curve without the epochs that a kill made the run take twice."""
    path.write_text("".join(json.dumps(asdict(record)) + "\n" for record in history), encoding="utf-8")
