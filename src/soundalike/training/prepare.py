"""From labelled recordings to what the loop trains on: two sides, their features, and an untrained twin."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from soundalike.config import ClipMode, fingerprint
from soundalike.data import Clip, Manifest, find_sound_leaks, keep_aside, refuse_found
from soundalike.errors import DataError, Skipped
from soundalike.features.logfreq import NUM_BINS, NUM_TIME_BINS, LogFreqSpectrogram
from soundalike.features.logmel import NUM_FRAMES, MelPower
from soundalike.models import Cnn, PaperMlp, PaperNetwork, Twin
from soundalike.training.backbone import Backbone, load_embeddings
from soundalike.training.examples import TrainingSet
from soundalike.training.recipe import Recipe, TrainingClip
from soundalike.training.sides import Progress, Side, load_recordings, load_windows
from soundalike.training.trials import untrained_head

VALIDATION_FRACTION = 0.1

_Build = Callable[..., tuple[Twin, Side, Side]]


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """An untrained twin and what to train it on.

    Attributes:
        twin: on the CPU.
        training: features of the training clips.
        validation: features of the validation clips.
        training_clips: those that could be read.
        validation_clips: likewise.
        skipped: those of both sides that could not.
    """

    twin: Twin
    training: TrainingSet
    validation: TrainingSet
    training_clips: tuple[Clip, ...]
    validation_clips: tuple[Clip, ...]
    skipped: tuple[Skipped, ...]


def identity_of(manifest: Manifest) -> str:
    """Fingerprint of the clips of a manifest, wherever they lie."""
    return fingerprint(
        [(clip.recording, clip.label, clip.path.name, clip.start_s, clip.end_s) for clip in manifest.clips]
    )


def clip_mode(clip: TrainingClip) -> ClipMode:
    """What an encoder trained on this is evaluated with."""
    return "loudest" if clip == "loudest" else "whole"


def split_for_training(
    manifest: Manifest, *, folds: Collection[int] | None, val_folds: Collection[int] | None, seed: int
) -> tuple[Manifest, Manifest]:
    """Training and validation clips: by folds, else by the manifest's own split, else a tenth kept aside.

    Raises:
        DataError: a side is left without clips.
    """
    if val_folds is not None:
        rest = [fold for fold in {clip.fold for clip in manifest.clips} if fold is not None]
        training_folds = folds if folds is not None else [fold for fold in rest if fold not in val_folds]
        return manifest.select(folds=training_folds), manifest.select(folds=val_folds)
    chosen = manifest.select(folds=folds) if folds is not None else manifest
    if {clip.split for clip in chosen.clips} >= {"train", "val"}:
        return chosen.select(splits=["train"]), chosen.select(splits=["val"])
    return keep_aside(chosen, fraction=VALIDATION_FRACTION, seed=seed)


def prepare(
    training_clips: Manifest,
    validation_clips: Manifest,
    *,
    recipe: Recipe,
    seed: int,
    clip: TrainingClip,
    allow_leaks: bool,
    on_load: Callable[[int, int], None] | None,
    backbone: Backbone | None = None,
    cache: Path | None = None,
) -> Prepared:
    """Read both sides and build the untrained twin.

    The front ends have nothing to learn, so what they give is computed once.

    Args:
        backbone: what a head is put on.
        cache: folder where embeddings of the backbone are kept.
    """
    num_clips = len(training_clips) + len(validation_clips)

    def progress_from(first: int) -> Progress | None:
        return None if on_load is None else lambda done, _: on_load(first + done, num_clips)

    names = sorted({*training_clips.labels, *validation_clips.labels})
    build: _Build
    if recipe.network.kind == "head":
        assert backbone is not None
        assert cache is not None
        build = partial(_head, backbone=backbone, cache=cache)
    else:
        build = _perceptron if recipe.network.kind == "mlp" else _cnn
    twin, heard, unheard = build(
        training_clips,
        validation_clips,
        names,
        recipe=recipe,
        seed=seed,
        clip=clip,
        progress=(progress_from(0), progress_from(len(training_clips))),
    )
    refuse_found(
        find_sound_leaks(heard.sounds, unheard.sounds), allow=allow_leaks, how_to_allow="--allow-leaks"
    )
    known_labels = {clip.label for clip in heard.clips}
    if len(known_labels) < 2:
        raise DataError(
            f"'{training_clips.name}' has too few readable clips: training needs those of 2 labels."
        )
    if known_labels.isdisjoint(clip.label for clip in unheard.clips):
        raise DataError(
            f"'{validation_clips.name}': no readable validation clip has a label that training clips have."
        )
    return Prepared(
        twin=twin,
        training=heard.examples,
        validation=unheard.examples,
        training_clips=heard.clips,
        validation_clips=unheard.clips,
        skipped=heard.skipped + unheard.skipped,
    )


def _perceptron(
    training_clips: Manifest,
    validation_clips: Manifest,
    names: Sequence[str],
    *,
    recipe: Recipe,
    seed: int,
    clip: TrainingClip,
    progress: tuple[Progress | None, Progress | None],
) -> tuple[Twin, Side, Side]:
    """The paper's network, standardised by the training clips, and both sides."""
    settings = recipe.front_end
    spectrogram = LogFreqSpectrogram(
        time_axis=settings.time_axis, window_samples=settings.window_samples, hop_samples=settings.hop_samples
    )
    heard, examples = load_windows(
        training_clips,
        spectrogram.frames,
        names=names,
        mode=clip_mode(clip),
        one_window_a_clip=clip == "random",
        progress=progress[0],
    )
    unheard, _ = load_windows(
        validation_clips, spectrogram.frames, names=names, mode=clip_mode(clip), progress=progress[1]
    )
    mlp = PaperMlp(
        NUM_BINS * NUM_TIME_BINS,
        widths=recipe.network.widths,
        dropout=recipe.network.dropout,
        generator=torch.Generator().manual_seed(seed),
    )
    network = PaperNetwork.standardised_by(examples.features, mlp, to_times=spectrogram.to_times)
    return Twin(spectrogram.frames, network), heard, unheard


