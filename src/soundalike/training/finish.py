"""The end of a training: the graph is exported, its distances are calibrated, and the card is written."""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path

import torch

from soundalike.data import Manifest, recording_key
from soundalike.encoders import GRAPH_FILE, Adapter, Card, write_card
from soundalike.encoders.graph import OnnxGraph
from soundalike.evaluation.metrics import mean
from soundalike.features.logmel import NUM_SAMPLES, SAMPLE_RATE_HZ
from soundalike.models import BlendedHead, Cnn, PaperNetwork, Twin
from soundalike.training.backbone import Backbone
from soundalike.training.blend import Choice
from soundalike.training.calibrate import calibrate
from soundalike.training.examples import TrainingSet
from soundalike.training.export import export_graph, halve_weights
from soundalike.training.join import join
from soundalike.training.loop import EpochRecord, best_epoch, rank_validation
from soundalike.training.prepare import clip_mode
from soundalike.training.recipe import Recipe, TrainingClip
from soundalike.training.sides import WINDOW_S


def versions() -> dict[str, str]:
    """Versions of what the outcome depends on."""
    names = ["soundalike", "torch", "lightning", "numpy", "onnx", "onnxruntime", "soxr", "soundfile"]
    return {"python": platform.python_version(), **{name: version(name) for name in names}}


def describe(manifest: Manifest) -> dict[str, object]:
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


def finish(
    twin: Twin,
    training: TrainingSet,
    validation: TrainingSet,
    *,
    recipe: Recipe,
    config: dict[str, object],
    training_data: dict[str, object],
    clip: TrainingClip,
    history: list[EpochRecord],
    choice: Choice | None,
    out: Path,
) -> None:
    """Export the best epoch, calibrate it, and write the card last.

    Args:
        training_data: see `describe`.
        choice: how a head is blended with its backbone, None for a network of another kind.
    """
    if choice is not None:
        assert isinstance(twin.network, BlendedHead)
        twin.network = twin.network.with_share(choice.share).eval()
    path = out / GRAPH_FILE
    adapter = _export(twin, path)
    if recipe.export.weights == "float16":
        halve_weights(path)
    encoder = twin.front_end.encoder if isinstance(twin.front_end, Backbone) else None
    sample_rate_hz, window_s = (
        (encoder.sample_rate_hz, encoder.window_s) if encoder else (SAMPLE_RATE_HZ, WINDOW_S)
    )
    ranking, _ = rank_validation(twin.network, training, validation, distance=recipe.export.distance)
    scores = {
        "on": "validation clips as queries, training clips as gallery",
        "MAP": float(mean(ranking.average_precision)),
        "MP1": float(mean(ranking.reciprocal_rank)),
        "P1": float(mean(ranking.precision[:, 0])),
        "num_queries": len(validation.labels),
        "best_epoch": best_epoch(history).epoch,
    }
    card = Card(
        name=recipe.name if encoder is None else f"{encoder.name}-{recipe.name}",
        sample_rate_hz=sample_rate_hz,
        window_s=window_s,
        dim=twin.network.dim if isinstance(twin.network, BlendedHead) else recipe.network.widths[-1],
        distance=recipe.export.distance,
        clip=clip_mode(clip),
        fingerprint=OnnxGraph.read(path).fingerprint(
            adapter, num_samples=round(window_s * sample_rate_hz), sample_rate_hz=sample_rate_hz
        ),
        adapter=adapter,
        recipe=recipe.name,
        config=config,
        training_data=training_data if encoder is None else _with_backbone(training_data, encoder.card),
        scores=scores if choice is None else {**scores, "labels_left_out": choice.as_json()},
        calibration=calibrate(
            ranking,
            distance=recipe.export.distance,
            source="top 10 of the validation clips' hits among the training clips",
        ),
        versions=versions(),
        notes={} if encoder is None else _about(encoder.card),
    )
    write_card(card, out)


def _export(twin: Twin, path: Path) -> Adapter | None:
    """Write the graph; gives how it is fed and read, None where it takes and gives plain batches."""
    if isinstance(twin.network, BlendedHead):
        assert isinstance(twin.front_end, Backbone)
        return join(twin.front_end.encoder, twin.network, path)
    assert isinstance(twin.network, PaperNetwork | Cnn)
    export_graph(Twin(twin.front_end, twin.network.folded()), path, example=torch.zeros(2, NUM_SAMPLES))
    return None


def _with_backbone(training_data: dict[str, object], backbone: Card) -> dict[str, object]:
    """What both were trained on: clips of either make scores too good."""
    before = backbone.training_data.get("name")
    if before is None:
        return training_data
    return {**training_data, "name": f"{training_data['name']}, its backbone on {before}"}


def _about(backbone: Card) -> dict[str, object]:
    """What the card of a head says of the frozen encoder inside it, its licence first."""
    return {
        "licence": backbone.notes.get(
            "licence", f"The licence of the backbone '{backbone.name}' holds for this encoder too."
        ),
        "backbone": {
            "name": backbone.name,
            "fingerprint": backbone.fingerprint,
            "training_data": backbone.training_data,
            "notes": backbone.notes,
        },
    }