def _cnn(
    training_clips: Manifest,
    validation_clips: Manifest,
    names: Sequence[str],
    *,
    recipe: Recipe,
    seed: int,
    clip: TrainingClip,
    progress: tuple[Progress | None, Progress | None],
) -> tuple[Twin, Side, Side]:
    """The convolutional network and both sides."""
    front_end = MelPower()
    if clip == "random":
        heard = load_recordings(
            training_clips,
            names=names,
            taken_frames=recipe.augment.num_frames_needed(NUM_FRAMES),
            progress=progress[0],
        )
    else:
        heard, _ = load_windows(
            training_clips, front_end, names=names, mode=clip_mode(clip), progress=progress[0]
        )
    unheard, _ = load_windows(
        validation_clips, front_end, names=names, mode=clip_mode(clip), progress=progress[1]
    )
    # Layers draw first weights of their own, from the global generator, which is given back as it was.
    with torch.random.fork_rng(devices=[]):
        network = Cnn(
            widths=recipe.network.widths[:-1],
            dim=recipe.network.widths[-1],
            dropout=recipe.network.dropout,
            generator=torch.Generator().manual_seed(seed),
        )
    return Twin(front_end, network), heard, unheard


def _head(
    training_clips: Manifest,
    validation_clips: Manifest,
    names: Sequence[str],
    *,
    recipe: Recipe,
    seed: int,
    clip: TrainingClip,
    progress: tuple[Progress | None, Progress | None],
    backbone: Backbone,
    cache: Path,
) -> tuple[Twin, Side, Side]:
    """A head beside the backbone's embeddings, and both sides, embedded."""
    (heard, examples), (unheard, _) = (
        load_embeddings(
            side,
            backbone,
            names=names,
            mode=clip_mode(clip),
            one_window_a_clip=clip == "random",
            identity=identity_of(side),
            cache=cache / f"embeddings-{name}.npz",
            progress=told,
        )
        for side, name, told in zip(
            (training_clips, validation_clips), ("training", "validation"), progress, strict=True
        )
    )
    network = untrained_head(recipe, examples, whiten=False, seed=seed)
    return Twin(backbone, network), heard, unheard
